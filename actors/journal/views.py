"""How stored entries are shown: rows in, contracts out."""

import html
from collections.abc import Collection, Iterable
from uuid import UUID

from contracts.journal import EntryVersion, JournalEntry
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
