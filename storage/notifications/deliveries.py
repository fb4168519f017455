"""The ledger of deliveries: what is to be sent, what became of it, and to whom nothing is sent.

A row is made once for a channel, a recipient and a dedupe key. Whoever sends it claims it first:
`sending`, with a lease in `due_at`. A lease that runs out means that a sender died between sending
and recording: the row is claimed again, and `unsure` counts how often that happened. All times are
given by the caller, so that one clock decides.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Uuid,
    all_,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import new_id
from contracts.notifications import DeliveryState
from storage.notifications.ledger import OPEN, DeliveryRow, NewDelivery, deliveries, suppressed

_columns = tuple(deliveries.c[name] for name in DeliveryRow.__slots__)
_given = NewDelivery._fields


_TYPES = {
    "user_id": "uuid",
    "due_at": "timestamptz",
    "useful_until": "timestamptz",
    "reminder_id": "uuid",
    "habit_id": "uuid",
    "day": "date",
}
# One statement for any number: rows written out one by one would cost more than all the rest.
_ENQUEUE = text(
    f"INSERT INTO notifications.deliveries (id, {', '.join(_given)}, created_at)"
    " SELECT *, CAST(:now AS timestamptz) FROM unnest("
    "CAST(:id AS uuid[]), "
    + ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in _given)
    + ") ON CONFLICT (channel, recipient, dedupe_key) DO NOTHING"
)


async def enqueue(tx: AsyncConnection, rows: Sequence[NewDelivery]) -> int:
    """Write deliveries down, each once; return how many are new.

    Whether the recipient takes any is looked at when they are claimed.
    """
    if not rows:
        return 0
    columns = zip(*rows, strict=True)
    values: dict[str, object] = {
        name: list(column) for name, column in zip(_given, columns, strict=True)
    }
    values["id"] = [new_id() for _ in rows]
    values["now"] = datetime.now(UTC)
    return (await tx.execute(_ENQUEUE, values)).rowcount


# The lock makes the count of what was tried and the claim one step, for all senders.
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('notifications.' || :channel, 0))")
_TRIED = select(func.count()).select_from(deliveries)
_due = (
    select(deliveries.c.id, deliveries.c.state)
    .where(
        deliveries.c.channel == bindparam("of_channel"),
        deliveries.c.state.in_([literal_column(f"'{state}'") for state in OPEN]),
        deliveries.c.due_at <= bindparam("now"),
        deliveries.c.user_id != all_(bindparam("busy", type_=ARRAY(Uuid))),
    )
    .order_by(deliveries.c.due_at, deliveries.c.id)
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id == _due.c.id)
    .values(
        state="sending",
        due_at=bindparam("lease"),
        tried_at=bindparam("now"),
        attempts=deliveries.c.attempts + 1,
        unsure=deliveries.c.unsure + cast(_due.c.state == "sending", Integer),
    )
    .returning(*_columns)
)


async def tried_since(tx: AsyncConnection, channel: str, since: datetime) -> int:
    """Take the channel's turn until the transaction ends; count what was tried since then."""
    await tx.execute(_TURN, {"channel": channel})
    statement = _TRIED.where(deliveries.c.channel == channel, deliveries.c.tried_at > since)
    return int((await tx.execute(statement)).scalar_one())


async def claim(
    tx: AsyncConnection,
    channel: str,
    size: int,
    now: datetime,
    lease: datetime,
    busy: Sequence[UUID] = (),
) -> list[DeliveryRow]:
    """Take up to `size` due deliveries of a channel for this sender alone, until `lease`.

    Nothing of those who are `busy`: to them something is being sent right now.
    """
    values = {"of_channel": channel, "size": size, "now": now, "lease": lease, "busy": list(busy)}
    rows = [DeliveryRow(*row) for row in await tx.execute(_CLAIM, values)]
    return sorted(rows, key=lambda row: row.id)


async def are_suppressed(tx: AsyncConnection, rows: Sequence[DeliveryRow]) -> set[tuple[str, str]]:
    """Return the channels and recipients among these to whom nothing is sent."""
    found = await tx.execute(
        select(suppressed.c.channel, suppressed.c.recipient).where(
            tuple_(suppressed.c.channel, suppressed.c.recipient).in_(
                [(row.channel, row.recipient) for row in rows]
            )
        )
    )
    return {(row[0], row[1]) for row in found}


def _mine(row: DeliveryRow) -> tuple[ColumnElement[bool], ...]:
    """Match a delivery only as long as this sender holds it."""
    return (
        deliveries.c.id == row.id,
        deliveries.c.user_id == row.user_id,
        deliveries.c.state == "sending",
        deliveries.c.attempts == row.attempts,
    )


async def give_back(tx: AsyncConnection, rows: Sequence[DeliveryRow], due_at: datetime) -> None:
    """Return what was claimed and not tried, as if it had never been claimed."""
    for row in rows:
        await tx.execute(
            update(deliveries)
            .where(*_mine(row))
            .values(
                state="retry" if row.attempts > 1 else "pending",
                attempts=row.attempts - 1,
                due_at=due_at,
                tried_at=None,
            )
        )


async def still_mine(tx: AsyncConnection, row: DeliveryRow) -> bool:
    """Tell whether a delivery is there, and this sender's; its person may be gone by now."""
    found = await tx.execute(select(deliveries.c.id).where(*_mine(row)))
    return found.first() is not None


async def record(
    tx: AsyncConnection,
    row: DeliveryRow,
    state: DeliveryState,
    due_at: datetime,
    detail: str,
    *,
    unsure: bool,
    ended_at: datetime | None,
) -> bool:
    """Write down what became of a delivery; false if it is not this sender's any more.

    What it said is dropped once it is over.
    """
    values: dict[str, object] = {
        "state": state,
        "due_at": due_at,
        "detail": detail,
        "unsure": row.unsure + unsure,
        "ended_at": ended_at,
    }
    if ended_at is not None:
        values["data"] = "{}"
    statement = update(deliveries).where(*_mine(row))
    return bool((await tx.execute(statement.values(values))).rowcount)


async def withdraw(tx: AsyncConnection, row: DeliveryRow) -> None:
    """Drop a delivery that has nothing to say, if it is this sender's."""
    await tx.execute(delete(deliveries).where(*_mine(row)))


async def suppress(
    tx: AsyncConnection, user_id: UUID, channel: str, recipient: str, detail: str, since: datetime
) -> None:
    """Send nothing to a recipient from now on."""
    values = {"user_id": user_id, "channel": channel, "recipient": recipient}
    statement = insert(suppressed).values(**values, detail=detail, since=since)
    await tx.execute(statement.on_conflict_do_nothing())


async def relent(tx: AsyncConnection, user_id: UUID, channel: str, recipient: str) -> None:
    """Send to a recipient again."""
    await tx.execute(
        delete(suppressed).where(
            suppressed.c.user_id == user_id,
            suppressed.c.channel == channel,
            suppressed.c.recipient == recipient,
        )
    )


async def why_suppressed(
    tx: AsyncConnection, user_id: UUID, channel: str, recipient: str
) -> str | None:
    """Return why nothing is sent to a recipient, or None."""
    statement = select(suppressed.c.detail).where(
        suppressed.c.user_id == user_id,
        suppressed.c.channel == channel,
        suppressed.c.recipient == recipient,
    )
    return (await tx.execute(statement)).scalar_one_or_none()


async def find(tx: AsyncConnection, user_id: UUID, delivery_id: UUID) -> DeliveryRow | None:
    """Return a delivery of this user's."""
    statement = select(*_columns).where(
        deliveries.c.user_id == user_id, deliveries.c.id == delivery_id
    )
    row = (await tx.execute(statement)).first()
    return DeliveryRow(*row) if row else None


async def find_by_key(
    tx: AsyncConnection, user_id: UUID, channel: str, dedupe_key: str
) -> DeliveryRow | None:
    """Return the delivery that was made under a key."""
    statement = select(*_columns).where(
        deliveries.c.user_id == user_id,
        deliveries.c.channel == channel,
        deliveries.c.dedupe_key == dedupe_key,
    )
    row = (await tx.execute(statement)).first()
    return DeliveryRow(*row) if row else None


async def page(
    tx: AsyncConnection,
    user_id: UUID,
    *,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[DeliveryRow]:
    """Return some of a user's deliveries, newest first."""
    statement = select(*_columns).where(deliveries.c.user_id == user_id)
    if state is not None:
        statement = statement.where(deliveries.c.state == state)
    if before is not None:
        statement = statement.where(deliveries.c.id < before)
    rows = await tx.execute(statement.order_by(deliveries.c.id.desc()).limit(limit))
    return [DeliveryRow(*row) for row in rows]


async def forget(
    tx: AsyncConnection, before: datetime, most: int, user_id: UUID | None = None
) -> int:
    """Drop some deliveries that ended long ago, to one user or to all; return how many."""
    old = select(deliveries.c.id).where(deliveries.c.ended_at < before).limit(most)
    if user_id is not None:
        old = old.where(deliveries.c.user_id == user_id)
    return (await tx.execute(delete(deliveries).where(deliveries.c.id.in_(old)))).rowcount


async def standing(tx: AsyncConnection, now: datetime, since: datetime) -> tuple[int, float, int]:
    """Return how many deliveries are due, how late the first is in seconds, and how many failed.

    Failed since `since`: for good, or because the address takes no mail.
    """
    waiting = (
        await tx.execute(
            select(func.count(), func.min(deliveries.c.due_at)).where(
                deliveries.c.state.in_(("pending", "sending")), deliveries.c.due_at <= now
            )
        )
    ).one()
    failed = select(func.count()).where(
        deliveries.c.ended_at >= since, deliveries.c.state.in_(("failed", "suppressed"))
    )
    late = (now - waiting[1]).total_seconds() if waiting[1] else 0.0
    return waiting[0], late, int((await tx.execute(failed)).scalar_one())


async def known(tx: AsyncConnection, delivery_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of some deliveries that are in the ledger, whosever they are."""
    statement = select(deliveries.c.id).where(deliveries.c.id.in_(delivery_ids))
    return set((await tx.execute(statement)).scalars())


async def kept_as_files(tx: AsyncConnection, user_id: UUID) -> list[UUID]:
    """Return the deliveries to a user that may lie in the folder of mails."""
    statement = select(deliveries.c.id).where(
        deliveries.c.user_id == user_id, deliveries.c.channel == "email"
    )
    return list((await tx.execute(statement)).scalars())


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what was sent to a user, or was to be."""
    for table in (deliveries, suppressed):
        await tx.execute(delete(table).where(table.c.user_id == user_id))
