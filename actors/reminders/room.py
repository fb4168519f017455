"""The room that the parts register with."""

from actors.runtime.room import Room

room = Room("reminders")
