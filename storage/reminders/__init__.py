"""The memory of the reminders room."""
