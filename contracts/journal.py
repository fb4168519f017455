"""What the journal room says: entries of a diary with moods, and what became of them.

The words of an entry stay at home: facts carry its day, mood, tags and links, never its text.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.habit import Tags
from contracts.message import Fact, Message
from contracts.time import Day, Zone

Mood = Annotated[int, Field(ge=1, le=5, strict=True)]
"""How it felt: 1 awful, 2 bad, 3 okay, 4 good, 5 great."""

Energy = Annotated[int, Field(ge=1, le=5, strict=True)]
"""How much strength there was: 1 none, 5 plenty."""

Links = Annotated[tuple[UUID, ...], Field(max_length=50)]
"""The habits that an entry speaks of, by id."""


class EntryOutline(Message):
    """What every room may know of an entry: all but its words. `at` is when it was lived."""

    entry_id: UUID
    day: Day
    at: AwareDatetime
    zone: Zone
    mood: Mood | None = None
    energy: Energy | None = None
    tags: Tags = ()
    habit_ids: Links = ()


class EntryWritten(EntryOutline, Fact):
    """An entry was written, changed or brought back: it is now this. `version` is the entry's."""

    address: ClassVar[str] = "journal.entry_written"


class EntryDeleted(Fact):
    """An entry was thrown away; it may be brought back (`EntryWritten`)."""

    address: ClassVar[str] = "journal.entry_deleted"
    entry_id: UUID


class EntriesImported(Fact):
    """Some entries of an import were written, each in its first version."""

    address: ClassVar[str] = "journal.entries_imported"
    import_id: UUID
    entries: Annotated[tuple[EntryOutline, ...], Field(max_length=500)]
