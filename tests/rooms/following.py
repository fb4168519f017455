"""A made-up room that follows every noun, for the tests of what rooms keep of others."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.replica import Known
from actors.runtime.room import Room
from storage.replica.nouns import Breaks, Days, Entries, Habits, People
from storage.replica.replica import Changes
from storage.session import transaction

CREATE = "CREATE SCHEMA IF NOT EXISTS watch"
NOUNS = {
    "people": "user_id, gone, email, name, language, zone, day_start, week_start, disabled",
    "habits": "user_id, habit_id, deleted, name, kind, measure, unit, colour, tags, start_day,"
    " versions, position, archived, archived_at, binned",
    "days": "user_id, habit_id, day, value, state, at, zone",
    "breaks": "user_id, break_id, first_day, last_day, habit_id, tag",
    "entries": "user_id, entry_id, day, at, zone, mood, energy, tags, habit_ids",
}
"""All that is kept, but for the versions."""


@dataclass
class Watch:
    """The room, what it knows, and what it was told was news."""

    room: Room
    known: Known
    news: list[Changes] = field(default_factory=list)


def watch() -> Watch:
    """Make the room anew."""
    room = Room("watch")
    known = room.follow(People(), Habits(), Days(), Breaks(), Entries(), tables=MetaData())
    made = Watch(room, known)

    @known.changed(People, Habits, Days, Breaks, Entries)
    async def note(changes: Changes, tx: AsyncConnection) -> None:
        made.news.append(changes)

    return made


async def lay_out(engine: AsyncEngine, known: Known) -> None:
    """Make the tables of a room, if they are not there."""
    async with engine.begin() as tx:
        await tx.execute(text(CREATE))
        await tx.run_sync(known.replica.tables.create_all)


async def kept(engine: AsyncEngine, schema: str = "watch") -> dict[str, list[tuple[Any, ...]]]:
    """Read all that is kept, with the rows of what is gone."""
    async with transaction(engine) as tx:
        return {
            noun: [
                tuple(row)
                for row in await tx.execute(
                    text(f"SELECT {columns} FROM {schema}.{noun} ORDER BY 1, 2, 3")
                )
            ]
            for noun, columns in NOUNS.items()
        }


async def theirs(engine: AsyncEngine, user_id: UUID, schema: str = "watch") -> dict[str, int]:
    """Count, in every table of a schema, the rows that are of a person, and say more than that."""
    tables = text(
        "SELECT table_name FROM information_schema.columns"
        " WHERE table_schema = :schema AND column_name = 'user_id'"
    )
    found = {}
    async with transaction(engine) as tx:
        for name in (await tx.execute(tables, {"schema": schema})).scalars().all():
            known = " AND NOT gone" if name == "people" else ""
            count = text(f"SELECT count(*) FROM {schema}.{name} WHERE user_id = :user_id{known}")
            found[name] = (await tx.execute(count, {"user_id": user_id})).scalar_one()
    return found
