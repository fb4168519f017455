"""The memory of the journal room."""
