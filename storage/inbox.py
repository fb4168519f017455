"""What a room has taken in, so that a second delivery has no effect; and what it could not.

An inbox row is written in the transaction of the effect. A fact or a job that a room failed to
take in after every try is parked with the reason, and can be replayed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Table,
    Text,
    Uuid,
    false,
    func,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.bus import trace_id
from storage.base import metadata
from storage.outbox import outbox

inbox = Table(
    "inbox",
    metadata,
    Column("room", Text, primary_key=True),
    Column("message_id", Uuid, primary_key=True),
    Column("heard_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    schema="bus",
)

parked = Table(
    "parked",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("room", Text, nullable=False),
    Column("message_id", Uuid),
    Column("address", Text, nullable=False),
    Column("is_job", Boolean, nullable=False, server_default=false()),
    Column("user_id", Uuid),
    Column("body", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("parked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("trace_id", Text, nullable=False, server_default=""),
    schema="bus",
)

# In one order for all: two that take in the same wait for each other, not in a circle.
_FIRST = text(
    "INSERT INTO bus.inbox (room, message_id) SELECT :room, unnest(CAST(:ids AS uuid[]))"
    " ON CONFLICT DO NOTHING RETURNING message_id"
)
_HEARD_BY = text(
    "SELECT message_id, room FROM bus.inbox WHERE room = ANY(:rooms) AND message_id = ANY(:ids)"
    " UNION SELECT message_id, room FROM bus.parked WHERE message_id = ANY(:ids)"
)


@dataclass(frozen=True, slots=True)
class Parked:
    """A fact or a job that a room could not take in."""

    id: int
    room: str
    message_id: UUID | None
    address: str
    is_job: bool
    user_id: UUID | None
    body: str
    reason: str
    parked_at: datetime
    trace_id: str

    @property
    def can_replay(self) -> bool:
        """Tell whether it can go on its way again: it must be known what it is, and whose."""
        return self.message_id is not None and self.user_id is not None


async def first_times(tx: AsyncConnection, room: str, message_ids: list[UUID]) -> set[UUID]:
    """Note that a room takes these in; return those that it has not taken in before."""
    rows = await tx.execute(_FIRST, {"room": room, "ids": sorted(set(message_ids))})
    return set(rows.scalars())


async def take_turn(tx: AsyncConnection, room: str, message_id: UUID) -> bool:
    """Tell whether nobody else takes this in for the room; nobody will until `tx` ends."""
    name = f"{room}:{message_id}"
    taken = select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))
    return bool((await tx.execute(taken)).scalar_one())


async def heard_by(
    tx: AsyncConnection, rooms: list[str], message_ids: list[UUID]
) -> set[tuple[UUID, str]]:
    """Return which of these messages which room has taken in, or parked."""
    rows = await tx.execute(_HEARD_BY, {"rooms": rooms, "ids": message_ids})
    return {(row.message_id, row.room) for row in rows}


async def is_known(tx: AsyncConnection, room: str, message_id: UUID | None) -> bool:
    """Tell whether a message is in the outbox still, or the room has taken it in."""
    if message_id is None:
        return False
    sent = select(outbox.c.seq).where(outbox.c.message_id == message_id).exists()
    mine = (inbox.c.room == room, inbox.c.message_id == message_id)
    taken_in = select(inbox.c.room).where(*mine).exists()
    return bool((await tx.execute(select(sent | taken_in))).scalar_one())


async def forget_heard(tx: AsyncConnection, before: datetime) -> int:
    """Drop inbox rows older than any redelivery can be; return how many.

    While a message is in the outbox it may be sent again, whatever its age.
    """
    on_its_way = select(outbox.c.seq).where(outbox.c.message_id == inbox.c.message_id).exists()
    done = await tx.execute(inbox.delete().where(inbox.c.heard_at < before, ~on_its_way))
    return done.rowcount


async def park(
    tx: AsyncConnection,
    room: str,
    address: str,
    body: str,
    reason: str,
    message_id: UUID | None = None,
    user_id: UUID | None = None,
    *,
    is_job: bool = False,
) -> None:
    """Put a message aside with the reason why the room could not take it in."""
    await tx.execute(
        parked.insert().values(
            room=room,
            address=address,
            body=body,
            reason=reason,
            message_id=message_id,
            is_job=is_job,
            user_id=user_id,
            trace_id=trace_id.get(),
        )
    )


async def list_parked(tx: AsyncConnection, limit: int = 100) -> list[Parked]:
    """Return parked messages, newest first."""
    rows = await tx.execute(select(parked).order_by(parked.c.id.desc()).limit(limit))
    return [Parked(**r._mapping) for r in rows]


async def find_parked(tx: AsyncConnection, parked_id: int) -> Parked | None:
    """Return one parked message."""
    row = (await tx.execute(select(parked).where(parked.c.id == parked_id))).first()
    return Parked(**row._mapping) if row else None


async def count_parked(tx: AsyncConnection) -> int:
    """Return how many messages are parked."""
    return (await tx.execute(select(func.count()).select_from(parked))).scalar_one()


async def replay(tx: AsyncConnection, item: Parked) -> None:
    """Put a parked message back on its way, if that `can_replay`.

    Rooms that have heard it already pass it over.
    """
    await tx.execute(
        outbox.insert().values(
            message_id=item.message_id,
            address=item.address,
            is_job=item.is_job,
            user_id=item.user_id,
            body=item.body,
            trace_id=item.trace_id,
        )
    )
    await tx.execute(parked.delete().where(parked.c.id == item.id))


async def drop(tx: AsyncConnection, item: Parked) -> None:
    """Give a parked message up: for its room it counts as heard, should it come once more."""
    if item.message_id is not None:
        await first_times(tx, item.room, [item.message_id])
    await tx.execute(parked.delete().where(parked.c.id == item.id))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what is parked of a user, in whatever room."""
    await tx.execute(parked.delete().where(parked.c.user_id == user_id))
