"""Where a habit stands on a day.

A habit's `Progress` is settled up to a day. `advance` moves it on from there, and whatever way the
days are cut, the result is the same as working out the whole history anew. So a check-in costs the
days since the last settled one, never the length of the history.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from contracts.habit import CheckInState, number_of
from contracts.keeping.due import due_days
from contracts.keeping.promise import SKIPPED, Entries, Promise, Rests, Terms, resting
from contracts.keeping.score import first_score, pace_of, score_after
from contracts.keeping.streak import Cycle, Open, Run, Streaks, cycle_of, needed, peek, walk


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a habit after the day `settled` (an ordinal). It never looks back further."""

    settled: int
    score: float
    streaks: Streaks = Streaks()

    @property
    def settled_day(self) -> date:
        """The last day that is settled."""
        return date.fromordinal(self.settled)

    def dump(self) -> dict[str, float | list[int]]:
        """Write it as JSON."""
        kept = self.streaks
        return {
            "settled": self.settled,
            "score": self.score,
            "run": list(kept.run),
            "best": list(kept.best),
            "open": list(kept.open),
        }

    @staticmethod
    def load(kept: dict[str, float | list[int]]) -> "Progress":
        """Read what `dump` wrote."""
        run, best, period = (_numbers(kept[name]) for name in ("run", "best", "open"))
        streaks = Streaks(Run(*run), Run(*best), Open(*period))
        settled, score = kept["settled"], kept["score"]
        if isinstance(settled, list) or isinstance(score, list):
            raise TypeError("not a kept progress")
        return Progress(int(settled), float(score), streaks)


def _numbers(kept: float | list[int]) -> list[int]:
    """Return a list that was kept."""
    if not isinstance(kept, list):
        raise TypeError("not a kept progress")
    return kept


@dataclass(frozen=True, slots=True)
class Standing:
    """A habit on a day that is not over yet; numbers are in its measure (`HabitToday`)."""

    due: bool
    on_break: bool
    value: float | None
    state: CheckInState | None
    streak: int
    best_streak: int
    score: float
    done: float
    needed: float


def begin(promise: Promise) -> Progress:
    """Return the state of a habit on the day before it begins."""
    return Progress(promise.start.toordinal() - 1, first_score(promise.terms_on(promise.start)))


def window_days(promise: Promise) -> int:
    """Say how many days before the first unsettled one still count: their entries are needed."""
    return max(pace_of(Terms.of(promise, version)).window for version in promise.versions)


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
    for version, begin_, end in promise.stretches(first, last):
        terms = Terms.of(promise, version)
        pace = pace_of(terms)
        rest = resting(entries, rests, begin_, end)
        weights = terms.weigh(entries, begin_ - pace.window, end)
        before = _terms_before(promise, begin_)
        progress = Progress(
            end,
            score_after(progress.score, pace, weights, rest, begin_, end, scores),
            walk(progress.streaks, terms, before, entries, rest, begin_, end, ended),
        )
    return progress


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
        return Standing(False, False, None, None, 0, 0, begin(promise).score, 0, 0)
    if progress.settled >= at:
        raise ValueError("the progress is settled beyond the day that is asked for")
    progress = advance(progress, promise, entries, rests, date.fromordinal(at - 1))
    terms = promise.terms_on(day)
    rest = resting(entries, rests, at, at)
    pace, before = pace_of(terms), _terms_before(promise, at)
    weights = terms.weigh(entries, at - pace.window, at)
    seen = peek(progress.streaks, terms, before, entries, rest, at)
    done, asked, open_still = _how_far(terms, seen.open, entries, at)
    due = open_still and at in due_days(terms.version.schedule, terms.version.anchor, at, at)
    return Standing(
        due=due and at not in rest,
        on_break=any(first <= day <= last for first, last in rests),
        value=None if value is None else number_of(max(value, 0)),
        state=None if value is None else "skipped" if value == SKIPPED else terms.judge(value),
        streak=seen.run.length,
        best_streak=seen.best.length,
        score=score_after(progress.score, pace, weights, rest, at, at),
        done=done,
        needed=asked,
    )


def _how_far(terms: Terms, period: Open, entries: Entries, day: int) -> tuple[float, float, bool]:
    """Return what is done, what is needed, and whether something was left to do this morning."""
    logged = max(entries.get(day, 0), 0)
    if cycle := cycle_of(terms):
        return _how_far_in(cycle, terms, period, logged, day)
    target = terms.version.target
    if target and target.per == "rolling":
        first = day - (target.days or 1) + 1
        total = sum(terms.weigh(entries, first, day).values())
        return number_of(total), number_of(terms.limit), True
    whole = terms.least if terms.counting and not terms.quits else terms.limit
    return number_of(logged), number_of(whole if whole != 1 else 1000), True


def _how_far_in(
    cycle: Cycle, terms: Terms, period: Open, logged: int, day: int
) -> tuple[float, float, bool]:
    """Return the same for a promise that is counted in periods."""
    begin_, end = cycle.bounds(day)
    need = needed(terms, cycle, end - begin_ + 1)
    if cycle.times:
        today = int(logged > 0 and terms.judge(logged) == "done")
        return period.total, need, period.total - today < need
    left = terms.at_most or period.total - logged < need
    return number_of(period.total), number_of(need), left


def streaks(
    promise: Promise, entries: Entries, rests: Rests, day: date
) -> tuple[list[Run], Streaks]:
    """Work out all runs of a habit until `day`, newest first, and the streaks as they stand."""
    ended: list[Run] = []
    at = day.toordinal()
    rests = tuple(rests)
    eve = date.fromordinal(at - 1)
    progress = advance(begin(promise), promise, entries, rests, eve, ended)
    if day < promise.start:
        return [], progress.streaks
    rest, before = resting(entries, rests, at, at), _terms_before(promise, at)
    seen = peek(progress.streaks, promise.terms_on(day), before, entries, rest, at, ended)
    current = [seen.run] if seen.run.length else []
    return current + ended[::-1], seen
