"""How entries are found: by day, by what they bear, and by their words in Russian and English."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Float,
    Uuid,
    any_,
    cast,
    extract,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import REGCONFIG
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from contracts.habit import folded, spelled
from storage.journal.entries import COLUMNS, EntryRow, entries, oldest_kept
from storage.journal.words import SEPARATOR, query_of, separated

FOUND, END = "\x02", "\x03"
"""What stands before and after a word found: no text of a person has these characters."""

_WORDS = literal_column("'journal.words'", REGCONFIG)
_OPTIONS = (
    f"StartSel={FOUND}, StopSel={END}, MaxFragments=3, MinWords=6, MaxWords=18,"
    ' FragmentDelimiter=" … "'
)
_SNIPPETS = text(
    "SELECT ts_headline('journal.words', given.said,"
    " to_tsquery('journal.words', :query), :options)"
    " FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY AS given(said, number)"
    " ORDER BY given.number"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are wanted; what is None or empty does not matter."""

    search: str = ""
    moods: Collection[int] = ()
    tag: str | None = None
    habit_id: UUID | None = None
    first: date | None = None
    last: date | None = None
    favourite: bool | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """The place of an entry in a list: by rank, if words were searched, then by time."""

    rank: float
    day: date
    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Found:
    """An entry, its place, and words of it with marks around what was found."""

    row: EntryRow
    place: EntryPlace
    snippet: str


def _query(search: str) -> ColumnElement[object]:
    """Read what a person searches for; whatever they write, this is no error."""
    return func.to_tsquery(_WORDS, query_of(search))


def _matching(user_id: UUID, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Write down what must hold for the entries that are wanted, but for their tag."""
    mine: list[ColumnElement[bool]] = [entries.c.user_id == user_id]
    if wanted.deleted:
        mine.append(entries.c.deleted_at > oldest_kept())
    else:
        mine.append(entries.c.deleted_at.is_(None))
    if wanted.search:
        mine.append(entries.c.words.op("@@")(_query(wanted.search)))
    if wanted.moods:
        mine.append(entries.c.mood.in_(wanted.moods))
    if wanted.habit_id is not None:
        mine.append(literal(wanted.habit_id, Uuid) == any_(entries.c.habit_ids))
    if wanted.first is not None:
        mine.append(entries.c.day >= wanted.first)
    if wanted.last is not None:
        mine.append(entries.c.day <= wanted.last)
    if wanted.favourite is not None:
        mine.append(entries.c.favourite.is_(wanted.favourite))
    return mine


def _order(columns: ReadOnlyColumnCollection[str, Any], rank: Any) -> list[ColumnElement[Any]]:
    """Return what a list is ordered by; `rank` None: by time alone, as the index is."""
    return [*([] if rank is None else [rank]), columns.day, columns.at, columns.id]


async def find(
    tx: AsyncConnection, user_id: UUID, wanted: Wanted, behind: EntryPlace | None, size: int
) -> list[Found]:
    """Return the entries wanted that stand `behind` a place: best first, then the latest."""
    rank = None
    if wanted.search:
        rank = cast(func.ts_rank_cd(entries.c.words, _query(wanted.search)), Float(53))
    order = _order(entries.c, rank)
    shown = literal_column("0.0", Float(53)) if rank is None else rank
    statement = select(*COLUMNS, shown.label("rank")).where(*_matching(user_id, wanted))
    if wanted.tag is not None:
        written = await _spellings(tx, user_id, wanted.tag)
        statement = statement.where(entries.c.tags.overlap(written))
    if behind is not None:
        place = [
            literal(behind.rank, Float(53)),
            literal(behind.day),
            literal(behind.at, DateTime(timezone=True)),
            literal(behind.id, Uuid),
        ]
        statement = statement.where(tuple_(*order) < tuple_(*place[-len(order) :]))
    page = statement.order_by(*(one.desc() for one in order)).limit(size)
    rows = [tuple(row) for row in await tx.execute(page)]
    found = [(EntryRow(*columns), rank) for *columns, rank in rows]
    snippets = await _snippets(tx, [row for row, _ in found], wanted.search)
    return [
        Found(row, EntryPlace(rank, row.day, row.at, row.id), snippet)
        for (row, rank), snippet in zip(found, snippets, strict=True)
    ]


async def _snippets(tx: AsyncConnection, rows: Sequence[EntryRow], search: str) -> list[str]:
    """Make the snippets of a page; the cost is that of the page, not of all that was found."""
    if not search or not rows:
        return [""] * len(rows)
    whole = ["\n".join((row.title, row.text, ", ".join(row.tags))) for row in rows]
    values = {"texts": [separated(one) for one in whole], "query": query_of(search)}
    made = await tx.execute(_SNIPPETS, values | {"options": _OPTIONS})
    return [one.replace(SEPARATOR, "") for one in made.scalars()]


async def of_days(
    tx: AsyncConnection,
    user_id: UUID,
    month: int,
    days: Sequence[int],
    before: date,
    size: int,
) -> list[EntryRow]:
    """Return the entries of some days of a month, in whatever year, the latest first."""
    statement = (
        select(*COLUMNS)
        .where(
            *_matching(user_id, Wanted()),
            extract("month", entries.c.day) == month,
            extract("day", entries.c.day).in_(days),
            entries.c.day < before,
        )
        .order_by(entries.c.day.desc(), entries.c.at.desc(), entries.c.id.desc())
        .limit(size)
    )
    return [EntryRow(*row) for row in await tx.execute(statement)]


async def moods(
    tx: AsyncConnection, user_id: UUID, first: date, last: date
) -> list[tuple[date, int, float | None]]:
    """Return each day with entries, oldest first: how many, and their average mood."""
    average = cast(func.avg(entries.c.mood), Float(53))
    statement = (
        select(entries.c.day, func.count(), average)
        .where(*_matching(user_id, Wanted(first=first, last=last)))
        .group_by(entries.c.day)
        .order_by(entries.c.day)
    )
    return [(day, count, mood) for day, count, mood in await tx.execute(statement)]


async def tags(tx: AsyncConnection, user_id: UUID) -> list[tuple[str, int]]:
    """Return all tags with how many entries bear each, the most used first."""
    tag = func.unnest(entries.c.tags).label("tag")
    used = select(tag, entries.c.at).where(*_matching(user_id, Wanted())).subquery()
    each = select(used.c.tag, func.count()).group_by(used.c.tag).order_by(func.max(used.c.at))
    found: dict[str, tuple[str, int]] = {}
    for written, count in await tx.execute(each):
        key = folded(written)
        found[key] = written, count + found.get(key, ("", 0))[1]
    return [one for _, one in sorted(found.items(), key=lambda it: (-it[1][1], it[0]))]


async def _spellings(tx: AsyncConnection, user_id: UUID, tag: str) -> list[str]:
    """Return how a user's entries write a tag."""
    written = select(func.unnest(entries.c.tags)).where(entries.c.user_id == user_id).distinct()
    return spelled((await tx.execute(written)).scalars(), tag)
