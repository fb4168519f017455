"""Rules: what somebody wants to be reminded of, when it comes next, and what became of it.

When it comes next is written only while it is not due: what is due belongs to who claims it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.digests import DigestEvery
from contracts.notifications import ChannelName
from contracts.reminders import Outcome, ReminderKind, SilentReason, SmartMode
from storage.reminders.tables import digests, fires, rules


class RuleRow(NamedTuple):
    """A rule; times of day are minutes, `weekdays` has bit 0 for Monday; see `tables.py`.

    `busy_from`: it was due then, and waits for its person to be free.
    """

    id: UUID
    user_id: UUID
    habit_id: UUID | None
    kind: ReminderKind
    text: str
    times: tuple[int, ...]
    weekdays: int
    streak: int
    after_days: int
    mode: SmartMode
    unless_written: bool
    channels: tuple[ChannelName, ...] | None
    enabled: bool
    shift: int
    learned: tuple[int | None, ...]
    relearn_at: datetime | None
    next_fire_at: datetime | None
    next_slot: int
    last_slot: int
    snoozed_until: datetime | None
    wakes: bool
    ignored: int
    nudged_day: date | None
    created_at: datetime
    version: int
    busy_from: datetime | None = None


class FireRow(NamedTuple):
    """A time at which a rule came due, and what became of it; `busy_from`: it had waited since."""

    rule_id: UUID
    fire_at: datetime
    day: date
    outcome: Outcome
    reason: SilentReason | None
    late: bool
    busy_from: datetime | None = None


class Aim(NamedTuple):
    """When a rule comes next (None: never), and the slot of that."""

    rule_id: UUID
    next_fire_at: datetime | None
    next_slot: int


class DigestRow(NamedTuple):
    """When a digest of a person's comes next, and the key of the last one."""

    user_id: UUID
    every: DigestEvery
    next_at: datetime
    last_key: str


_NAMES = RuleRow._fields
COLUMNS = tuple(rules.c[name] for name in _NAMES)


_TIMES, _CHANNELS, _LEARNED = map(_NAMES.index, ("times", "channels", "learned"))


def rule_of(row: Row[Any]) -> RuleRow:
    """Read a row that begins with `COLUMNS`."""
    values = list(row[: len(_NAMES)])
    values[_TIMES] = tuple(values[_TIMES])
    values[_LEARNED] = tuple(values[_LEARNED] or ())
    if values[_CHANNELS] is not None:
        values[_CHANNELS] = tuple(values[_CHANNELS])
    return RuleRow._make(values)


async def add(tx: AsyncConnection, user_id: UUID, row: RuleRow) -> None:
    """Write a rule down."""
    values = row._asdict()
    await tx.execute(rules.insert().values(**{**values, **_arrays(values), "user_id": user_id}))


def _arrays(values: Mapping[str, object]) -> dict[str, object]:
    """Turn tuples into what the driver takes; no learned times are NULL."""
    return {
        name: list(value) or None if name == "learned" else list(value)
        for name, value in values.items()
        if isinstance(value, tuple)
    }


_SEEN = text(
    "(rules.habit_id IS NULL OR rules.habit_id NOT IN (SELECT h.habit_id FROM reminders.habits h"
    " WHERE h.user_id = rules.user_id AND h.binned))"
)


def _shown(user_id: UUID) -> ColumnElement[bool]:
    """Hold for a user's rules, but not for those of a habit in the bin."""
    return and_(rules.c.user_id == user_id, _SEEN)


async def find(
    tx: AsyncConnection, user_id: UUID, rule_id: UUID, *, lock: bool = False
) -> RuleRow | None:
    """Return a rule of this user's."""
    statement = select(*COLUMNS).where(_shown(user_id), rules.c.id == rule_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).first()
    return rule_of(row) if row else None


async def find_all(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID | None = None, *, binned: bool = False
) -> list[RuleRow]:
    """Return a user's rules, or those of a habit, in the order in which they were made.

    `binned`: also those of habits in the bin.
    """
    mine = rules.c.user_id == user_id if binned else _shown(user_id)
    statement = select(*COLUMNS).where(mine)
    if habit_id is not None:
        statement = statement.where(rules.c.habit_id == habit_id)
    rows = await tx.execute(statement.order_by(rules.c.created_at, rules.c.id))
    return [rule_of(row) for row in rows]


_OF = text(
    f"SELECT {', '.join(column.name for column in COLUMNS)} FROM reminders.rules"
    " WHERE user_id = ANY(:ids) ORDER BY created_at, id"
)
_DROP = text(
    "WITH gone AS (DELETE FROM reminders.rules r"
    " USING unnest(CAST(:users AS uuid[]), CAST(:habits AS uuid[])) AS c(user_id, habit_id)"
    " WHERE r.user_id = c.user_id AND r.habit_id = c.habit_id RETURNING r.id),"
    " unsaid AS (DELETE FROM reminders.cues q"
    " USING unnest(CAST(:users AS uuid[]), CAST(:habits AS uuid[])) AS c(user_id, habit_id)"
    " WHERE q.user_id = c.user_id AND q.habit_id = c.habit_id)"
    " DELETE FROM reminders.fires f USING gone WHERE f.rule_id = gone.id"
)


async def find_of(tx: AsyncConnection, user_ids: Sequence[UUID]) -> list[RuleRow]:
    """Return all rules of some people, also those of habits in the bin, as they were made."""
    return [rule_of(row) for row in await tx.execute(_OF, {"ids": user_ids})]


async def drop_of_habits(tx: AsyncConnection, gone: Sequence[tuple[UUID, UUID]]) -> None:
    """Drop the rules of habits that are gone, by person and habit, their history, and the cues."""
    users, habits = ([pair[place] for pair in gone] for place in (0, 1))
    await tx.execute(_DROP, {"users": users, "habits": habits})


async def count(tx: AsyncConnection, user_id: UUID) -> int:
    """Return how many rules a user has; those of habits in the bin do not count."""
    statement = select(func.count()).select_from(rules).where(_shown(user_id))
    return int((await tx.execute(statement)).scalar_one())


async def save(
    tx: AsyncConnection, user_id: UUID, rule_id: UUID, values: Mapping[str, object]
) -> None:
    """Write some columns of a rule that `find` has locked."""
    given = {**values, **_arrays(values)}
    await tx.execute(
        update(rules).where(rules.c.user_id == user_id, rules.c.id == rule_id).values(**given)
    )


async def remove(tx: AsyncConnection, user_id: UUID, rule_id: UUID) -> None:
    """Drop a rule of this user's, and its history."""
    done = await tx.execute(delete(rules).where(rules.c.user_id == user_id, rules.c.id == rule_id))
    if done.rowcount:
        await tx.execute(delete(fires).where(fires.c.rule_id == rule_id))


_AIM = text(
    "UPDATE reminders.rules r SET next_fire_at = a.at, next_slot = a.slot"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[]), CAST(:slots AS bigint[]))"
    " AS a(id, at, slot) WHERE r.user_id = :user_id AND r.id = a.id"
    " AND (r.next_fire_at IS NULL OR r.next_fire_at > :now OR NOT r.enabled)"
)


async def aim(tx: AsyncConnection, user_id: UUID, aims: Sequence[Aim], now: datetime) -> None:
    """Write down when rules come next; one that is due already is left to who claims it."""
    if aims:
        values = {
            "user_id": user_id,
            "ids": [aim.rule_id for aim in aims],
            "ats": [aim.next_fire_at for aim in aims],
            "slots": [aim.next_slot for aim in aims],
            "now": now,
        }
        await tx.execute(_AIM, values)


async def relearn(tx: AsyncConnection, user_id: UUID, now: datetime) -> None:
    """Let a user's rules that follow learn anew at once."""
    statement = update(rules).where(rules.c.user_id == user_id, rules.c.relearn_at.is_not(None))
    await tx.execute(statement.values(relearn_at=now))


async def history(tx: AsyncConnection, user_id: UUID, rule_id: UUID, most: int) -> list[FireRow]:
    """Return the last times of a rule of this user's, newest first."""
    statement = (
        select(fires)
        .join(rules, rules.c.id == fires.c.rule_id)
        .where(rules.c.user_id == user_id, fires.c.rule_id == rule_id)
        .order_by(fires.c.fire_at.desc())
        .limit(most)
    )
    return [
        FireRow(
            row.rule_id,
            row.fire_at,
            row.day,
            cast(Outcome, row.outcome),
            cast("SilentReason | None", row.reason),
            row.late,
            row.busy_from,
        )
        for row in await tx.execute(statement)
    ]


_FORGET = text(
    "DELETE FROM reminders.fires WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM reminders.fires WHERE fire_at < :before LIMIT :most))"
)


async def forget_fires(tx: AsyncConnection, before: datetime, most: int) -> int:
    """Drop some of what became of rules long ago; return how many."""
    return (await tx.execute(_FORGET, {"before": before, "most": most})).rowcount


# -- digests --------------------------------------------------------------------------------------


async def find_digests(tx: AsyncConnection, user_id: UUID) -> list[DigestRow]:
    """Return the digests that a user wants."""
    rows = await tx.execute(select(digests).where(digests.c.user_id == user_id))
    return [DigestRow(row.user_id, row.every, row.next_at, row.last_key) for row in rows]


async def digests_of(
    tx: AsyncConnection, user_ids: Sequence[UUID]
) -> dict[UUID, list[DigestEvery]]:
    """Return which digests some people want."""
    wanted: dict[UUID, list[DigestEvery]] = {}
    statement = select(digests.c.user_id, digests.c.every).where(digests.c.user_id.in_(user_ids))
    for user_id, every in await tx.execute(statement):
        wanted.setdefault(user_id, []).append(cast(DigestEvery, every))
    return wanted


_SET_DIGESTS = text(
    "INSERT INTO reminders.digests AS d (user_id, every, next_at)"
    " SELECT :user_id, a.* FROM unnest(CAST(:every AS text[]), CAST(:ats AS timestamptz[]))"
    " AS a(every, at)"
    " ON CONFLICT (user_id, every) DO UPDATE SET next_at = excluded.next_at WHERE d.next_at > :now"
)


async def set_digests(
    tx: AsyncConnection,
    user_id: UUID,
    wanted: Sequence[tuple[DigestEvery, datetime]],
    now: datetime,
) -> None:
    """Let these digests come, each at its time, and no others; one that is due stays due."""
    names = [every for every, _ in wanted]
    await tx.execute(
        delete(digests).where(digests.c.user_id == user_id, digests.c.every.not_in(names))
    )
    values = {
        "user_id": user_id,
        "every": names,
        "ats": [at for _, at in wanted],
        "now": now,
    }
    await tx.execute(_SET_DIGESTS, values)
