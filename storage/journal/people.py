"""Those who keep a diary: how they live in time, which language they read, how moods are called.

Whoever keeps none is not noted here: the room asks when it needs to know.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Column, Integer, Table, Text, Uuid, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

people = Table(
    "people",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("zone", Text, nullable=False),
    Column("day_start", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("moods", Text),
    Column("version", Integer, nullable=False),
    schema="journal",
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person who keeps a diary; `moods` is their own scale as JSON, if they have one."""

    zone: str
    day_start: int
    language: str
    moods: str | None = None


async def meet(tx: AsyncConnection, user_id: UUID) -> None:
    """Let nobody else get to know this person, or forget them, until the transaction ends."""
    name = f"journal.people {user_id}"
    await tx.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
    )


async def remember(tx: AsyncConnection, user_id: UUID, person: Person, version: int) -> None:
    """Note how a person lives, if that is news; their scale of moods stays as it is."""
    values = {
        "zone": person.zone,
        "day_start": person.day_start,
        "language": person.language,
        "version": version,
    }
    statement = insert(people).values(user_id=user_id, **values)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[people.c.user_id], set_=values, where=people.c.version < version
        )
    )


async def find(tx: AsyncConnection, user_id: UUID, *, stay: bool = False) -> Person | None:
    """Return a person, if the room knows them; `stay` keeps them from being erased."""
    statement = select(people).where(people.c.user_id == user_id)
    if stay:
        statement = statement.with_for_update(read=True, key_share=True)
    row = (await tx.execute(statement)).first()
    return Person(row.zone, row.day_start, row.language, row.moods) if row else None


async def name_moods(tx: AsyncConnection, user_id: UUID, moods: str | None) -> None:
    """Keep a person's own scale of moods; None for the usual one."""
    await tx.execute(people.update().where(people.c.user_id == user_id).values(moods=moods))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Forget a person, once all who make something new for them are done."""
    await meet(tx, user_id)
    await tx.execute(people.delete().where(people.c.user_id == user_id))
