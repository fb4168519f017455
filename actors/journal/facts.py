"""What the room tells of entries: all but their words."""

from contracts.journal import EntryDeleted, EntryOutline, EntryWritten
from contracts.message import Fact
from storage.journal.entries import EntryRow


def outline_of(row: EntryRow) -> EntryOutline:
    """Return what every room may know of an entry."""
    return EntryOutline(
        entry_id=row.id,
        day=row.day,
        at=row.at,
        zone=row.zone,
        mood=row.mood,
        energy=row.energy,
        tags=tuple(row.tags),
        habit_ids=tuple(row.habit_ids),
    )


def fact_of(row: EntryRow) -> Fact:
    """Tell what an entry is now: written so, or thrown away."""
    if row.deleted_at is not None:
        return EntryDeleted(user_id=row.user_id, version=row.version, entry_id=row.id)
    outline = outline_of(row).model_dump()
    return EntryWritten(user_id=row.user_id, version=row.version, **outline)
