"""How stored entries are shown and told: rows in, contracts out."""

import html
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.journal import EntryDeleted, EntryOutline, EntryVersion, EntryWritten, JournalEntry
from contracts.message import Fact, NotFound
from storage.journal import habits
from storage.journal.entries import EntryRow, RevisionRow
from storage.journal.searches import END, FOUND


def entry_of(row: EntryRow, snippet: str = "", *, hidden: Collection[UUID] = ()) -> JournalEntry:
    """Show an entry, without its links to `hidden` habits."""
    return JournalEntry(
        entry_id=row.id,
        title=row.title,
        text=row.text,
        mood=row.mood,
        energy=row.energy,
        tags=tuple(row.tags),
        habit_ids=seen(row.habit_ids, hidden),
        prompt_id=row.prompt_id,
        question=row.question,
        favourite=row.favourite,
        day=row.day,
        at=row.at,
        zone=row.zone,
        created_at=row.created_at,
        changed_at=row.changed_at,
        deleted_at=row.deleted_at,
        version=row.version,
        snippet=marked(snippet),
    )


def marked(snippet: str) -> str:
    """Write a snippet as HTML: the words of the person are text, only the marks are tags."""
    return html.escape(snippet).replace(FOUND, "<mark>").replace(END, "</mark>")


def seen(habit_ids: Iterable[UUID], hidden: Collection[UUID]) -> tuple[UUID, ...]:
    """Return the habits that are not hidden."""
    return tuple(habit_id for habit_id in habit_ids if habit_id not in hidden)


def version_of(row: RevisionRow, hidden: Collection[UUID] = ()) -> EntryVersion:
    """Show a version of an entry, without its links to `hidden` habits."""
    return EntryVersion(
        version=row.version,
        title=row.title,
        text=row.text,
        mood=row.mood,
        energy=row.energy,
        tags=tuple(row.tags),
        habit_ids=seen(row.habit_ids, hidden),
        prompt_id=row.prompt_id,
        question=row.question,
        favourite=row.favourite,
        day=row.day,
        at=row.at,
        zone=row.zone,
        written_at=row.changed_at,
    )


async def view(tx: AsyncConnection, row: EntryRow) -> JournalEntry:
    """Show an entry as its writer sees it: links to habits in the bin are hidden."""
    hidden = await habits.hidden(tx, row.user_id) if row.habit_ids else ()
    return entry_of(row, hidden=hidden)


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


def no_entry(entry_id: UUID) -> NotFound:
    """Say that there is no such entry, or that it is somebody else's."""
    return NotFound("entry_not_found", "There is no entry {entry_id}.", entry_id=str(entry_id))
