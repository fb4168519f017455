"""How entries are written out: as Markdown files with a YAML head, or as JSON objects.

Whatever an entry holds, its file has a safe name, and its head is YAML that says the same: values
are written as JSON strings, which YAML 1.2 reads, but for what its older readers take for the end
of a line or for no text.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, TypeAdapter

from actors.journal.domain import fitting
from actors.journal.room import room
from actors.journal.views import entry_of
from actors.runtime.room import Transaction, Who
from contracts.journal import JournalEntry
from contracts.journal_transfer import ExportedPage, ExportEntries, Piece
from contracts.page import Cursors, wrong_cursor
from contracts.time import FIRST_INSTANT, LAST_INSTANT
from storage.journal import export, habits
from storage.journal.export import Reached

PAGE = 100
"""Entries on a page, at most; long texts make pages shorter."""

LONGEST_NAME = 80
"""Characters of a title in the name of a file; in UTF-8 that fits every file system."""

_REACHED = Cursors(TypeAdapter(tuple[date, AwareDatetime, UUID]))

_UNSAFE = re.compile(r'[<>:"/\\|?*]')
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@room.answer
async def export_entries(query: ExportEntries, who: Who, tx: Transaction) -> ExportedPage:
    """Write the next entries out. Refuses with `Invalid` a cursor that is none."""
    reached = _read(query.cursor)
    rows = await export.following(tx, who.user_id, reached, PAGE + 1)
    size = fitting([len(row.text) for row in rows], PAGE)
    linked = {habit_id for row in rows[:size] for habit_id in row.habit_ids}
    names = await habits.names(tx, who.user_id, linked)
    hidden = await habits.hidden(tx, who.user_id)
    write = markdown_file if query.format == "markdown" else json_object
    last = rows[size - 1] if size < len(rows) else None
    return ExportedPage(
        pieces=tuple(write(entry_of(row, hidden=hidden), names) for row in rows[:size]),
        next=_REACHED.write((last.day, last.at, last.id)) if last else None,
    )


def _read(cursor: str | None) -> Reached | None:
    found = _REACHED.read(cursor)
    reached = found and Reached(*found)
    if reached and not FIRST_INSTANT <= reached.at <= LAST_INSTANT:
        raise wrong_cursor()
    return reached


def json_object(entry: JournalEntry, names: Mapping[UUID, str]) -> Piece:
    """Write an entry as JSON: all of it, and the names of its habits (`habits`)."""
    known = entry.model_dump(mode="json", exclude={"snippet", "deleted_at"})
    known["habits"] = _named(entry, names)
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    return Piece(name=f"{entry.entry_id}.json", text=text)


def markdown_file(entry: JournalEntry, names: Mapping[UUID, str]) -> Piece:
    """Write an entry as a Markdown file; what it does not say is not in its head."""
    shown = entry.at.astimezone(ZoneInfo(entry.zone))
    plain = [f"day: {entry.day.isoformat()}", f"at: {shown.isoformat()}"]
    said: dict[str, str | int | bool | Sequence[str] | None] = {
        "zone": entry.zone,
        "title": entry.title,
        "mood": entry.mood,
        "energy": entry.energy,
        "tags": entry.tags,
        "habits": _named(entry, names),
        "favourite": entry.favourite,
        "question": entry.question,
    }
    head = [*plain, *(f"{name}: {scalar(value)}" for name, value in said.items() if value)]
    body = f"\n{entry.text}\n" if entry.text else ""
    text = "\n".join(("---", *head, "---", body))
    return Piece(name=file_name(entry.day, shown, entry.title), text=text)


def _named(entry: JournalEntry, names: Mapping[UUID, str]) -> list[str]:
    return [names[habit_id] for habit_id in entry.habit_ids if habit_id in names]


def scalar(value: str | int | bool | Sequence[str]) -> str:
    """Write a value so that JSON and every YAML read the same."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def file_name(day: date, shown: datetime, title: str) -> str:
    """Name a file by its day, the time on the clock and the title; it stays in its folder.

    What file systems do not take, and what nobody sees, is left out.
    """
    plain = _UNSAFE.sub(" ", unicodedata.normalize("NFC", title))
    seen = "".join(c for c in plain if unicodedata.category(c) not in _INVISIBLE)
    words = " ".join(seen.split())[:LONGEST_NAME].encode()[: 2 * LONGEST_NAME]
    short = words.decode(errors="ignore").strip(" .")
    return f"{day.year:04d}/{day.isoformat()} {shown:%H%M} {short}".rstrip() + ".md"
