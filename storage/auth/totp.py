"""Second factors by an app: the seeds, sealed, the last step that counted, and recovery codes.

Of a recovery code its SHA-256 is kept: it has 120 random bits. A seed that is lost leaves the
factor on: recovery codes still count.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Uuid,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.auth.accounts import accounts
from storage.base import created_at, metadata
from storage.sealed import SealedBytes


def _user_id() -> Column[UUID]:
    owner = ForeignKey(accounts.c.user_id, ondelete="CASCADE")
    return Column("user_id", Uuid, owner, primary_key=True)


totp = Table(
    "totp",
    metadata,
    _user_id(),
    Column("seed", SealedBytes("auth.totp.seed")),
    Column("pending", SealedBytes("auth.totp.pending")),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("last_step", BigInteger, nullable=False, server_default="-1"),
    created_at(),
    schema="auth",
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    _user_id(),
    Column("hash", LargeBinary, primary_key=True),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor: on if it was confirmed; `pending` is a seed that was not yet."""

    seed: bytes | None
    pending: bytes | None
    confirmed_at: datetime | None


_factor = select(*(totp.c[name] for name in Factor.__slots__))


async def find(tx: AsyncConnection, user_id: UUID, *, lock: bool = False) -> Factor | None:
    """Return a user's second factor; `lock` has others wait until the transaction ends."""
    statement = _factor.where(totp.c.user_id == user_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).first()
    return Factor(**row._mapping) if row else None


async def is_on(tx: AsyncConnection, user_id: UUID) -> bool:
    """Tell whether a user needs a second factor."""
    on = select(totp.c.user_id).where(totp.c.user_id == user_id, totp.c.confirmed_at.is_not(None))
    return (await tx.execute(on)).first() is not None


async def begin(tx: AsyncConnection, user_id: UUID, seed: bytes) -> None:
    """Keep a seed that is to be confirmed, in place of an earlier one."""
    statement = insert(totp).values(user_id=user_id, pending=seed)
    given = {"pending": statement.excluded.pending}
    await tx.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=given))


async def confirm(
    tx: AsyncConnection, user_id: UUID, seed: bytes, step: int, now: datetime
) -> None:
    """Have the seed count that was pending; its code of this step was used."""
    given = {"seed": seed, "pending": None, "confirmed_at": now, "last_step": step}
    await tx.execute(update(totp).where(totp.c.user_id == user_id).values(given))


async def use_step(tx: AsyncConnection, user_id: UUID, step: int) -> bool:
    """Use the code of a step; False if that, or a later one, was used before."""
    used = await tx.execute(
        update(totp)
        .where(totp.c.user_id == user_id, totp.c.last_step < step)
        .values(last_step=step)
    )
    return used.rowcount == 1


async def set_codes(tx: AsyncConnection, user_id: UUID, hashes: list[bytes]) -> None:
    """Keep the hashes of new recovery codes; earlier ones go."""
    await tx.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    await tx.execute(insert(recovery_codes), [{"user_id": user_id, "hash": one} for one in hashes])


async def use_code(tx: AsyncConnection, user_id: UUID, hash: bytes) -> bool:
    """Use a recovery code; False if there is none like it."""
    used = await tx.execute(
        delete(recovery_codes).where(
            recovery_codes.c.user_id == user_id, recovery_codes.c.hash == hash
        )
    )
    return used.rowcount == 1


async def codes_left(tx: AsyncConnection, user_id: UUID) -> int:
    """Count a user's recovery codes."""
    left = select(func.count()).where(recovery_codes.c.user_id == user_id)
    return int((await tx.execute(left)).scalar_one())


async def drop(tx: AsyncConnection, user_id: UUID) -> None:
    """Forget a user's second factor, and the recovery codes."""
    for table in (totp, recovery_codes):
        await tx.execute(delete(table).where(table.c.user_id == user_id))
