"""How Ritmo is: every room answers a ping with what it sees, and a state tells of one part.

The ping of a room has the address `<room>.ping`; the runtime answers it, in the room's own
transaction, so that an answer shows that the room, its database and the bus between work.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import Field

from contracts.message import Query, Reply, Unavailable
from contracts.speech import count, say

Params = Mapping[str, str | int | float]
"""What fills a sentence."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says when nothing more can be written to a disk."""

OK = "ok"
"""The code of a part that is well."""


def disk_full() -> Unavailable:
    """Say that nothing can be kept until somebody frees some space; nothing was done."""
    text = "The disk is full, so nothing was saved. It works again once there is space."
    return Unavailable("disk_full", text, retry_after=30)


def read_only() -> Unavailable:
    """Say that the database takes no changes for now, as one that follows another; nothing was
    done.
    """
    text = "The database takes no changes at the moment, so nothing was saved; try again later."
    return Unavailable("database_read_only", text, retry_after=10)


class BackupSeen(Reply):
    """How old the last backup is, and what is wrong."""

    trouble: str = Field(default="", description="The code of what is wrong; empty: nothing.")
    age: float | None = Field(default=None, description="Seconds since the last backup was begun.")
    verified: float | None = Field(
        default=None, description="Seconds since a backup was read back without a fault."
    )
    drilled: float | None = Field(
        default=None, description="Seconds since a backup was restored for a trial."
    )
    outcome: str | None = Field(default=None, description="What that trial found.")
    why: str = Field(default="", description="What went wrong, in words.")


class Pong(Reply):
    """What a room sees of what it stands on."""

    beats: dict[str, float] = Field(
        default_factory=dict, description="Seconds since each part last showed that it lives."
    )
    revision: str | None = Field(default=None, description="The revision of the database.")
    read_only: bool = Field(default=False, description="Whether the database takes no changes.")
    waiting: int = Field(default=0, description="Facts in the outbox that nobody has taken yet.")
    oldest: float = Field(default=0, description="Seconds for which the oldest of them has waited.")
    unheard: int = Field(default=0, description="Facts on the bus that not every room has heard.")
    unheard_for: float = Field(default=0, description="Seconds since the oldest of them was told.")
    parked: int = Field(default=0, description="Facts that a room could not take in.")
    backup: BackupSeen | None = Field(default=None, description="How backups are.")
    free: int | None = Field(default=None, description="Bytes free in the room's data folder.")
    size: int | None = Field(default=None, description="Bytes of the disk of that folder.")


class Ping(Query[Pong]):
    """Ask a room whether it is there; `ping_of` gives it the address of a room."""

    public = True


@cache
def ping_of(room: str) -> type[Ping]:
    """Return the ping of a room."""
    made: type[Ping] = type("Ping", (Ping,), {"address": f"{room}.ping", "__doc__": Ping.__doc__})
    return made


@dataclass(frozen=True, slots=True)
class State:
    """How a part is: `ok` or another code, and a sentence: what is wrong, since when, what to do.

    `params` fill the sentence; where it counts something, `n` of them, `one` is its singular.
    """

    part: str
    code: str = OK
    text: str = ""
    params: Params = field(default_factory=dict)
    one: str = ""

    @property
    def well(self) -> bool:
        """Tell whether there is nothing to be done."""
        return self.code == OK

    def said(self, language: str) -> str:
        """Say the sentence in a language."""
        if self.one:
            return count(language, self.one, self.text, int(self.params["n"]), self.params)
        return say(language, self.text, self.params)
