"""What the room knows of people, from facts: their address, their name and their language.

`meet` locks a person until the transaction ends, so that nothing new outlives who was erased. Who
is gone leaves their id.
"""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Language
from storage.base import metadata

people = Table(
    "people",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("gone", Boolean, nullable=False, server_default="false"),
    Column("email", Text),
    Column("name", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default="en"),
    Column("version", Integer, nullable=False, server_default="0"),
    schema="notifications",
)


class Person(NamedTuple):
    """A person: `version` 0 while their profile is not known."""

    user_id: UUID
    gone: bool
    email: str | None
    name: str
    language: Language
    version: int


async def meet(tx: AsyncConnection, user_id: UUID) -> Person | None:
    """Lock a person until the transaction ends, known or not; None if they are gone."""
    locked = select(people).where(people.c.user_id == user_id).with_for_update(key_share=True)
    row = (await tx.execute(locked)).first()
    if row is None:
        await tx.execute(insert(people).values(user_id=user_id).on_conflict_do_nothing())
        row = (await tx.execute(locked)).one()
    return None if row.gone else Person(**row._mapping)


async def is_gone(tx: AsyncConnection, user_id: UUID) -> bool:
    """Tell whether a person was erased."""
    gone = select(people.c.user_id).where(people.c.user_id == user_id, people.c.gone)
    return (await tx.execute(gone)).first() is not None


async def save(tx: AsyncConnection, user_id: UUID, **values: object) -> None:
    """Write some columns of a person whom `meet` has locked."""
    await tx.execute(update(people).where(people.c.user_id == user_id).values(**values))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a person for ever; only their id stays."""
    await tx.execute(delete(people).where(people.c.user_id == user_id))
    await tx.execute(insert(people).values(user_id=user_id, gone=True))
