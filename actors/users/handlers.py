"""The parts of the users room, each of which registers what it answers, hears and does."""

from actors.users import own_rows, people, profiles
from actors.users.room import room

__all__ = ["own_rows", "people", "profiles", "room"]
