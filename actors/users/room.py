"""The users room, to which its parts belong."""

from actors.runtime.room import Room

room = Room("users")
