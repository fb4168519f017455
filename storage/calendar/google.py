"""Links to Google Calendar: what was agreed, who syncs it now, and what stands there.

Whoever syncs a link holds its lease: `lease` is a number that rises each time it is taken, and
everything that is noted of a sync is noted only while the number is still the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata
from storage.sealed import SealedText

consents = Table(
    "google_consents",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("proof_hash", LargeBinary, nullable=False),
    Column("verifier", SealedText("calendar.google_consents.verifier"), nullable=False),
    Column("wish", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    schema="calendar",
)

links = Table(
    "google_links",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, unique=True),
    Column("refresh_token", SealedText("calendar.google_links.refresh_token")),
    Column("wish", Text, nullable=False),
    Column("calendar_id", Text),
    Column("creating", Boolean, nullable=False, server_default=text("false")),
    Column("sync_token", Text),
    Column("problem", Text),
    Column("due_at", DateTime(timezone=True), index=True),
    Column("lease_until", DateTime(timezone=True)),
    Column("lease", BigInteger, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("synced_at", DateTime(timezone=True)),
    created_at(),
    Column("channel_id", Text, unique=True),
    Column("channel_hash", LargeBinary),
    Column("channel_resource", Text),
    Column("channel_until", DateTime(timezone=True)),
    Column("busy_until", DateTime(timezone=True)),
    schema="calendar",
)

events = Table(
    "google_events",
    metadata,
    Column("link_id", Uuid, ForeignKey(links.c.link_id, ondelete="CASCADE"), primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("habit_id", Uuid, nullable=False),
    Column("uid", Text, nullable=False),
    Column("day", Date),
    Column("etag", Text, nullable=False),
    Column("stamp", Text, nullable=False),
    Column("colour", Text),
    Column("ticked", Boolean, nullable=False, server_default=text("false")),
    Column("gone", Boolean, nullable=False, server_default=text("false")),
    Column("min_version", Integer, nullable=False, server_default=text("0")),
    schema="calendar",
)


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent that was asked for."""

    state_hash: bytes
    user_id: UUID
    proof_hash: bytes
    verifier: str = field(repr=False)
    wish: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GoogleLinkRow:
    """A link. `refresh_token` None: Google refused, and it waits to be linked anew.

    `creating`: a calendar of its own is being made. `busy_until`: busy time is known until then.
    """

    link_id: UUID
    user_id: UUID
    refresh_token: str | None = field(repr=False)
    wish: str
    calendar_id: str | None
    creating: bool
    sync_token: str | None
    problem: str | None
    due_at: datetime | None
    lease: int
    attempts: int
    synced_at: datetime | None
    created_at: datetime
    channel_id: str | None
    channel_hash: bytes | None
    channel_resource: str | None
    channel_until: datetime | None
    busy_until: datetime | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """What stands there, as it was seen or written last.

    `day` None: a series; else an occurrence of it. `stamp`: what it shows. `ticked`: it is marked
    as done. `gone`: it was deleted there. `min_version`: a habit that is older is not written.
    """

    event_id: str
    habit_id: UUID
    uid: str
    day: date | None
    etag: str
    stamp: str
    colour: str | None = None
    ticked: bool = False
    gone: bool = False
    min_version: int = 0


class LeaseLost(Exception):
    """Somebody else syncs the link, or it has ended."""


_link = select(*(links.c[name] for name in GoogleLinkRow.__slots__))


async def add_consent(tx: AsyncConnection, row: ConsentRow) -> None:
    """Remember a consent that is asked for; an older one of the person's is void."""
    await drop_consents(tx, row.user_id)
    values = {name: getattr(row, name) for name in ConsentRow.__slots__}
    await tx.execute(consents.insert().values(values))


async def find_consent(tx: AsyncConnection, state_hash: bytes, now: datetime) -> ConsentRow | None:
    """Return a consent that can still be finished."""
    wanted = select(*(consents.c[name] for name in ConsentRow.__slots__))
    mine = wanted.where(consents.c.state_hash == state_hash, consents.c.expires_at > now)
    row = (await tx.execute(mine)).first()
    return ConsentRow(**row._mapping) if row else None


async def end_consent(tx: AsyncConnection, state_hash: bytes) -> bool:
    """Use a consent up; false if somebody else has."""
    ended = await tx.execute(delete(consents).where(consents.c.state_hash == state_hash))
    return ended.rowcount == 1


async def drop_consents(tx: AsyncConnection, user_id: UUID) -> None:
    """Void what a person was asked to consent to."""
    await tx.execute(delete(consents).where(consents.c.user_id == user_id))


async def forget_consents(tx: AsyncConnection, now: datetime) -> None:
    """Drop what nobody has finished in time."""
    await tx.execute(delete(consents).where(consents.c.expires_at <= now))


async def add_link(tx: AsyncConnection, user_id: UUID, values: Mapping[str, object]) -> None:
    """Link a person, in place of a link that they had."""
    await tx.execute(delete(links).where(links.c.user_id == user_id))
    await tx.execute(links.insert().values(user_id=user_id, **values))


async def find_link(tx: AsyncConnection, user_id: UUID) -> GoogleLinkRow | None:
    """Return a person's link."""
    row = (await tx.execute(_link.where(links.c.user_id == user_id))).first()
    return GoogleLinkRow(**row._mapping) if row else None


async def find_channel(tx: AsyncConnection, channel_id: str) -> GoogleLinkRow | None:
    """Return the link that is told of changes through a channel."""
    row = (await tx.execute(_link.where(links.c.channel_id == channel_id))).first()
    return GoogleLinkRow(**row._mapping) if row else None


async def hasten(
    tx: AsyncConnection, user_ids: Sequence[UUID], due_at: datetime, *, asked: bool = False
) -> None:
    """Have links synced by then, if they are not sooner; `asked`: a person wants it now."""
    sooner = or_(links.c.due_at.is_(None), links.c.due_at > due_at)
    mine = update(links).where(
        links.c.user_id.in_(user_ids), links.c.refresh_token.is_not(None), sooner
    )
    if not asked:
        # While it waits for Google to be reached again, news do not press.
        mine = mine.where(links.c.attempts == 0)
    await tx.execute(mine.values(due_at=due_at))


async def relink(tx: AsyncConnection, user_id: UUID, values: Mapping[str, object]) -> None:
    """Change a person's link; whoever syncs it loses it."""
    mine = update(links).where(links.c.user_id == user_id)
    await tx.execute(mine.values(lease=links.c.lease + 1, lease_until=None, **values))


async def claim(tx: AsyncConnection, now: datetime, lease: timedelta) -> GoogleLinkRow | None:
    """Take the link that has been due for longest, for as long as the lease lasts."""
    # What is due is noted there only while nobody is at it: who died left a lease behind.
    left = links.c.lease_until < now
    due = select(links.c.link_id).where(
        links.c.refresh_token.is_not(None),
        or_(left, and_(links.c.lease_until.is_(None), links.c.due_at <= now)),
    )
    one = due.order_by(links.c.due_at).limit(1).with_for_update(skip_locked=True)
    link_id = (await tx.execute(one)).scalar()
    if link_id is None:
        return None
    taken = update(links).where(links.c.link_id == link_id)
    values = {"lease": links.c.lease + 1, "lease_until": now + lease, "due_at": None}
    row = (await tx.execute(taken.values(values).returning(*_link.selected_columns))).one()
    return GoogleLinkRow(**row._mapping)


async def note(tx: AsyncConnection, link: GoogleLinkRow, values: Mapping[str, Any]) -> None:
    """Note something of a sync. Raises LeaseLost if the link is somebody else's by now."""
    mine = update(links).where(links.c.link_id == link.link_id, links.c.lease == link.lease)
    if (await tx.execute(mine.values(**values))).rowcount != 1:
        raise LeaseLost


async def release(
    tx: AsyncConnection, link: GoogleLinkRow, due_at: datetime | None, values: Mapping[str, Any]
) -> None:
    """Give a link back; it is due then, or sooner if something was news meanwhile."""
    sooner = func.least(links.c.due_at, due_at) if due_at is not None else links.c.due_at
    await note(tx, link, {**values, "lease_until": None, "due_at": sooner})


async def forget_calendar(tx: AsyncConnection, link: GoogleLinkRow) -> None:
    """Forget a calendar that is not there any more, with all that stood in it."""
    await note(tx, link, {"calendar_id": None, "sync_token": None})
    await tx.execute(delete(events).where(events.c.link_id == link.link_id))


async def events_of(tx: AsyncConnection, link_id: UUID) -> list[EventRow]:
    """Return what stands there."""
    wanted = select(*(events.c[name] for name in EventRow.__slots__))
    rows = await tx.execute(wanted.where(events.c.link_id == link_id))
    return [EventRow(**row._mapping) for row in rows]


async def save_events(
    tx: AsyncConnection, link: GoogleLinkRow, rows: Sequence[EventRow], dropped: Sequence[str] = ()
) -> None:
    """Remember what stands there, and forget what does not any more."""
    if dropped:
        mine = delete(events).where(events.c.link_id == link.link_id)
        await tx.execute(mine.where(events.c.event_id.in_(dropped)))
    for row in rows:
        values = {name: getattr(row, name) for name in EventRow.__slots__}
        made = insert(events).values(link_id=link.link_id, **values)
        await tx.execute(
            made.on_conflict_do_update(
                index_elements=["link_id", "event_id"],
                set_={name: made.excluded[name] for name in EventRow.__slots__},
            )
        )


async def show_again(tx: AsyncConnection, link_id: UUID, habit_id: UUID) -> None:
    """Forget that a habit's events were deleted there."""
    gone = delete(events).where(events.c.link_id == link_id, events.c.habit_id == habit_id)
    await tx.execute(gone.where(events.c.gone, events.c.day.is_(None)))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what a person linked."""
    for table in (consents, links):
        await tx.execute(delete(table).where(table.c.user_id == user_id))
