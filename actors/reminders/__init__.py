"""The reminders room: what a person is told, when, and through which door."""
