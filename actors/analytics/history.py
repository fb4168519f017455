"""What reports on a person are computed from: habits with their days, and entries of the diary.

Nothing here reads, and nothing heavy is imported: frames are made of it where they are needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from actors.analytics.whole import entries_of
from contracts.keeping.cycle import cycle_of
from contracts.keeping.progress import Progress, begin, window_days
from contracts.keeping.promise import Promise
from contracts.time import day_of
from storage.analytics.histories import DiaryRow, HabitDays, LoadedPerson, ReportPerson, Rest

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
