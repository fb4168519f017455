"""The parts of the calendar room, each of which registers what it answers and hears."""

from actors.calendar import feeds, google, google_attendance, own_rows
from actors.calendar.room import room

__all__ = ["feeds", "google", "google_attendance", "own_rows", "room"]
