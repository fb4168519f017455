"""What comes next, and when, if it goes on as it went lately."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import cycle, islice
from math import ceil
from statistics import fmean
from typing import Literal, NamedTuple

from actors.analytics.history import Whole
from actors.analytics.texts import (
    milestone_in_words,
    score_in_words,
    streak_in_words,
    total_in_words,
)
from contracts.analytics import Milestone
from contracts.habit import STREAK_GOALS, number_of
from contracts.keeping.cycle import cycle_of, unasked, unit_of
from contracts.keeping.due import due_days
from contracts.keeping.progress import begin
from contracts.keeping.promise import SKIPPED, resting, total_before
from contracts.keeping.score import moves
from contracts.keeping.streak import Run
from contracts.language import Language

LATELY, DUE_LATELY = 28, 4
"""Days, or due days, that tell how it goes."""

HAIR = 1e-9

FORESEEN = 1826
"""Days ahead beyond which nothing is foreseen: five years."""

Kind = Literal["streak", "score", "total"]

SCORES = (0.5, 0.8, 0.95)
TOTALS = (10, 50, 100, 250, 500, 1000)
HOUR = 3600


class NextMilestone(NamedTuple):
    """A milestone before it is put into words."""

    kind: Kind
    goal: float
    now: float
    on: date | None


class Course(NamedTuple):
    """How a habit went: the streak under way and all of them, the score after each day from the
    start to today, and the promises kept and missed by day.
    """

    run: Run
    runs: Sequence[Run]
    scores: Sequence[float]
    kept: Mapping[int, int]
    missed: Mapping[int, int]


def milestones(of: Whole, kept: Course, language: Language) -> tuple[Milestone, ...]:
    """Return the next milestone of each kind; none for a habit that is laid aside."""
    if of.archived or of.today < of.promise.start:
        return ()
    found = (_streak(of, kept), _strength(of, kept), _total(of, kept))
    return tuple(
        Milestone(
            kind=kind,
            goal=goal,
            now=now,
            on=on,
            text=milestone_in_words(language, _said(of, kind, goal, language), on),
        )
        for kind, goal, now, on in filter(None, found)
    )


def _said(of: Whole, kind: Kind, goal: float, language: Language) -> str:
    """Say what is to be reached."""
    if kind == "streak":
        unit = unit_of(of.promise.terms_on(of.today)).per
        return streak_in_words(language, round(goal), unit)
    if kind == "score":
        return score_in_words(language, goal)
    days = of.promise.terms_on(of.today).at_most
    return total_in_words(language, goal, "days" if days else of.promise.measure, of.unit)


def _streak(of: Whole, kept: Course) -> NextMilestone:
    """Foresee a streak, each promise to come being kept.

    Only if the last 28 days let hope for it: none of their promises was missed, or one of their
    streaks was as long as what is still lacking.
    """
    now, since = kept.run.length, of.at - LATELY + 1
    goal = next((goal for goal in STREAK_GOALS if goal > now), (now // 365 + 1) * 365)
    flawless = not any(kept.missed.get(day) for day in range(since, of.at + 1))
    longest = max((run.length for run in kept.runs if run.end >= since), default=0)
    on = None
    if flawless or longest >= goal - now:
        on = next(islice(_promises(of, kept.run), goal - now - 1, None), None)
    return NextMilestone("streak", goal, now, None if on is None else date.fromordinal(on))


def _promises(of: Whole, run: Run) -> Iterator[int]:
    """Yield the days on which promises to come are kept: due days, or the ends of periods."""
    to_come = of.promise.stretches(_first_to_come(of, run), of.at + FORESEEN)
    for terms, first, last in to_come:
        version, periods = terms.version, cycle_of(terms)
        if periods is None:
            rest = resting(of.entries, of.rests, first, last)
            due = due_days(version.schedule, version.anchor, first, last)
            yield from (day for day in range(first, last + 1) if day in due and day not in rest)
            continue
        close = periods.bounds(first)[1]
        while close <= last:
            yield close
            close = periods.bounds(close + 1)[1]


def _first_to_come(of: Whole, run: Run) -> int:
    """Return the first day that may add to a streak: today, unless it is counted or settled."""
    terms = of.promise.terms_on(of.today)
    if periods := cycle_of(terms):
        first, last = periods.bounds(of.at)
        return last + 1 if run.length and run.end >= first else of.at
    value = of.entries.get(of.at)
    settled = value is not None and (value == SKIPPED or terms.judge(value) != "partial")
    return of.at + 1 if settled or run.end == of.at else of.at


def _strength(of: Whole, kept: Course) -> NextMilestone | None:
    """Foresee a score: it moves on by what will be asked, as much of it being done as lately."""
    now = kept.scores[-1]
    goal = next((goal for goal in SCORES if goal > now), None)
    if goal is None:
        return None
    at = of.latest - of.start
    score, on = kept.scores[at] if at >= 0 else begin(of.promise).score, None
    pace, share = of.promise.terms_on(of.today).pace, _share_lately(of)
    if share is not None and (share if pace.window == 1 else pace.part(share * pace.need)) > goal:
        on = _reached(of, score, share, goal)
    return NextMilestone("score", goal, now, None if on is None else date.fromordinal(on))


def _reached(of: Whole, score: float, share: float, goal: float) -> int | None:
    """Return the day on which a score reaches its goal; None if that is too far off.

    From now on each due day is done in part, by this `share`; or each day adds this share of what
    a window asks for.
    """
    for terms, first, last in of.promise.stretches(of.latest + 1, of.at + FORESEEN):
        pace, rest = terms.pace, resting(of.entries, of.rests, first, last)
        rest |= unasked(terms, first, last)
        gaps, back = moves(terms, first, last), pace.window
        each = share * pace.need / back
        weights = terms.weigh(of.entries, first - back, of.latest)
        total: float = total_before(weights, back, first)
        for day in range(first, last + 1):
            total += each - (weights.get(day - back, 0) if day - back <= of.latest else each)
            if (gap := gaps.get(day)) and day not in rest:
                memory, part = pace.memory(gap), share if back == 1 else pace.part(total + HAIR)
                # What is reached within a hair is reached.
                score = memory * score + (1 - memory) * part
                if score > goal - HAIR:
                    return day
    return None


def _share_lately(of: Whole) -> float | None:
    """Return how much of what was asked lately was done, on average; None if nothing was asked.

    Lately is the last 28 days; of what is due more rarely than weekly, the last four due days.
    Where more is better, more than all that is asked counts as all.
    """
    terms, days = of.promise.terms_on(of.today), of.lately(LATELY)
    pace = terms.pace
    weights = terms.weigh(of.entries, of.start, of.latest)
    if pace.window > 1:
        done = sum(weights.get(day, 0) for day in days)
        share = done / len(days) * pace.window / pace.need if days else None
        return share if share is None or pace.at_most else min(share, 1.0)
    gaps = moves(terms, of.start, of.latest)
    due = [day for day in of.lately(of.latest - of.start + 1) if day in gaps]
    recent = [day for day in due if day > of.latest - LATELY]
    recent = recent if len(recent) >= DUE_LATELY else due[-DUE_LATELY:]
    return fmean(pace.part(weights.get(day, 0)) for day in recent) if recent else None


def _total(of: Whole, kept: Course) -> NextMilestone:
    """Foresee a total: of days kept where less is better, else in the measure of the habit."""
    if of.promise.terms_on(of.today).at_most:
        amounts: Mapping[int, float] = kept.kept
    else:
        amounts = {day: number_of(value) for day, value in of.entries.items() if value > 0}
    unit = HOUR if of.promise.measure == "duration" and amounts is not kept.kept else 1
    now, days = sum(amounts.values()), of.lately(LATELY)
    goal = next(goal for goal in _goals() if goal * unit > now) * unit
    done = sum(amounts.get(day, 0) for day in days)
    return NextMilestone(
        "total", goal, now, _ahead(of, (goal - now) * len(days) / done) if done else None
    )


def _goals() -> Iterator[float]:
    """Yield goals for totals: 10, 50, 100, 250, 500, 1000, 2500, 5000, 10 000, and so on."""
    yield from TOTALS
    goal = float(TOTALS[-1])
    for factor in cycle((2.5, 2.0, 2.0)):
        goal *= factor
        yield goal


def _ahead(of: Whole, days: float) -> date | None:
    """Return the day that comes so many days after the last one that was judged, if not too far."""
    # What is reached within a hair is reached.
    whole = max(1, ceil(days - 1e-9))
    return date.fromordinal(of.latest + whole) if whole <= FORESEEN else None
