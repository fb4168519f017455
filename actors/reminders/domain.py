"""What the reminders room decides."""
