"""Claiming what is due: a batch of rows for this transaction alone, with all that decides.

Whoever claims passes over what another holds, advances what it took, and writes what became of it
in the same transaction. These are the only queries here that look across people.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.digests import DigestEvery
from contracts.habit import CheckInState
from contracts.keeping.promise import SKIPPED
from storage.reminders import people
from storage.reminders.days import DayRow
from storage.reminders.habits import RemindedHabit, read_promise
from storage.reminders.people import RemindedPerson
from storage.reminders.rules import COLUMNS, DigestRow, FireRow, RuleRow, rule_of
from storage.replica.nouns import STATES
from storage.replica.rows import KnownBreak

_HABIT = (
    "h.deleted OR h.binned AS gone, h.archived, h.name, h.measure, h.unit, h.tags, h.versions,"
    " h.start_day, h.kind AS habit_kind"
)
_ON_DAY = "DATE '0001-01-01' + (r.next_slot / 1440 - 1)::integer"
_CLAIM = text(
    f"SELECT {', '.join(f'r.{column.name}' for column in COLUMNS)}, {people.COLUMNS}, {_HABIT},"
    " d.value AS on_day, d.state AS on_day_state"
    " FROM reminders.rules r JOIN reminders.people p ON p.user_id = r.user_id"
    " LEFT JOIN reminders.settings s ON s.user_id = r.user_id"
    " LEFT JOIN reminders.habits h ON h.user_id = r.user_id AND h.habit_id = r.habit_id"
    " LEFT JOIN reminders.days d ON d.user_id = r.user_id AND d.habit_id = r.habit_id"
    f" AND d.day = {_ON_DAY}"
    " WHERE r.next_fire_at <= :now ORDER BY r.next_fire_at, r.id LIMIT :size"
    " FOR UPDATE OF r SKIP LOCKED"
)
_SKIPPED = STATES.index("skipped") + 1
_RULE = len(COLUMNS)
_HABIT_FROM = _RULE + people.WIDTH
"""Where the columns of the person begin in a claimed row, and then those of the habit."""


class Claimed(NamedTuple):
    """A rule that is due, with its person, its habit, and what is logged on the day it is due for.

    `habit` None: it has none. `on_day` is in thousandths, or `SKIPPED`; None: nothing is logged.
    """

    rule: RuleRow
    person: RemindedPerson
    habit: RemindedHabit | None
    on_day: int | None = None


async def claim(tx: AsyncConnection, now: datetime, size: int) -> list[Claimed]:
    """Take up to `size` due rules, the longest due first, passing over what others hold."""
    return [_claimed(row) for row in await tx.execute(_CLAIM, {"now": now, "size": size})]


def _claimed(row: Row[Any]) -> Claimed:
    # By place: names would be looked up, row by row, for longer than all else takes here.
    rule = rule_of(row)
    person = people.person_of(row[_RULE:_HABIT_FROM])
    if rule.habit_id is None:
        return Claimed(rule, person, None)
    gone, archived, habit_name, measure, unit, tags, *rest = row[_HABIT_FROM:]
    versions, start_day, kind, on_day, on_day_state = rest
    habit = RemindedHabit(
        rule.habit_id,
        bool(gone),
        bool(archived),
        habit_name or "",
        measure or "yes_no",
        unit or "",
        tuple(tags or ()),
        read_promise(kind, measure, start_day, versions),
    )
    return Claimed(rule, person, habit, SKIPPED if on_day_state == _SKIPPED else on_day)


class LoggedDays(NamedTuple):
    """Days of a habit as the rules of promises read them, and the last day that is logged."""

    entries: dict[int, int]
    last: date | None


_DAYS = text(
    "SELECT w.place, d.days, d.values, d.states, CASE WHEN w.wants_last THEN"
    " (SELECT max(x.day) FROM reminders.days x WHERE x.user_id = w.user_id"
    " AND x.habit_id = w.habit_id AND x.state IS NOT NULL) END AS last"
    " FROM unnest(CAST(:users AS uuid[]), CAST(:habits AS uuid[]), CAST(:firsts AS date[]),"
    " CAST(:lasts AS date[]), CAST(:wants_last AS boolean[]))"
    " WITH ORDINALITY AS w(user_id, habit_id, first, last, wants_last, place)"
    " CROSS JOIN LATERAL (SELECT array_agg(c.day - (DATE '0001-01-01' - 1)) AS days,"
    " array_agg(c.value) AS values, array_agg(c.state) AS states FROM reminders.days c"
    " WHERE c.user_id = w.user_id AND c.habit_id = w.habit_id AND c.state IS NOT NULL"
    " AND c.day BETWEEN w.first AND w.last) d WHERE d.days IS NOT NULL OR w.wants_last"
)


async def days_of(
    tx: AsyncConnection, wanted: Sequence[tuple[UUID, UUID, date, date, bool]]
) -> dict[int, LoggedDays]:
    """Return, by their place, days of habits: of a user and a habit, from a day to a day.

    The last item of each asks for the last logged day, too. What has none is left out.
    """
    if not wanted:
        return {}
    users, habits, firsts, lasts, wants_last = zip(*wanted, strict=True)
    values = {
        "users": list(users),
        "habits": list(habits),
        "firsts": list(firsts),
        "lasts": list(lasts),
        "wants_last": list(wants_last),
    }
    return {
        row.place - 1: LoggedDays(
            {
                day: SKIPPED if state == _SKIPPED else value
                for day, value, state in zip(
                    row.days or (), row.values or (), row.states or (), strict=True
                )
            },
            row.last,
        )
        for row in await tx.execute(_DAYS, values)
    }


_BREAKS = text(
    "SELECT user_id, first_day, last_day, habit_id, tag FROM reminders.breaks"
    " WHERE user_id = ANY(CAST(:users AS uuid[])) AND last_day >= :since"
)


async def breaks_of(
    tx: AsyncConnection, user_ids: Sequence[UUID], since: date
) -> dict[UUID, list[KnownBreak]]:
    """Return the breaks of some people that reach to a day or beyond it."""
    found: dict[UUID, list[KnownBreak]] = {}
    for row in await tx.execute(_BREAKS, {"users": list(user_ids), "since": since}):
        found.setdefault(row[0], []).append(KnownBreak(*row[1:]))
    return found


_WRITTEN = text(
    "SELECT DISTINCT user_id, day FROM reminders.entries"
    " WHERE day BETWEEN :first AND :last AND user_id = ANY(CAST(:users AS uuid[]))"
)


async def written(
    tx: AsyncConnection, user_ids: Sequence[UUID], first: date, last: date
) -> set[tuple[UUID, date]]:
    """Return on which days some people wrote into their diaries."""
    if not user_ids:
        return set()
    values = {"users": list(user_ids), "first": first, "last": last}
    return {(row[0], row[1]) for row in await tx.execute(_WRITTEN, values)}


class Advance(NamedTuple):
    """What a claimed rule is after it was decided."""

    rule_id: UUID
    next_fire_at: datetime | None
    next_slot: int
    last_slot: int
    ignored: int
    nudged_day: date | None
    busy_from: datetime | None = None


_ADVANCE = text(
    "UPDATE reminders.rules r SET next_fire_at = a.at, next_slot = a.slot, last_slot = a.last,"
    " ignored = a.ignored, nudged_day = a.nudged, snoozed_until = NULL, wakes = false,"
    " busy_from = a.busy"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[]), CAST(:slots AS bigint[]),"
    " CAST(:lasts AS bigint[]), CAST(:ignored AS smallint[]), CAST(:nudged AS date[]),"
    " CAST(:busy AS timestamptz[]))"
    " AS a(id, at, slot, last, ignored, nudged, busy) WHERE r.id = a.id"
)


async def advance(tx: AsyncConnection, rows: Sequence[Advance]) -> None:
    """Advance rules that this transaction has claimed."""
    names = ("ids", "ats", "slots", "lasts", "ignored", "nudged", "busy")
    values = {
        name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    await tx.execute(_ADVANCE, values)


_RECORD = text(
    "INSERT INTO reminders.fires (rule_id, fire_at, day, outcome, reason, late, busy_from)"
    " SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[]),"
    " CAST(:days AS date[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),"
    " CAST(:late AS boolean[]), CAST(:busy AS timestamptz[])) ON CONFLICT DO NOTHING"
)


async def record(tx: AsyncConnection, rows: Sequence[FireRow]) -> None:
    """Write down what became of fires; each exists once."""
    names = ("ids", "ats", "days", "outcomes", "reasons", "late", "busy")
    values = {
        name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    await tx.execute(_RECORD, values)


_CLAIM_DIGESTS = text(
    f"SELECT d.user_id, d.every, d.next_at, d.last_key, {people.COLUMNS}"
    " FROM reminders.digests d JOIN reminders.people p ON p.user_id = d.user_id"
    " LEFT JOIN reminders.settings s ON s.user_id = d.user_id WHERE d.next_at <= :now"
    " ORDER BY d.next_at LIMIT :size FOR UPDATE OF d SKIP LOCKED"
)
_NEXT_DIGEST = text(
    "UPDATE reminders.digests SET next_at = :at, last_key = :key"
    " WHERE user_id = :user_id AND every = :every"
)


class ClaimedDigest(NamedTuple):
    """A digest that is due, and whose it is."""

    digest: DigestRow
    person: RemindedPerson


async def claim_digests(tx: AsyncConnection, now: datetime, size: int) -> list[ClaimedDigest]:
    """Take up to `size` due digests, passing over what others hold."""
    rows = await tx.execute(_CLAIM_DIGESTS, {"now": now, "size": size})
    return [ClaimedDigest(DigestRow(*row[:4]), people.person_of(row[4:])) for row in rows]


async def next_digest(
    tx: AsyncConnection, user_id: UUID, every: DigestEvery, at: datetime, key: str
) -> None:
    """Let a claimed digest come next at `at`; `key` is that of the one that was told."""
    await tx.execute(_NEXT_DIGEST, {"user_id": user_id, "every": every, "at": at, "key": key})


_CLAIM_SMART = text(
    f"SELECT {', '.join(f'r.{column.name}' for column in COLUMNS)} FROM reminders.rules r"
    " WHERE r.relearn_at <= :now ORDER BY r.relearn_at LIMIT :size FOR UPDATE SKIP LOCKED"
)
_DONE_TIMES = text(
    "SELECT w.place, c.day, c.value, c.state, c.at, c.zone FROM"
    " unnest(CAST(:users AS uuid[]), CAST(:habits AS uuid[]))"
    " WITH ORDINALITY AS w(user_id, habit_id, place) JOIN reminders.days c"
    " ON c.user_id = w.user_id AND c.habit_id = w.habit_id WHERE c.day >= :since"
    " AND c.state IN (1, 2) AND c.at IS NOT NULL AND c.zone IS NOT NULL"
)


async def claim_smart(tx: AsyncConnection, now: datetime, size: int) -> list[RuleRow]:
    """Take up to `size` smart rules whose times are to be learned anew."""
    rows = await tx.execute(_CLAIM_SMART, {"now": now, "size": size})
    return [rule_of(row) for row in rows]


async def done_times(
    tx: AsyncConnection, wanted: Sequence[tuple[UUID, UUID]], since: date
) -> dict[int, list[DayRow]]:
    """Return, by the place of a user and a habit, the days done since, where it is known when."""
    values = {
        "users": [user_id for user_id, _ in wanted],
        "habits": [habit_id for _, habit_id in wanted],
        "since": since,
    }
    found: dict[int, list[DayRow]] = {}
    for row in await tx.execute(_DONE_TIMES, values):
        state = cast(CheckInState, STATES[row.state - 1])
        found.setdefault(row.place - 1, []).append(
            DayRow(row.day, row.value, state, row.at, row.zone)
        )
    return found
