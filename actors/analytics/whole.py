"""The whole history of one habit, as its insight needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

from contracts.keeping.promise import SKIPPED, Promise, resting
from storage.analytics.histories import HabitDays, LoadedHabit
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
