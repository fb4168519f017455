"""The habits room, to which its parts belong, and what it follows: how people live in time."""

from actors.runtime.room import Room
from storage.replica.nouns import People

room = Room("habits")
known = room.follow(People("zone day_start week_start"))
