"""What the journal room answers and hears."""

from actors.runtime.room import Room

room = Room("journal")
