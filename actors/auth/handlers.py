"""The parts of the auth room, each of which registers what it answers and hears."""

from actors.auth import accounts, delegation, devices, passwords, sessions, signing_keys
from actors.auth.room import room

__all__ = ["accounts", "delegation", "devices", "passwords", "room", "sessions", "signing_keys"]
