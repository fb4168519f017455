"""The log shown: to a person their own facts, to an administrator whose facts there are."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.analytics_upkeep import (
    ListFacts,
    ListLoggedPeople,
    LoggedFact,
    LoggedFacts,
    LoggedPeople,
    LoggedPerson,
)
from contracts.cursor import read_id, wrong_cursor
from contracts.message import Invalid, Wrong
from contracts.time import LAST_DAY, instant_of
from storage.analytics import log, reading
from storage.analytics.reading import PersonRow


async def facts(tx: AsyncConnection, user_id: UUID, query: ListFacts) -> LoggedFacts:
    """Show a page of a person's log."""
    person = await reading.find_person(tx, user_id)
    check_order(query.first, query.last)
    rows = await log.page(
        tx,
        user_id,
        after=_place(query.cursor),
        since=_begin(person, query.first),
        until=_end(person, query.last),
        size=query.limit,
    )
    return LoggedFacts(
        facts=tuple(
            LoggedFact(
                fact_id=row.fact_id,
                fact=row.address,
                occurred_at=row.occurred_at,
                version=row.version,
                body=row.body,
            )
            for row in rows
        ),
        next=str(rows[-1].seq) if rows else None,
    )


async def people(tx: AsyncConnection, query: ListLoggedPeople) -> LoggedPeople:
    """Show a page of those of whom facts were heard."""
    rows = await log.count_people(tx, read_id(query.cursor), query.limit)
    shown = (LoggedPerson(user_id=row.user_id, facts=row.facts, last=row.folded_at) for row in rows)
    more = str(rows[-1].user_id) if len(rows) == query.limit else None
    return LoggedPeople(people=tuple(shown), next=more)


def check_order(first: date | None, last: date | None) -> None:
    """Refuse days that end before they begin."""
    if first is not None and last is not None and last < first:
        raise Invalid(
            "range_reversed",
            "The range ends before it begins: {first} to {last}.",
            fields=(Wrong(pointer="/to", detail="this day lies before `from`"),),
            first=first.isoformat(),
            last=last.isoformat(),
        )


def _begin(person: PersonRow, first: date | None) -> datetime | None:
    """Return the instant at which a day begins for a person."""
    return None if first is None else instant_of(first, person.day_start, person.zone)


def _end(person: PersonRow, last: date | None) -> datetime | None:
    """Return the instant at which a day has ended."""
    if last is None or last == LAST_DAY:
        return None
    return _begin(person, last + timedelta(days=1))


def _place(cursor: str | None) -> int:
    """Read a place in the log. Refuses with `Invalid`."""
    if cursor is None:
        return 0
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        return int(cursor)
    raise wrong_cursor()
