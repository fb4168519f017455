"""The parts of the reminders room, each of which registers what it answers, hears and does."""

from actors.reminders import (
    busy_times,
    changes,
    digests,
    due,
    messages,
    own_rows,
    people,
    restores,
    rules,
    settings,
    smart_times,
    snooze,
)
from actors.reminders.room import room

__all__ = [
    "busy_times",
    "changes",
    "digests",
    "due",
    "messages",
    "own_rows",
    "people",
    "restores",
    "room",
    "rules",
    "settings",
    "smart_times",
    "snooze",
]
