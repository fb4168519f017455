"""What the reminders room says: rules, quiet hours, smart times, digests and deliveries."""
