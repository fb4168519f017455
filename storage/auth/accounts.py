"""Accounts: an address, a password hash, and what an administrator made of the user.

Who came in by another way than a password has none, and perhaps no address.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("email", Text, unique=True),
    Column("password_hash", Text),
    Column("role", Text, nullable=False, server_default="user"),
    Column("disabled", Boolean, nullable=False, server_default="false"),
    Column("standing", Integer, nullable=False, server_default="0"),
    Column("email_version", Integer, nullable=False, server_default="0"),
    created_at(),
    schema="auth",
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account; `standing` is the version of the last change of role or `disabled`."""

    user_id: UUID
    email: str | None
    password_hash: str | None
    role: str
    disabled: bool
    standing: int


_account = select(*(accounts.c[name] for name in Account.__slots__))


async def add(
    tx: AsyncConnection,
    user_id: UUID,
    email: str | None,
    password_hash: str | None,
    role: str = "user",
) -> bool:
    """Add an account; False if the address is taken, or the user has one."""
    statement = insert(accounts).on_conflict_do_nothing()
    given = {"user_id": user_id, "email": email, "password_hash": password_hash, "role": role}
    row = await tx.execute(statement.returning(accounts.c.user_id), given)
    return row.first() is not None


async def find_by_email(tx: AsyncConnection, email: str) -> Account | None:
    """Return the account with this address."""
    row = (await tx.execute(_account.where(accounts.c.email == email))).first()
    return Account(**row._mapping) if row else None


async def find(tx: AsyncConnection, user_id: UUID, *, lock: bool = False) -> Account | None:
    """Return a user's account; `lock` keeps others from changing it meanwhile."""
    statement = _account.where(accounts.c.user_id == user_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).first()
    return Account(**row._mapping) if row else None


async def list_disabled(tx: AsyncConnection) -> list[UUID]:
    """Return who was disabled by an administrator."""
    rows = await tx.execute(select(accounts.c.user_id).where(accounts.c.disabled))
    return list(rows.scalars())


async def set_password(tx: AsyncConnection, user_id: UUID, before: str | None, after: str) -> bool:
    """Replace a password hash; False if it is no longer the one that was seen."""
    changed = await tx.execute(
        update(accounts)
        .where(accounts.c.user_id == user_id, accounts.c.password_hash.is_not_distinct_from(before))
        .values(password_hash=after)
    )
    return changed.rowcount == 1


async def replace_password(tx: AsyncConnection, user_id: UUID, after: str) -> bool:
    """Set another password hash, whatever it was; False if there is no such account."""
    changed = await tx.execute(
        update(accounts).where(accounts.c.user_id == user_id).values(password_hash=after)
    )
    return changed.rowcount == 1


async def set_email(tx: AsyncConnection, user_id: UUID, email: str) -> int | None:
    """Give an account another address; return its version, or None if another account has it."""
    taken = select(accounts.c.user_id).where(accounts.c.email == email)
    changed = update(accounts).where(accounts.c.user_id == user_id, ~taken.exists())
    try:
        async with tx.begin_nested():
            row = await tx.execute(
                changed.values(email=email, email_version=accounts.c.email_version + 1).returning(
                    accounts.c.email_version
                )
            )
    except IntegrityError:  # of two who take it at once, one is later
        return None
    version: int | None = row.scalar_one_or_none()
    return version


async def set_standing(
    tx: AsyncConnection, user_id: UUID, role: str, disabled: bool, standing: int
) -> None:
    """Note what an administrator made of a user."""
    await tx.execute(
        update(accounts)
        .where(accounts.c.user_id == user_id)
        .values(role=role, disabled=disabled, standing=standing)
    )


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop a user's account and what hangs on it."""
    await tx.execute(delete(accounts).where(accounts.c.user_id == user_id))
