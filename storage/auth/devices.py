"""Devices that have signed in to an account: of the token of each only its SHA-256 is kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth.accounts import accounts
from storage.base import created_at, metadata

devices = Table(
    "devices",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column(
        "user_id",
        Uuid,
        ForeignKey(accounts.c.user_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("used_at", DateTime(timezone=True), nullable=False),
    created_at(),
    schema="auth",
)


async def is_known(tx: AsyncConnection, user_id: UUID, token: bytes, since: datetime) -> bool:
    """Tell whether a device has signed in to a user's account since then."""
    found = select(devices.c.hash).where(
        devices.c.user_id == user_id, devices.c.hash == token, devices.c.used_at >= since
    )
    return (await tx.execute(found)).first() is not None


async def keep(
    tx: AsyncConnection, user_id: UUID, token: bytes, now: datetime, since: datetime, most: int
) -> None:
    """Note that a device has signed in; forget those not used `since`, and all but `most`."""
    made = insert(devices).values(hash=token, user_id=user_id, used_at=now)
    again = made.on_conflict_do_update(
        index_elements=["hash"], set_={"used_at": now}, where=devices.c.user_id == user_id
    )
    await tx.execute(again)
    newest = (
        select(devices.c.hash)
        .where(devices.c.user_id == user_id, devices.c.used_at >= since)
        .order_by(devices.c.used_at.desc(), devices.c.hash)
        .limit(most)
    )
    await tx.execute(
        delete(devices).where(devices.c.user_id == user_id, devices.c.hash.not_in(newest))
    )


async def forget(tx: AsyncConnection, user_id: UUID) -> None:
    """Forget all devices of a user."""
    await tx.execute(delete(devices).where(devices.c.user_id == user_id))
