"""What the analytics room answers and hears."""

from actors.runtime.room import Room

room = Room("analytics")
