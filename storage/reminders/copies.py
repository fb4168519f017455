"""What the room knows of people, habits, days, breaks and diaries: copies made of facts.
Days, breaks and diaries are in `days.py`.

`meet` locks a person until the transaction ends, so that one person's facts are taken in one after
the other, and nothing new outlives who was erased.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Language
from contracts.habit import Kind, Measure, Version
from contracts.keeping.promise import Promise
from contracts.users import Weekday
from storage.reminders.tables import (
    breaks,
    days,
    digests,
    entries,
    fires,
    habits,
    people,
    rules,
)

_versions = TypeAdapter(tuple[Version, ...])


class PersonRow(NamedTuple):
    """A person, how they live in time, and how they want to be reminded; times are minutes.

    `channels`: those that they wish; `reached`: those, beside e-mail, on which they can be reached.
    """

    user_id: UUID
    email: str | None
    name: str
    language: Language
    zone: str | None
    day_start: int
    disabled: bool
    quiet: tuple[int, int] | None
    channels: tuple[str, ...]
    reached: tuple[str, ...]
    grace: int
    week_start: Weekday = "mon"
    version: int = 0
    digest_at: int = 480
    settings_version: int = 0


class HabitRow(NamedTuple):
    """A habit: `promise` None while no fact has told what it is, `cue` None while nobody asked.

    `gone`: it was deleted, for good or into the bin.
    """

    habit_id: UUID
    gone: bool
    archived: bool
    name: str
    measure: str
    unit: str
    tags: tuple[str, ...]
    promise: Promise | None
    cue: str | None = None


@lru_cache(maxsize=4096)
def versions_of(kept: str) -> tuple[Version, ...]:
    """Read the versions of a habit; they change rarely and are read all the time."""
    return _versions.validate_json(kept)


def dump_versions(versions: tuple[Version, ...]) -> str:
    """Write versions down."""
    return _versions.dump_json(versions).decode()


def promise_of(row: Row[Any]) -> Promise | None:
    """Read the promise off a row that holds the columns of a habit; see `read_promise`."""
    return read_promise(row.habit_kind, row.measure, row.start_day, row.versions)


def read_promise(kind: str, measure: str, start: date, versions: str | None) -> Promise | None:
    """Read a promise off its columns; None if there is none.

    One that cannot be read (any more) holds up nobody: it counts as gone.
    """
    if versions is None:
        return None
    try:
        return _promise(kind, measure, start, versions)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _promise(kind: str, measure: str, start: date, versions: str) -> Promise:
    return Promise(cast(Kind, kind), cast(Measure, measure), start, versions_of(versions))


# -- people ---------------------------------------------------------------------------------------


async def meet(tx: AsyncConnection, user_id: UUID) -> PersonRow | None:
    """Lock a person until the transaction ends, known or not; None if they are gone."""
    statement = select(people).where(people.c.user_id == user_id)
    locked = statement.with_for_update(key_share=True)
    row = (await tx.execute(locked)).first()
    if row is None:
        await tx.execute(insert(people).values(user_id=user_id).on_conflict_do_nothing())
        row = (await tx.execute(locked)).one()
    return None if row.gone else person_of(row)


async def find_person(tx: AsyncConnection, user_id: UUID) -> PersonRow | None:
    """Return a person, if the room knows them."""
    row = (await tx.execute(select(people).where(people.c.user_id == user_id))).first()
    return None if row is None or row.gone else person_of(row)


def person_of(row: Row[Any]) -> PersonRow:
    """Read a row that holds the columns of a person."""
    quiet = None if row.quiet_from is None else (row.quiet_from, row.quiet_to)
    return PersonRow(
        user_id=row.user_id,
        email=row.email,
        name=row.name,
        language=row.language,
        zone=row.zone,
        day_start=row.day_start,
        disabled=row.disabled,
        quiet=quiet,
        channels=tuple(row.channels),
        reached=tuple(row.reached),
        grace=row.grace,
        week_start=row.week_start,
        version=row.version,
        digest_at=row.digest_at,
        settings_version=row.settings_version,
    )


async def save_person(tx: AsyncConnection, user_id: UUID, values: Mapping[str, object]) -> None:
    """Write some columns of a person whom `meet` has locked."""
    await tx.execute(update(people).where(people.c.user_id == user_id).values(**values))


async def save_standing(
    tx: AsyncConnection, user_id: UUID, version: int, *, disabled: bool
) -> None:
    """Note whether an account is disabled, unless something newer is known."""
    statement = update(people).where(
        people.c.user_id == user_id, people.c.disabled_version < version
    )
    await tx.execute(statement.values(disabled=disabled, disabled_version=version))


async def save_reached(
    tx: AsyncConnection, user_id: UUID, version: int, channels: Sequence[str]
) -> None:
    """Note through which channels a person is reached beside e-mail, unless it is older news."""
    statement = update(people).where(
        people.c.user_id == user_id, people.c.reached_version < version
    )
    await tx.execute(statement.values(reached=list(channels), reached_version=version))


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a person; only their id stays, so that late facts bring nothing back."""
    mine = select(rules.c.id).where(rules.c.user_id == user_id)
    await tx.execute(delete(fires).where(fires.c.rule_id.in_(mine)))
    for table in (rules, habits, days, breaks, entries, digests, people):
        await tx.execute(delete(table).where(table.c.user_id == user_id))
    await tx.execute(insert(people).values(user_id=user_id, gone=True))


# -- habits ---------------------------------------------------------------------------------------


async def save_habit(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, version: int, values: Mapping[str, object]
) -> bool:
    """Note what a habit is; false if something newer is known, or it is gone."""
    given = {**values, "version": version}
    statement = insert(habits).values(user_id=user_id, habit_id=habit_id, **given)
    done = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[habits.c.user_id, habits.c.habit_id],
            set_=given,
            where=(habits.c.version < version) & ~habits.c.deleted,
        )
    )
    return bool(done.rowcount)


async def save_cue(tx: AsyncConnection, user_id: UUID, habit_id: UUID, cue: str) -> None:
    """Note the cue of a habit that is known."""
    mine = (habits.c.user_id == user_id, habits.c.habit_id == habit_id, ~habits.c.deleted)
    await tx.execute(update(habits).where(*mine).values(cue=cue))


async def save_state(
    tx: AsyncConnection,
    user_id: UUID,
    habit_id: UUID,
    version: int,
    state: Literal["archived", "binned"],
    holds: bool,
) -> bool:
    """Note whether a habit is in a state; false if something newer is known, or it is gone."""
    known = habits.c[f"{state}_version"]
    given = {state: holds, known.name: version}
    statement = insert(habits).values(user_id=user_id, habit_id=habit_id, **given)
    done = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[habits.c.user_id, habits.c.habit_id],
            set_=given,
            where=(known < version) & ~habits.c.deleted,
        )
    )
    return bool(done.rowcount)


async def drop_habit(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> None:
    """Note that a habit is gone, with its days and its rules."""
    mine = select(rules.c.id).where(rules.c.user_id == user_id, rules.c.habit_id == habit_id)
    await tx.execute(delete(fires).where(fires.c.rule_id.in_(mine)))
    for table in (rules, days):
        await tx.execute(
            delete(table).where(table.c.user_id == user_id, table.c.habit_id == habit_id)
        )
    empty: dict[str, object] = dict.fromkeys(
        ("name", "kind", "measure", "unit", "cue", "tags", "start_day", "versions")
    )
    empty |= {"version": 0, "archived": False, "archived_version": 0}
    empty |= {"binned": False, "binned_version": 0, "deleted": True}
    statement = insert(habits).values(user_id=user_id, habit_id=habit_id, **empty)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[habits.c.user_id, habits.c.habit_id], set_=empty
        )
    )


async def find_habits(tx: AsyncConnection, user_id: UUID) -> dict[UUID, HabitRow]:
    """Return all habits of a person, those that are gone, too."""
    statement = select(habits, habits.c.kind.label("habit_kind"))
    rows = await tx.execute(statement.where(habits.c.user_id == user_id))
    return {
        row.habit_id: HabitRow(
            row.habit_id,
            row.deleted or row.binned,
            row.archived,
            row.name or "",
            row.measure or "yes_no",
            row.unit or "",
            tuple(row.tags or ()),
            promise_of(row),
            row.cue,
        )
        for row in rows
    }
