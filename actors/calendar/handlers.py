"""The parts of the calendar room, each of which registers what it answers and hears."""

from actors.calendar import busy_calendars, feeds, google, google_attendance, own_rows
from actors.calendar.room import room

__all__ = ["busy_calendars", "feeds", "google", "google_attendance", "own_rows", "room"]
