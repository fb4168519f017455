"""The memory of the notifications room."""
