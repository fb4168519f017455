"""What reports on a person are computed from: habits with their days, and entries of the diary.

Nothing here reads, and nothing heavy is imported: frames are made of it where they are needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from contracts.keeping.cycle import cycle_of
from contracts.keeping.progress import Progress, begin, window_days
from contracts.keeping.promise import SKIPPED, Promise, resting
from contracts.time import day_of
from storage.analytics.histories import (
    DiaryRow,
    HabitDays,
    LoadedHabit,
    LoadedPerson,
    ReportPerson,
    Rest,
)
from storage.replica.nouns import STATES

_SKIPPED = STATES.index("skipped") + 1


class LoggedAt(NamedTuple):
    """When a day was logged, and in which zone: an aware instant and an IANA name."""

    day: date
    at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A habit from its start to today.

    `entries` hold thousandths or `SKIPPED` by ordinal; `rests` are the breaks that cover the habit;
    `logged` are the days of which the instant is known (imported ones have none), skipped ones left
    out; `day_start` is in minutes after midnight; `archived` habits have no milestones to come.
    """

    promise: Promise
    entries: Mapping[int, int]
    rests: tuple[tuple[date, date], ...]
    logged: tuple[LoggedAt, ...]
    today: date
    day_start: int = 0
    unit: str = ""
    archived: bool = False

    @property
    def start(self) -> int:
        """The ordinal of the first day."""
        return self.promise.start.toordinal()

    @property
    def at(self) -> int:
        """The ordinal of today."""
        return self.today.toordinal()

    @property
    def latest(self) -> int:
        """The last day that can be judged: today once something is logged, else yesterday.

        When quitting, today as well: not doing it is what counts.
        """
        judged = self.promise.kind == "quit" or self.at in self.entries
        return self.at if judged else self.at - 1

    def lately(self, days: int) -> list[int]:
        """List the last days up to `latest`, at most so many, without those at rest."""
        first = max(self.start, self.latest - days + 1)
        rest = resting(self.entries, self.rests, first, self.latest)
        return [day for day in range(first, self.latest + 1) if day not in rest]


def entries_of(row: HabitDays) -> dict[int, int]:
    """Return what was logged, as the rules of promises take it."""
    return {
        day: SKIPPED if state == _SKIPPED else value
        for day, value, state in zip(row.days, row.values, row.states, strict=True)
    }


def whole_of(loaded: LoadedHabit, today: date) -> Whole:
    """Make a whole of what was loaded of a habit; days after today have not happened yet."""
    row, last = loaded.habit, today.toordinal()
    logged = zip(row.days, row.states, loaded.at, loaded.zones, strict=True)
    return Whole(
        promise=row.promise,
        entries={day: value for day, value in entries_of(row).items() if day <= last},
        rests=tuple(row.rests),
        logged=tuple(
            LoggedAt(date.fromordinal(day), datetime.fromtimestamp(at, UTC), zone)
            for day, state, at, zone in logged
            if at is not None and state != _SKIPPED and day <= last
        ),
        today=today,
        day_start=loaded.person.day_start,
        unit=row.unit,
        archived=row.archived_at is not None,
    )


_MONTH = 31


@dataclass(frozen=True, slots=True)
class Tracked:
    """A habit in a history.

    `entries` are by ordinal, in thousandths or `SKIPPED`; `rests` are the breaks that cover it;
    `until` is its last day in use, None while it is in use; `progress` is settled before today.
    """

    habit_id: UUID
    name: str
    promise: Promise
    progress: Progress
    entries: Mapping[int, int] = field(repr=False)
    rests: tuple[Rest, ...] = ()
    until: date | None = None
    colour: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """A person until `today`: habits in their order, and entries of the diary by day and instant.

    To report on days, it holds what was logged from `reach_of` all habits before the first of
    them and before the settled day on, and nothing after today.
    """

    person: ReportPerson
    today: date
    habits: tuple[Tracked, ...]
    entries: tuple[DiaryRow, ...] = ()

    @property
    def at(self) -> int:
        """The ordinal of today."""
        return self.today.toordinal()

    def felt(self, first: date, last: date) -> list[DiaryRow]:
        """List the entries of some days."""
        return [entry for entry in self.entries if first <= entry.day <= last]


def history_of(
    person: ReportPerson,
    loaded: Sequence[LoadedPerson],
    progress: Mapping[UUID, Progress],
    today: date,
) -> PersonHistory:
    """Make a history of what was loaded: of one or several spans that do not overlap.

    The entries of the diary are those of the first span.
    """
    logged: dict[UUID, dict[int, int]] = {}
    for span in loaded:
        for row in span.habits:
            logged.setdefault(row.habit_id, {}).update(entries_of(row))
    rows = {row.habit_id: row for span in loaded for row in span.habits}
    return PersonHistory(
        person,
        today,
        tuple(
            tracked(row, person, progress.get(row.habit_id), logged[row.habit_id])
            for row in sorted(rows.values(), key=_place)
        ),
        tuple(loaded[0].entries),
    )


def _place(row: HabitDays) -> tuple[bool, int, UUID]:
    """Order habits as their person has them; ids rise with the time at which they were made."""
    return row.position is None, row.position or 0, row.habit_id


def tracked(
    row: HabitDays, person: ReportPerson, progress: Progress | None, entries: Mapping[int, int]
) -> Tracked:
    """Make a habit of what was loaded of it; without `progress` it has yet to begin."""
    return Tracked(
        habit_id=row.habit_id,
        name=row.name,
        promise=row.promise,
        progress=progress or begin(row.promise),
        entries=entries,
        rests=tuple(row.rests),
        until=last_in_use(row, person, entries),
        colour=row.colour,
        unit=row.unit,
    )


def last_in_use(row: HabitDays, person: ReportPerson, entries: Mapping[int, int]) -> date | None:
    """Return the last day on which a habit was in use; None if it still is.

    It is laid aside from the day on which it was archived, or from the day after if something was
    logged on that day.
    """
    if row.archived_at is None:
        return None
    day = day_of(row.archived_at, person.zone, person.day_start)
    return day if day.toordinal() in entries else day - timedelta(days=1)


def reach_of(promises: Iterable[Promise]) -> int:
    """Say how many days around a day may decide whether it was kept, or how strong it left one."""
    return max((_reach(promise) for promise in promises), default=_MONTH)


def _reach(promise: Promise) -> int:
    """Say so for one habit: what its score looks back on, and its longest period."""
    cycles = map(cycle_of, promise.terms)
    return max(window_days(promise), _MONTH, *(cycle.days for cycle in cycles if cycle))
