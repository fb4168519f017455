"""What is still to be said to Google of links that have ended."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata
from storage.sealed import SealedText

farewells = Table(
    "google_farewells",
    metadata,
    Column("farewell_id", Uuid, primary_key=True),
    Column("refresh_token", SealedText("calendar.google_farewells.refresh_token"), nullable=False),
    Column("wish", Text, nullable=False),
    Column("channel_id", Text),
    Column("channel_resource", Text),
    Column("revoke", Boolean, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, index=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    created_at(),
    schema="calendar",
)


@dataclass(frozen=True, slots=True)
class FarewellRow:
    """What is still to be said to Google of a link that has ended: it names nobody.

    `revoke`: the consent is given back; without, only a channel is stopped.
    """

    farewell_id: UUID
    refresh_token: str = field(repr=False)
    wish: str
    channel_id: str | None
    channel_resource: str | None
    revoke: bool
    due_at: datetime
    attempts: int = 0


_farewell = select(*(farewells.c[name] for name in FarewellRow.__slots__))


async def add(tx: AsyncConnection, row: FarewellRow) -> None:
    """Remember what is to be said to Google."""
    values = {name: getattr(row, name) for name in FarewellRow.__slots__}
    await tx.execute(farewells.insert().values(values))


async def claim(tx: AsyncConnection, now: datetime, pause: timedelta) -> FarewellRow | None:
    """Take what has been due to be said for longest; it is due again after a pause."""
    due = select(farewells.c.farewell_id).where(farewells.c.due_at <= now)
    one = due.order_by(farewells.c.due_at).limit(1).with_for_update(skip_locked=True)
    found = (await tx.execute(one)).scalar()
    if found is None:
        return None
    taken = update(farewells).where(farewells.c.farewell_id == found)
    later = taken.values(due_at=now + pause, attempts=farewells.c.attempts + 1)
    row = (await tx.execute(later.returning(*_farewell.selected_columns))).one()
    return FarewellRow(**row._mapping)


async def end(tx: AsyncConnection, farewell_id: UUID) -> None:
    """Forget what was said."""
    await tx.execute(delete(farewells).where(farewells.c.farewell_id == farewell_id))


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Forget what could not be said."""
    await tx.execute(delete(farewells).where(farewells.c.created_at < before))
