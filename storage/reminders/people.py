"""People, as the room follows them, and how they want to be reminded, which is its own."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.language import Language
from contracts.users import Weekday
from storage.reminders.tables import busy_times, cues, digests, fires, rules, settings


class RemindedPerson(NamedTuple):
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


COLUMNS = (
    "p.user_id, p.email, coalesce(p.name, '') AS name, coalesce(p.language, 'en') AS language,"
    " p.zone, coalesce(p.day_start, 0) AS day_start, p.disabled, s.quiet_from, s.quiet_to,"
    " coalesce(s.channels, '{email}') AS channels, coalesce(s.reached, '{}') AS reached,"
    " coalesce(s.grace, 120) AS grace, coalesce(p.week_start, 'mon') AS week_start, p.version,"
    " coalesce(s.digest_at, 480) AS digest_at,"
    " coalesce(s.settings_version, 0) AS settings_version"
)
"""The columns of a person; whoever has set nothing is reminded as usual."""

FROM = "reminders.people p LEFT JOIN reminders.settings s ON s.user_id = p.user_id"
WIDTH = 16
"""How many they are."""

_FIND = text(f"SELECT {COLUMNS} FROM {FROM} WHERE p.user_id = ANY(:ids) AND NOT p.gone")


def person_of(row: Sequence[Any] | Row[Any]) -> RemindedPerson:
    """Read a row that begins with `COLUMNS`."""
    user_id, email, name, language, zone, day_start, disabled, *rest = row[:WIDTH]
    quiet_from, quiet_to, channels, reached, *rest = rest
    quiet = None if quiet_from is None else (quiet_from, quiet_to)
    about = (user_id, email, name, language, zone, day_start, disabled, quiet)
    return RemindedPerson(*about, tuple(channels), tuple(reached), *rest)


async def find(tx: AsyncConnection, user_id: UUID) -> RemindedPerson | None:
    """Return a person, if the room knows them."""
    return (await find_all(tx, [user_id])).get(user_id)


async def find_all(tx: AsyncConnection, user_ids: Sequence[UUID]) -> dict[UUID, RemindedPerson]:
    """Return people that the room knows, by id."""
    rows = await tx.execute(_FIND, {"ids": user_ids})
    return {row.user_id: person_of(row) for row in rows}


async def save(tx: AsyncConnection, user_id: UUID, values: Mapping[str, object]) -> None:
    """Write some settings of a person who is locked."""
    statement = insert(settings).values(user_id=user_id, **values)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[settings.c.user_id], set_=dict(values))
    )


async def save_reached(
    tx: AsyncConnection, user_id: UUID, version: int, channels: Sequence[str]
) -> None:
    """Note through which channels a person is reached beside e-mail, unless it is older news."""
    given = {"reached": list(channels), "reached_version": version}
    statement = insert(settings).values(user_id=user_id, **given)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[settings.c.user_id],
            set_=given,
            where=settings.c.reached_version < version,
        )
    )


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase what the room owns of a person."""
    mine = select(rules.c.id).where(rules.c.user_id == user_id)
    await tx.execute(delete(fires).where(fires.c.rule_id.in_(mine)))
    for table in (rules, digests, settings, cues, busy_times):
        await tx.execute(delete(table).where(table.c.user_id == user_id))
