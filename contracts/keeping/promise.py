"""What a person promised themselves, as it stood on every day.

Days are ordinals, numbers are thousandths.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple, TypeVar

from contracts.habit import CheckInState, Kind, Measure, Target, Version, thousandths
from contracts.keeping.due import Pace, pace_of
from contracts.message import Invalid
from contracts.schedule import EveryNDays, Rule, Schedule, Times, Weekday

N = TypeVar("N", int, float)

SKIPPED = -1
"""What `Entries` hold for a day that was skipped."""

Entries = Mapping[int, int]
"""The value logged on each day, or `SKIPPED`."""

Rests = Iterable[tuple[date, date]]
"""The breaks that cover a habit: first and last day."""


class Stretch(NamedTuple):
    """Days on which the terms of one version were in force, both ends included."""

    terms: "Terms"
    first: int
    last: int


@dataclass(frozen=True)
class Promise:
    """A habit as far as it can be kept: the versions are in order, the first from `start` on."""

    kind: Kind
    measure: Measure
    start: date
    versions: tuple[Version, ...]

    def version_on(self, day: date) -> Version:
        """Return the version in force on a day; before the start, the first one."""
        for version in reversed(self.versions):
            if version.effective_from <= day:
                return version
        return self.versions[0]

    @cached_property
    def terms(self) -> "tuple[Terms, ...]":
        """What it takes to keep the promise, under each version."""
        return tuple(Terms.of(self, version) for version in self.versions)

    @cached_property
    def reach(self) -> int:
        """How many days before a day its score may look back on."""
        return max(terms.pace.reach for terms in self.terms)

    def terms_on(self, day: date) -> "Terms":
        """Return what it takes to keep the promise on a day; before the start, the first terms."""
        for terms in reversed(self.terms):
            if terms.version.effective_from <= day:
                return terms
        return self.terms[0]

    def stretches(self, first: int, last: int) -> Iterator[Stretch]:
        """Split the days from `first` to `last` where one version gives way to the next."""
        ends = [v.effective_from.toordinal() - 1 for v in self.versions[1:]] + [last]
        for terms, end in zip(self.terms, ends, strict=True):
            if first <= min(end, last):
                yield Stretch(terms, first, min(end, last))
                first = min(end, last) + 1


@dataclass(frozen=True, slots=True)
class Terms:
    """What it takes to keep a promise under one version.

    `limit` is the target in thousandths; without one (`counting`) a day either counts or not:
    a day done, or, when quitting, a day with a slip. `at_most` turns the target round.
    """

    version: Version
    quits: bool
    at_most: bool
    counting: bool
    least: int
    limit: int
    pace: Pace

    @staticmethod
    def of(promise: Promise, version: Version) -> "Terms":
        """Read the terms of a version."""
        quits, target = promise.kind == "quit", version.target
        whole = promise.measure == "yes_no" and not quits
        at_most = quits or (target is not None and target.at == "most")
        limit = thousandths(target.value) if target else 0
        return Terms(
            version=version,
            quits=quits,
            at_most=at_most,
            counting=target is None,
            least=1000 if whole else 1,
            limit=limit,
            pace=pace_of(target, version.schedule, limit, quits=quits, at_most=at_most),
        )

    def judge(self, value: int) -> CheckInState:
        """Judge the value of one day by itself."""
        if self.at_most:
            return "done" if value <= self.limit else "failed"
        if value >= (self.least if self.counting else self.limit):
            return "done"
        return "partial" if value > 0 else "failed"

    def weigh(self, entries: Entries, first: int, last: int) -> dict[int, int]:
        """Say what each logged day from `first` to `last` adds to a sum over days.

        One for a day that counts, else the value itself; a skipped day adds nothing.
        """
        found = among(entries, first, last)
        if self.counting:
            return {day: 1 for day, value in found if value >= self.least}
        return {day: value for day, value in found if value > 0}


def among(entries: Entries, first: int, last: int) -> list[tuple[int, int]]:
    """List the entries from `first` to `last`, by whichever way is shorter."""
    if last - first < len(entries):
        return [(day, entries[day]) for day in range(first, last + 1) if day in entries]
    return [(day, value) for day, value in entries.items() if first <= day <= last]


def resting(entries: Entries, rests: Rests, first: int, last: int) -> set[int]:
    """Return the days from `first` to `last` that were skipped or lie in a break."""
    skipped = {day for day, value in among(entries, first, last) if value == SKIPPED}
    return skipped | on_break(rests, first, last)


def on_break(rests: Rests, first: int, last: int) -> set[int]:
    """Return the days from `first` to `last` that lie in a break."""
    days = set[int]()
    for begin, end in rests:
        days.update(range(max(first, begin.toordinal()), min(last, end.toordinal()) + 1))
    return days


def total_before(weights: Mapping[int, N], window: int, day: int) -> N:
    """Sum up the weights of the `window` days before `day`."""
    if len(weights) < window:
        return sum(weight for at, weight in weights.items() if day - window <= at < day)
    return sum(weights[at] for at in range(day - window, day) if at in weights)


def spared(terms: Terms, entries: Entries, rest: set[int], first: int, last: int) -> set[int]:
    """Return the days that a rolling target leaves alone, though they did not reach it.

    Days at rest lie in their window, and what they left of the target was done. `rest` reaches
    back as the window does (`window_of`).
    """
    window = window_of(terms)
    if not window or not rest or terms.at_most:
        return set()
    rested = sum(day in rest for day in range(first - window, first))
    found = set()
    for day, total in window_sums(terms, entries, first, last).items():
        rested += (day in rest) - (day - window in rest)
        if rested and terms.limit * (window - rested) // window <= total < terms.limit:
            found.add(day)
    return found


def window_of(terms: Terms) -> int:
    """Return the days of a rolling target; 0 if there is none."""
    target = terms.version.target
    return target.days or 1 if target and target.per == "rolling" else 0


def breaks(terms: Terms, entries: Entries, first: int, last: int) -> set[int]:
    """Return the days that break the promise, whatever else follows: slips, and plain failures."""
    logged = [(day, value) for day, value in among(entries, first, last) if value != SKIPPED]
    target = terms.version.target
    if target is None or target.per == "day":
        return {day for day, value in logged if terms.judge(value) == "failed"}
    if not terms.at_most:
        return set()
    sums = window_sums(terms, entries, first, last)
    return {day for day, total in sums.items() if total > terms.limit}


def keeps(terms: Terms, entries: Entries, first: int, last: int) -> set[int]:
    """Return the days that keep the promise, for those that are due. Quitting needs no word."""
    if terms.quits:
        return set(range(first, last + 1)) - breaks(terms, entries, first, last)
    logged = {day: value for day, value in among(entries, first, last) if value != SKIPPED}
    target = terms.version.target
    if target is None or target.per != "rolling":
        return {day for day, value in logged.items() if terms.judge(value) == "done"}
    sums = window_sums(terms, entries, first, last)
    if terms.at_most:
        return {day for day in logged if sums[day] <= terms.limit}
    return {day for day, total in sums.items() if total >= terms.limit}


def window_sums(terms: Terms, entries: Entries, first: int, last: int) -> dict[int, int]:
    """Sum up the last days of a rolling target, for each day from `first` to `last`."""
    target = terms.version.target
    window = (target.days or 1) if target else 1
    weights = terms.weigh(entries, first - window, last)
    total, sums = total_before(weights, window, first), {}
    for day in range(first, last + 1):
        total += weights.get(day, 0) - weights.get(day - window, 0)
        sums[day] = total
    return sums


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changes in a plan; what is None, or not dropped, goes on as it was."""

    schedule: Schedule | None = None
    target: Target | None = None
    drop_target: bool = False

    def terms_after(self, version: Version) -> tuple[Schedule, Target | None]:
        """Return the schedule and target that this leaves of a version's."""
        target = None if self.drop_target else self.target or version.target
        return self.schedule or version.schedule, target


def amend(
    versions: tuple[Version, ...],
    amendment: Amendment,
    *,
    today: date,
    effective_from: date | None,
    week_start: Weekday,
) -> tuple[Version, ...]:
    """Let an amendment hold from `effective_from` (today) on; the past stays.

    Schedule and target are versioned each by itself: the amendment reaches, field by field, as far
    as the next change that is planned for that field. The rhythm goes on unless the schedule itself
    changes. Refuses with `Invalid` (`effective_from_past`).
    """
    earliest = max(today, versions[0].effective_from)
    begin = effective_from or earliest
    if begin < earliest:
        text = "A change cannot begin before {earliest}: the past stays as it was."
        raise Invalid("effective_from_past", text, earliest=earliest.isoformat())
    past = [version for version in versions if version.effective_from < begin]
    planned = [version for version in versions if version.effective_from > begin]
    base = next(version for version in reversed(versions) if version.effective_from <= begin)
    schedule, target = amendment.terms_after(base)
    first = Version(
        effective_from=begin,
        schedule=schedule,
        target=target,
        anchor=_anchor(base, past, schedule, begin),
        week_start=week_start,
    )
    amended = [first]
    for before, version in zip([base, *planned], planned, strict=False):
        amended.append(_carried(version, before, amended[-1]))
    return _without_repeats(past, amended)


def _anchor(base: Version, past: list[Version], schedule: Schedule, begin: date) -> date:
    """Return from when a schedule counts: `begin`, unless it is the one in force until then."""
    for version in (base, *past[-1:]):
        if version.schedule == schedule:
            return version.anchor
    return begin


def _carried(version: Version, before: Version, now: Version) -> Version:
    """Return a planned version, whose predecessor was `before` and is `now`: what it changed by
    itself stays planned, the rest follows.
    """
    follows: dict[str, object] = {}
    if version.target == before.target:
        follows["target"] = now.target
    if version.schedule in (before.schedule, now.schedule):
        follows |= {"schedule": now.schedule, "anchor": now.anchor}
    return version.model_copy(update=follows)


def _without_repeats(past: list[Version], amended: list[Version]) -> tuple[Version, ...]:
    """Leave out the versions that say what the one before them says."""
    kept = list(past)
    for version in amended:
        same = kept and version == kept[-1].model_copy(
            update={"effective_from": version.effective_from}
        )
        if not same:
            kept.append(version)
    return tuple(kept)


def begin_earlier(versions: tuple[Version, ...], start: date) -> tuple[Version, ...]:
    """Let the first version begin on an earlier `start`, in the rhythm that it has."""
    first = versions[0]
    schedule = first.schedule
    if isinstance(schedule, Rule):
        # A rule counts from its anchor: moved, it would ask for other days. Before it, none is due.
        return (first.model_copy(update={"effective_from": start}), *versions[1:])
    step = schedule.n if isinstance(schedule, EveryNDays) else 1
    if isinstance(schedule, Times):
        step = schedule.days or 1
    # The first day on or after the start from which whole steps lead to the old anchor.
    ahead = (first.anchor - start).days % step
    anchor = date.fromordinal(start.toordinal() + ahead)
    return (first.model_copy(update={"effective_from": start, "anchor": anchor}), *versions[1:])
