"""The room, and what it follows: how people read what is written for them."""

from actors.runtime.room import Room
from storage.replica.nouns import People

room = Room("backup")
known = room.follow(People("language zone"))
