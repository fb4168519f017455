"""The parts of the calendar room, each of which registers what it answers and hears."""

from actors.calendar import feeds, google, google_attendance
from actors.calendar.room import room

__all__ = ["feeds", "google", "google_attendance", "room"]
