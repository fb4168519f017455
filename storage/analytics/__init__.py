"""The memory of the analytics room."""
