"""What the reminders room answers and hears."""

from actors.runtime.room import Room

room = Room("reminders")
