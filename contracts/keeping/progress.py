"""Where a habit stands on a day.

A habit's `Progress` is settled up to a day. `advance` moves it on from there, and whatever way the
days are cut, the result is the same as working out the whole history anew. So a check-in costs the
days since the last settled one, never the length of the history.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

from contracts.habit import CheckInState, Streak, number_of
from contracts.keeping.cycle import Cycle, Unit, cycle_of, unasked, unit_of
from contracts.keeping.due import due_days
from contracts.keeping.promise import (
    SKIPPED,
    Entries,
    Promise,
    Rests,
    Terms,
    on_break,
    resting,
    window_of,
)
from contracts.keeping.score import Held, first_score, score_after
from contracts.keeping.streak import Open, Run, StreakState, left_by_rest, peek, walk


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a habit after the day `settled` (an ordinal). It never looks back further."""

    settled: int
    score: float
    streaks: StreakState = StreakState()
    held: Held = Held()

    @property
    def settled_day(self) -> date:
        """The last day that is settled."""
        return date.fromordinal(self.settled)

    def dump(self) -> dict[str, float | list[int]]:
        """Write it as JSON."""
        kept, held = self.streaks, self.held
        written: dict[str, float | list[int]] = {
            "settled": self.settled,
            "score": self.score,
            "run": list(kept.run),
            "best": list(kept.best),
            "open": list(kept.open),
        }
        if held != Held():
            written["held"] = [held.since, held.paused, *chain.from_iterable(held.entries)]
        return written

    @staticmethod
    def load(kept: dict[str, float | list[int]]) -> "Progress":
        """Read what `dump` wrote."""
        run, best, period = (_numbers(kept[name]) for name in ("run", "best", "open"))
        streaks = StreakState(Run(*run), Run(*best), Open(*period))
        settled, score = kept["settled"], kept["score"]
        if isinstance(settled, list) or isinstance(score, list):
            raise TypeError("not a kept progress")
        held = Held()
        if "held" in kept:
            since, paused, *flat = _numbers(kept["held"])
            held = Held(since, paused, tuple(zip(flat[::2], flat[1::2], strict=True)))
        return Progress(int(settled), float(score), streaks, held)


def _numbers(kept: float | list[int]) -> list[int]:
    """Return a list that was kept."""
    if not isinstance(kept, list):
        raise TypeError("not a kept progress")
    return kept


@dataclass(frozen=True, slots=True)
class Standing:
    """A habit on a day that is not over yet; numbers are in its measure (`HabitToday`).

    `unit` is what the streak counts now. A run that was begun under other terms counts what was
    promised then: days, say, until the habit came to be counted by the week. `since` is the first
    day of the streak; None: there is none.
    """

    due: bool
    on_break: bool
    value: float | None
    state: CheckInState | None
    streak: int
    best_streak: int
    score: float
    done: float
    needed: float
    unit: Unit = Unit("day")
    since: date | None = None


def begin(promise: Promise) -> Progress:
    """Return the state of a habit on the day before it begins."""
    return Progress(promise.start.toordinal() - 1, first_score(promise.terms_on(promise.start)))


def window_days(promise: Promise) -> int:
    """Say how many days before the first unsettled one still count: their entries are needed.

    Breaks are needed as far back, too: all that end after the first of these days.
    """
    return promise.reach


def entries_of(rows: Iterable[tuple[date, int | None, CheckInState]]) -> dict[int, int]:
    """Turn rows of day, thousandths and state into entries."""
    return {
        day.toordinal(): SKIPPED if state == "skipped" else value or 0 for day, value, state in rows
    }


def advance(
    progress: Progress,
    promise: Promise,
    entries: Entries,
    rests: Rests,
    to_day: date,
    ended: list[Run] | None = None,
    scores: list[float] | None = None,
) -> Progress:
    """Settle all days up to `to_day`. A day already settled changes nothing.

    `entries` hold at least the days from `window_days` before the first unsettled one on; `rests`
    are the breaks that cover this habit. Runs that break on the way are appended to `ended`, the
    score after each day to `scores`.
    """
    rests = tuple(rests)
    first, last = progress.settled + 1, to_day.toordinal()
    if first <= promise.start.toordinal():
        # The first terms may have been others when the habit was made.
        progress = begin(promise)
    keep = promise.reach
    for terms, begin_, end in promise.stretches(first, last):
        rest = resting(entries, rests, begin_ - window_of(terms), end)
        score, held = progress.score, progress.held
        for low, high, pausing in _spans(terms, rests, begin_, end, keep):
            if pausing:
                held = held.pause(entries, low, high, keep)
                if scores is not None:
                    scores.extend([score] * (high - low + 1))
                continue
            held = held.resume(low, terms.pace.period)
            weights = terms.weigh(held.over(entries), low - terms.pace.window, high)
            score = score_after(score, terms, weights, rest, low, high, scores)
        progress = Progress(
            end,
            score,
            walk(
                progress.streaks,
                terms,
                _terms_before(promise, begin_),
                entries,
                rest,
                begin_,
                end,
                ended,
            ),
            held.drop(end + 1 - keep),
        )
    return progress


def _spans(
    terms: Terms, rests: tuple[tuple[date, date], ...], first: int, last: int, keep: int
) -> Iterator[tuple[int, int, bool]]:
    """Cut days where breaks begin and end: first, last, and whether they are out of the window."""
    # Where no score looks back, days at rest need no care.
    pauses = on_break(rests, first, last) | unasked(terms, first, last) if keep else set()
    if not pauses:
        yield first, last, False
        return
    while first <= last:
        end, pausing = first, first in pauses
        while end < last and (end + 1 in pauses) == pausing:
            end += 1
        yield first, end, pausing
        first = end + 1


def _terms_before(promise: Promise, day: int) -> Terms | None:
    """Return the terms until yesterday if a new version begins on this day."""
    at = date.fromordinal(day)
    if not any(version.effective_from == at for version in promise.versions[1:]):
        return None
    return promise.terms_on(date.fromordinal(day - 1))


def standing(
    progress: Progress, promise: Promise, entries: Entries, rests: Rests, day: date
) -> Standing:
    """Show where a habit stands on `day`, from a progress settled before it."""
    rests = tuple(rests)
    at, value = day.toordinal(), entries.get(day.toordinal())
    if day < promise.start:
        unit = unit_of(promise.terms_on(day))
        return Standing(False, False, None, None, 0, 0, begin(promise).score, 0, 0, unit)
    if progress.settled >= at:
        raise ValueError("the progress is settled beyond the day that is asked for")
    progress = advance(progress, promise, entries, rests, date.fromordinal(at - 1))
    terms = promise.terms_on(day)
    rest = resting(entries, rests, at - window_of(terms), at)
    before, closing = _terms_before(promise, at), _closing(promise, terms, at)
    seen = peek(progress.streaks, terms, before, closing, entries, rest, at)
    done, asked, open_still = _how_far(terms, seen.open, entries, rests, rest, at)
    due = open_still and at in due_days(terms.version.schedule, terms.version.anchor, at, at)
    return Standing(
        due=due and at not in rest,
        on_break=any(first <= day <= last for first, last in rests),
        value=None if value is None else number_of(max(value, 0)),
        state=None if value is None else "skipped" if value == SKIPPED else terms.judge(value),
        streak=seen.run.length,
        best_streak=seen.best.length,
        score=_score_today(progress, promise, terms, entries, rests, rest, at),
        done=done,
        needed=asked,
        unit=unit_of(terms),
        since=date.fromordinal(seen.run.start) if seen.run.length else None,
    )


def _score_today(
    progress: Progress,
    promise: Promise,
    terms: Terms,
    entries: Entries,
    rests: tuple[tuple[date, date], ...],
    rest: set[int],
    day: int,
) -> float:
    """Return the score on a day that is not over, from a progress settled until the eve."""
    keep = promise.reach
    ((_, _, pausing),) = _spans(terms, rests, day, day, keep)
    if pausing:
        return progress.score
    held = progress.held.resume(day, terms.pace.period)
    weights = terms.weigh(held.over(entries), day - terms.pace.window, day)
    return score_after(progress.score, terms, weights, rest, day, day, open_=True)


def _closing(promise: Promise, terms: Terms, day: int) -> Terms:
    """Return the terms by which the period around `day` will be judged, as far as is planned."""
    cycle = cycle_of(terms)
    if cycle is None or promise.versions[-1].effective_from.toordinal() <= day:
        return terms
    for later, _, _ in promise.stretches(day + 1, cycle.bounds(day)[1]):
        if cycle_of(later) != cycle:
            break
        terms = later
    return terms


def _how_far(
    terms: Terms, period: Open, entries: Entries, rests: Rests, rest: set[int], day: int
) -> tuple[float, float, bool]:
    """Return what is done, what is needed, and whether something was left to do this morning.

    Days at rest take their share of what a period or a window needs.
    """
    logged = max(entries.get(day, 0), 0)
    if cycle := cycle_of(terms):
        need = left_by_rest(terms, cycle, period, entries, rests, day)
        return _how_far_in(cycle, terms, period, logged, need)
    target = terms.version.target
    if target and target.per == "rolling":
        window = target.days or 1
        first = day - window + 1
        total = sum(terms.weigh(entries, first, day).values())
        rested = 0 if terms.at_most else sum(at in rest for at in range(first, day + 1))
        return number_of(total), number_of(terms.limit * (window - rested) // window), True
    whole = terms.least if terms.counting and not terms.quits else terms.limit
    return number_of(logged), number_of(whole if whole != 1 else 1000), True


def _how_far_in(
    cycle: Cycle, terms: Terms, period: Open, logged: int, need: int
) -> tuple[float, float, bool]:
    """Return the same for a promise that is counted in periods, and needs so much now."""
    if cycle.times:
        today = int(logged > 0 and terms.judge(logged) == "done")
        return period.total, need, period.total - today < need
    left = terms.at_most or period.total - logged < need
    return number_of(period.total), number_of(need), left


def streaks(
    promise: Promise, entries: Entries, rests: Rests, day: date
) -> tuple[list[Run], StreakState]:
    """Work out all runs of a habit until `day`, newest first, and the streaks as they stand."""
    ended: list[Run] = []
    at = day.toordinal()
    rests = tuple(rests)
    eve = date.fromordinal(at - 1)
    progress = advance(begin(promise), promise, entries, rests, eve, ended)
    if day < promise.start:
        return [], progress.streaks
    terms, before = promise.terms_on(day), _terms_before(promise, at)
    rest = resting(entries, rests, at - window_of(terms), at)
    closing = _closing(promise, terms, at)
    seen = peek(progress.streaks, terms, before, closing, entries, rest, at, ended)
    current = [seen.run] if seen.run.length else []
    return current + ended[::-1], seen


def streak_of(promise: Promise, run: Run) -> Streak:
    """Show a run, in the unit that was promised when it ended."""
    end = date.fromordinal(run.end)
    unit = unit_of(promise.terms_on(end)).per
    return Streak(start=date.fromordinal(run.start), end=end, length=run.length, unit=unit)
