"""The parts of the notifications room, each of which registers what it answers, hears and does."""

from actors.notifications import (
    addresses,
    chats,
    deliveries,
    digests,
    ledger,
    links,
    milestones,
    own_rows,
    people,
    sender,
)
from actors.notifications.room import room

__all__ = [
    "addresses",
    "chats",
    "deliveries",
    "digests",
    "ledger",
    "links",
    "milestones",
    "own_rows",
    "people",
    "room",
    "sender",
]
