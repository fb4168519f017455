"""Streaks: runs of promises kept.

Where days are due, each due day kept adds one. Where a week, a month or a block of days asks for
so many times or so much, each whole one kept adds one, when it is over. A day at rest neither
breaks nor lengthens a streak. A period with days at rest that asked for more than was left of it
does neither; nor does a piece of a period (at the start of a habit, or before a new schedule),
unless all was done in it. A week or month with an amount to reach, but without a due day (after the
end of a plan, or out of its season), asks for nothing and does neither, too.

A limit that is passed ends a streak at once; what is asked for ends it when the period is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from contracts.keeping.cycle import Cycle, asks, cycle_of, needed
from contracts.keeping.due import due_days
from contracts.keeping.promise import SKIPPED, Entries, Rests, Terms, breaks, keeps, resting, spared

Verdict = Literal["kept", "excused", "broken"]
"""What a period means to a streak: one more, nothing, or its end."""


class Run(NamedTuple):
    """Promises kept in a row, from the day `start` to the day `end`; no run has length 0."""

    start: int = 0
    end: int = 0
    length: int = 0

    def longer(self, start: int, end: int) -> "Run":
        """Return this run with one more promise kept, from `start` to `end`."""
        return Run(self.start if self.length else start, end, self.length + 1)


class Open(NamedTuple):
    """The period under way: since when, what was done, on how many days something was logged,
    how many days rest, and how many of them were skipped. Not begun: all 0.
    """

    start: int = 0
    total: int = 0
    logged: int = 0
    rested: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class StreakState:
    """Where the streaks of a habit stand: the run under way, the best, and the open period."""

    run: Run = Run()
    best: Run = Run()
    open: Open = Open()


def walk(
    streaks: StreakState,
    terms: Terms,
    before: Terms | None,
    entries: Entries,
    rest: set[int],
    first: int,
    last: int,
    ended: list[Run] | None = None,
) -> StreakState:
    """Move streaks over whole days from `first` to `last`, all under `terms`.

    `before` are the terms until yesterday, where they change on `first`. `rest` reaches back as a
    rolling target does. Runs that break are appended to `ended`.
    """
    streaks = enter(streaks, terms, before, first, ended)
    if (cycle := cycle_of(terms)) is None:
        return _walk_days(streaks, terms, entries, rest, first, last, ended)
    amounts = amounts_of(terms, cycle, entries, first, last)
    day = first
    while day <= last:
        begin, end = cycle.bounds(day)
        period = counted(streaks.open, amounts, entries, rest, day, min(end, last))
        streaks = StreakState(streaks.run, streaks.best, period)
        if end <= last:
            streaks = _close(streaks, terms, cycle, end, streaks.open.start == begin, ended)
        day = end + 1
    return streaks


def enter(
    streaks: StreakState, terms: Terms, before: Terms | None, first: int, ended: list[Run] | None
) -> StreakState:
    """Close the open period if the new terms count in other periods."""
    cycle = cycle_of(before) if before else None
    if before is None or cycle is None or not streaks.open.start or cycle == cycle_of(terms):
        return streaks
    return _close(streaks, before, cycle, first - 1, False, ended)


def _walk_days(
    streaks: StreakState,
    terms: Terms,
    entries: Entries,
    rest: set[int],
    first: int,
    last: int,
    ended: list[Run] | None,
) -> StreakState:
    """Count due days kept."""
    due = due_days(terms.version.schedule, terms.version.anchor, first, last)
    kept = keeps(terms, entries, first, last)
    left_alone = spared(terms, entries, rest, first, last)
    start, end, length = streaks.run
    for day in range(first, last + 1):
        if day in kept:
            if day in due and day not in rest:
                start, end, length = start if length else day, day, length + 1
        elif length and day in due and day not in rest and day not in left_alone:
            streaks = _end(StreakState(Run(start, end, length), streaks.best, streaks.open), ended)
            length = 0
    return _extend(streaks, Run(start, end, length) if length else Run())


def amounts_of(
    terms: Terms, cycle: Cycle, entries: Entries, first: int, last: int
) -> dict[int, int]:
    """Say what each day adds to its period."""
    if cycle.times:
        return dict.fromkeys(keeps(terms, entries, first, last), 1)
    return terms.weigh(entries, first, last)


def counted(
    period: Open,
    amounts: Mapping[int, int],
    entries: Entries,
    rest: set[int],
    first: int,
    last: int,
) -> Open:
    """Add the days from `first` to `last` to the open period."""
    start, total, logged, rested, skipped = period
    for day in range(first, last + 1):
        total += amounts.get(day, 0)
        value = entries.get(day)
        logged += value is not None and value != SKIPPED
        skipped += value == SKIPPED
        rested += day in rest
    return Open(start or first, total, logged, rested, skipped)


def is_met(terms: Terms, cycle: Cycle, period: Open, days: int) -> bool:
    """Tell whether a period of `days` days has been kept by now."""
    need = needed(terms, cycle, days)
    if cycle.times or not terms.at_most:
        return period.total >= need
    return period.total <= need and (terms.quits or period.logged > 0)


def share(terms: Terms, cycle: Cycle, period: Open, days: int) -> int:
    """Return what days at rest leave of what a period of `days` days asks for."""
    need = needed(terms, cycle, days)
    left = need * (days - period.rested) // days
    return min(left, need - period.skipped) if cycle.times else left


def left_by_rest(
    terms: Terms, cycle: Cycle, period: Open, entries: Entries, rests: Rests, day: int
) -> int:
    """Return what the period around `day` asks for, less the share of its days at rest.

    `period` includes `day`; days to come rest as far as that is known by now.
    """
    begin, end = cycle.bounds(day)
    if terms.at_most and not cycle.times:
        return terms.limit
    rest = resting(entries, rests, day + 1, end)
    whole = counted(period, {}, entries, rest, day + 1, end)
    return max(0, share(terms, cycle, whole, end - begin + 1))


def judge(terms: Terms, cycle: Cycle, period: Open, end: int, whole: bool) -> Verdict:
    """Judge a period which ends on the day `end`; one that is not `whole` was cut short."""
    begin, last = cycle.bounds(end)
    days = last - begin + 1
    piece_below_limit = terms.at_most and not cycle.times and not whole
    if period.rested == end - period.start + 1 or not asks(terms, cycle, end):
        return "excused"
    if is_met(terms, cycle, period, days) and not piece_below_limit:
        return "kept"
    return "excused" if _is_excused(terms, cycle, period, days, whole) else "broken"


def _is_excused(terms: Terms, cycle: Cycle, period: Open, days: int, whole: bool) -> bool:
    """Tell whether a period that was not kept leaves the streak alone."""
    if not cycle.times and terms.at_most:
        need = needed(terms, cycle, days)
        return period.total <= need and (period.rested > 0 or not whole)
    if not whole:
        return True
    return period.rested > 0 and period.total >= share(terms, cycle, period, days)


def _close(
    streaks: StreakState,
    terms: Terms,
    cycle: Cycle,
    end: int,
    whole: bool,
    ended: list[Run] | None,
) -> StreakState:
    """Judge the open period, which ends on the day `end`, and leave none open."""
    period, streaks = streaks.open, StreakState(streaks.run, streaks.best)
    verdict = judge(terms, cycle, period, end, whole)
    if verdict == "kept":
        return _extend(streaks, streaks.run.longer(period.start, end))
    return streaks if verdict == "excused" else _end(streaks, ended)


def _extend(streaks: StreakState, run: Run) -> StreakState:
    """Let a run go on; of two equally long the earlier stays the best."""
    best = run if run.length > streaks.best.length else streaks.best
    return StreakState(run, best, streaks.open)


def _end(streaks: StreakState, ended: list[Run] | None) -> StreakState:
    """End the run under way."""
    if ended is not None and streaks.run.length:
        ended.append(streaks.run)
    return StreakState(Run(), _extend(streaks, streaks.run).best, streaks.open)


def passed(terms: Terms, cycle: Cycle, period: Open, day: int) -> bool:
    """Tell whether a period whose last day is `day`, so far, is over its limit for good."""
    if cycle.times or not terms.at_most or period.rested > day - period.start:
        return False
    return period.total > terms.limit and asks(terms, cycle, day)


def peek(
    streaks: StreakState,
    terms: Terms,
    before: Terms | None,
    closing: Terms,
    entries: Entries,
    rest: set[int],
    day: int,
    ended: list[Run] | None = None,
) -> StreakState:
    """Show the streaks on `day` while it is not over: what is not done yet breaks nothing.

    `streaks` stand as of the day before. The open period of the result includes `day`; it will be
    judged by the terms that close it (`closing`). `rest` reaches back as a rolling target does.
    """
    streaks = enter(streaks, terms, before, day, ended)
    if (cycle := cycle_of(terms)) is not None:
        amounts = amounts_of(terms, cycle, entries, day, day)
        period = counted(streaks.open, amounts, entries, rest, day, day)
        begin, end = cycle.bounds(day)
        if passed(closing, cycle, period, day):
            return _end(StreakState(streaks.run, streaks.best, period), ended)
        run = streaks.run
        # Staying below a limit is only sure when the period is over.
        sure = (cycle.times or not terms.at_most) and period.rested <= day - period.start
        if sure and is_met(closing, cycle, period, end - begin + 1) and asks(closing, cycle, day):
            run = run.longer(period.start, day)
        return _extend(StreakState(streaks.run, streaks.best, period), run)
    due = day in due_days(terms.version.schedule, terms.version.anchor, day, day)
    if not due or day in rest:
        return streaks
    if day in keeps(terms, entries, day, day):
        return _extend(streaks, streaks.run.longer(day, day))
    if day in breaks(terms, entries, day, day) and day not in spared(
        terms, entries, rest, day, day
    ):
        return _end(streaks, ended)
    return streaks
