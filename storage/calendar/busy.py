"""Busy time: when a person's chosen calendars call them busy, by the source that says so.

A source is Google, or a calendar that is looked at by its address.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata
from storage.sealed import SealedText

calendars = Table(
    "busy_calendars",
    metadata,
    Column("calendar_id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("url", SealedText("calendar.busy_calendars.url"), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, index=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("read_at", DateTime(timezone=True)),
    Column("problem", Text),
    created_at(),
    schema="calendar",
)

busy_times = Table(
    "busy_times",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("begins", DateTime(timezone=True), primary_key=True),
    Column("ends", DateTime(timezone=True), nullable=False),
    schema="calendar",
)


class BusyRow(NamedTuple):
    """A stretch of busy time."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class BusyCalendarRow:
    """A calendar that is looked at by its address."""

    calendar_id: UUID
    user_id: UUID
    name: str
    host: str
    url: str = field(repr=False)
    due_at: datetime
    attempts: int = 0
    read_at: datetime | None = None
    problem: str | None = None

    @property
    def source(self) -> str:
        """What its busy time is kept under."""
        return str(self.calendar_id)


_calendar = select(*(calendars.c[name] for name in BusyCalendarRow.__slots__))


async def add(tx: AsyncConnection, row: BusyCalendarRow) -> None:
    """Look at a calendar from now on."""
    values = {name: getattr(row, name) for name in BusyCalendarRow.__slots__}
    await tx.execute(calendars.insert().values(values))


async def calendars_of(tx: AsyncConnection, user_id: UUID) -> list[BusyCalendarRow]:
    """Return a person's calendars, in the order in which they were added."""
    mine = _calendar.where(calendars.c.user_id == user_id)
    rows = await tx.execute(mine.order_by(calendars.c.created_at, calendars.c.calendar_id))
    return [BusyCalendarRow(**row._mapping) for row in rows]


async def count(tx: AsyncConnection, user_id: UUID) -> int:
    """Return how many calendars a person has."""
    mine = select(func.count()).select_from(calendars).where(calendars.c.user_id == user_id)
    return int((await tx.execute(mine)).scalar_one())


async def remove(tx: AsyncConnection, user_id: UUID, calendar_id: UUID) -> bool:
    """Look at a person's calendar no more; false if there is none."""
    mine = delete(calendars).where(calendars.c.user_id == user_id)
    done = await tx.execute(mine.where(calendars.c.calendar_id == calendar_id))
    return done.rowcount == 1


async def claim(tx: AsyncConnection, now: datetime, lease: timedelta) -> BusyCalendarRow | None:
    """Take the calendar that has been due for longest; it is due again when the lease is over."""
    due = select(calendars.c.calendar_id).where(calendars.c.due_at <= now)
    one = due.order_by(calendars.c.due_at).limit(1).with_for_update(skip_locked=True)
    found = (await tx.execute(one)).scalar()
    if found is None:
        return None
    taken = update(calendars).where(calendars.c.calendar_id == found).values(due_at=now + lease)
    row = (await tx.execute(taken.returning(*_calendar.selected_columns))).one()
    return BusyCalendarRow(**row._mapping)


async def note(tx: AsyncConnection, row: BusyCalendarRow, values: dict[str, object]) -> bool:
    """Note how a look has gone; false: it is not a person's any more, or somebody else's turn."""
    mine = update(calendars).where(calendars.c.calendar_id == row.calendar_id)
    done = await tx.execute(mine.where(calendars.c.due_at == row.due_at).values(**values))
    return done.rowcount == 1


async def replace(tx: AsyncConnection, user_id: UUID, source: str, rows: Sequence[BusyRow]) -> bool:
    """Say anew when a person is busy, by one source; nothing: it says so no more.

    Tells whether that changes anything.
    """
    said = select(busy_times.c.begins, busy_times.c.ends).where(
        busy_times.c.user_id == user_id, busy_times.c.source == source
    )
    if {BusyRow(*row) for row in await tx.execute(said)} == {*rows}:
        return False
    mine = delete(busy_times).where(busy_times.c.user_id == user_id)
    await tx.execute(mine.where(busy_times.c.source == source))
    if rows:
        given = [{"user_id": user_id, "source": source, **row._asdict()} for row in rows]
        await tx.execute(insert(busy_times), given)
    return True


async def between(
    tx: AsyncConnection, user_id: UUID, first: datetime, last: datetime
) -> list[BusyRow]:
    """Return busy time that lies between two instants, or reaches into them, by its begin."""
    wanted = select(busy_times.c.begins, busy_times.c.ends).where(
        busy_times.c.user_id == user_id, busy_times.c.ends > first, busy_times.c.begins < last
    )
    return [BusyRow(*row) for row in await tx.execute(wanted.order_by(busy_times.c.begins))]


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase when a person is busy, and who says so."""
    for table in (busy_times, calendars):
        await tx.execute(delete(table).where(table.c.user_id == user_id))
