"""What brings back what a person took away: rows of an archive, checked and kept by their rooms.

Ids are those of whoever exported: `own_id` makes the importer's own of them, always the same, so
that bringing an archive in twice changes nothing, and nobody's rows but one's own are ever named.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.exports import OWN_ROWS
from contracts.imports import ReadImport, TakeImportBack
from contracts.message import Command, Reply

MAX_ROWS = 1_000
"""Rows that are brought back at once."""

MAX_ROW = 400_000
"""Characters of a row, at most."""

_KEPT_BYTES = 8


def own_id(user_id: UUID, found: UUID) -> UUID:
    """Return the id that a row of an archive has with a person; its place in time stays.

    The first half, which tells the time (RFC 9562, section 5.7), is kept; the other is a hash.
    """
    digest = hashlib.sha256(user_id.bytes + found.bytes).digest()
    rest = bytes([digest[0] & 0x3F | 0x80]) + digest[1 : 16 - _KEPT_BYTES]
    return UUID(bytes=found.bytes[:_KEPT_BYTES] + rest)


class RowsRestored(Reply):
    """What became of rows: read = restored + already there + refused, by reason."""

    restored: int
    """How many came in."""
    there: int = 0
    """How many were there already."""
    refused: dict[str, int] = Field(default_factory=dict)
    """How many were refused, by the code of the reason."""


class RestoreRows(Command[RowsRestored]):
    """Bring rows of a section of an archive back, each a JSON object as it was exported.

    What makes no sense, or names what is not the caller's, is refused row by row. Refuses with
    `Unavailable` (`profile_pending`) while the room does not know yet how the person lives.
    """

    scope = OWN_ROWS
    section: str
    rows: Annotated[
        tuple[Annotated[str, Field(max_length=MAX_ROW)], ...], Field(max_length=MAX_ROWS)
    ] = Field(repr=False)
    import_id: UUID
    week_start: str = "mon"
    """The first day of the week that the person has by now."""


class RestoreHabits(RestoreRows):
    """Bring habits, breaks, check-ins and their history back."""

    address: ClassVar[str] = "habits.restore_rows"


class RestoreDiary(RestoreRows):
    """Bring prompts, templates, entries and their earlier versions back."""

    address: ClassVar[str] = "journal.restore_rows"


class RestoreReminders(RestoreRows):
    """Bring reminders back."""

    address: ClassVar[str] = "reminders.restore_rows"


class ReadArchive(ReadImport):
    """Read an archive that was received, and have rooms bring back what is theirs."""

    address: ClassVar[str] = "backup.read_import"
    profile_kept: bool = False
    """True: the profile was brought back before."""


class TakeArchiveBack(TakeImportBack):
    """Never asked for: what came with an archive is not taken back as a whole."""

    address: ClassVar[str] = "backup.take_import_back"


def merged(parts: Iterable[RowsRestored]) -> RowsRestored:
    """Add up what became of rows."""
    restored = there = 0
    refused: dict[str, int] = {}
    for one in parts:
        restored += one.restored
        there += one.there
        for code, count in one.refused.items():
            refused[code] = refused.get(code, 0) + count
    return RowsRestored(restored=restored, there=there, refused=refused)
