"""The parts of the reminders room, each of which registers what it answers, hears and does."""

from actors.reminders import (
    changes,
    digests,
    due,
    people,
    rules,
    settings,
    smart_times,
    snooze,
    standing,
)
from actors.reminders.room import room

__all__ = [
    "changes",
    "digests",
    "due",
    "people",
    "room",
    "rules",
    "settings",
    "smart_times",
    "snooze",
    "standing",
]
