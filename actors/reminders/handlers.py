"""The parts of the reminders room, each of which registers what it answers, hears and does."""

from actors.reminders import (
    copies,
    days,
    digests,
    due,
    rules,
    settings,
    smart_times,
    snooze,
    standing,
)
from actors.reminders.room import room

__all__ = [
    "copies",
    "days",
    "digests",
    "due",
    "room",
    "rules",
    "settings",
    "smart_times",
    "snooze",
    "standing",
]
