"""What goes with what: habits with moods, and habits with each other. Never a cause.

Days count from the start of a habit on, while it was in use and not at rest; for moods, if they
have an entry with a mood; for two habits, if both were due. Today does not count: it is not over.
The statistics are in `circular_shift.py`. numpy is imported here: load this module on first use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from actors.analytics.circular_shift import Compared, Waves, compare, corrected, turning, waves
from actors.analytics.history import entries_of, last_in_use
from actors.analytics.series import Flags, Numbers, Series, daily_moods, series_of
from actors.analytics.texts import Kind, association_in_words, method_in_words
from contracts.analytics import LEAST_DAYS, Association, Associations
from contracts.language import Language
from storage.analytics.histories import LoadedPerson

MOST = 300
"""Associations in a reply; those of which least can be said are left out."""

LIKELY_BELOW = 0.05
_OKAY = 3.0
_AT_ONCE = 200_000
"""Days times pairs that are compared at once, so that memory stays small."""

Places = NDArray[np.intp]


class Pairs(NamedTuple):
    """Pairs of a kind: y is compared on days with the habit x and without it.

    `x` and `y` are places among the habits (`y` is 0 for moods), `x_waves` and `y_waves` what they
    point at. `with_x` and `without_x` count the days on which both are known.
    """

    kind: Kind
    x: Places
    y: Places
    x_waves: Waves
    y_waves: Waves
    with_x: Numbers
    without_x: Numbers
    enough: Flags


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An association in numbers: places, days, and what `Association` calls by the same names."""

    kind: Kind
    x: int
    y: int
    with_x: int
    without_x: int
    enough: bool
    effect: float
    low: float
    high: float
    p: float
    q: float

    @property
    def likely(self) -> bool:
        """Tell whether it is hardly chance."""
        return self.enough and self.q < LIKELY_BELOW

    @property
    def rank(self) -> tuple[bool, float, float, int]:
        """Return its place: certain ones first, then strong ones, then those with many days."""
        return not self.enough, self.q, -abs(self.effect), -min(self.with_x, self.without_x)


def associate(
    habits: Sequence[Series],
    moods: Numbers,
    *,
    first: date,
    last: date,
    today: date,
    stamp: int,
    language: Language,
    only: UUID | None = None,
) -> Associations:
    """Report on all pairs, or on those of the habit `only`; the most certain ones first.

    `moods` is the average mood of each day of the range that is over (NaN: none), and the habits
    are laid out over the same days. A pair of which one side never changes is passed over.
    """
    found: list[_Candidate] = []
    if habits and len(moods):
        wanted = np.array([only is None or habit.habit_id == only for habit in habits])
        following = np.append(moods[1:], np.nan)
        found = _in_numbers(
            [
                _with_moods("mood_same_day", habits, moods, wanted),
                _with_moods("mood_next_day", habits, following, wanted),
                _with_each_other(habits, wanted),
            ],
            turning(len(moods)),
        )
    return Associations(
        first=first,
        last=last,
        today=today,
        stamp=stamp,
        tested=sum(one.enough for one in found),
        method=method_in_words(language, LEAST_DAYS),
        associations=tuple(
            _in_words(one, habits, language)
            for one in sorted(found, key=lambda one: one.rank)[:MOST]
        ),
    )


def associate_loaded(
    loaded: LoadedPerson,
    *,
    first: date,
    last: date,
    today: date,
    language: Language,
    only: UUID | None = None,
) -> Associations:
    """Report on what was loaded, of days `window_days` before `first` and on (`associate`).

    An archived habit counts until its last day in use.
    """
    person, end = loaded.person, min(last, today - timedelta(days=1))
    habits = [
        series_of(
            row.habit_id,
            row.name,
            row.promise,
            entries_of(row),
            row.rests,
            first,
            end,
            until=last_in_use(row, person, entries_of(row)),
        )
        for row in loaded.habits
    ]
    return associate(
        habits,
        daily_moods(((entry.day, entry.mood) for entry in loaded.entries), first, end),
        first=first,
        last=last,
        today=today,
        stamp=person.stamp,
        language=language,
        only=only,
    )


def _with_moods(kind: Kind, habits: Sequence[Series], moods: Numbers, wanted: Flags) -> Pairs:
    """Pair each habit that is wanted with the moods."""
    felt, turn = ~np.isnan(moods), turning(len(moods))
    known = np.array([habit.known for habit in habits])
    kept = np.array([habit.kept for habit in habits]) & known
    common = known & felt
    with_x, without_x = (common & kept).sum(axis=1), (common & ~kept).sum(axis=1)
    lowest = np.where(common, moods, np.inf).min(axis=1)
    highest = np.where(common, moods, -np.inf).max(axis=1)
    (x,) = np.nonzero(wanted & (with_x > 0) & (without_x > 0) & (highest > lowest))
    with_x, without_x = with_x[x].astype(np.float64), without_x[x].astype(np.float64)
    return Pairs(
        kind,
        x,
        np.zeros_like(x),
        waves(kept, known, turn),
        waves(moods[None] - _OKAY, felt[None], turn),
        with_x,
        without_x,
        np.minimum(with_x, without_x) >= LEAST_DAYS,
    )


def _with_each_other(habits: Sequence[Series], wanted: Flags) -> Pairs:
    """Pair each two habits once, of which one is wanted.

    x is the one that was kept and left more evenly, for the comparison is surer then; if there is
    not enough, it is the one that lacks the days. Both need enough days of either sort.
    """
    due = np.array([habit.due for habit in habits])
    kept = np.array([habit.kept for habit in habits]) & due
    days, kept_days = due.astype(np.float64), kept.astype(np.float64)
    both, having = days @ days.T, kept_days @ days.T
    scarcer = np.minimum(having, both - having)
    i, j = np.triu_indices(len(habits), 1)
    some = (scarcer[i, j] > 0) & (scarcer[j, i] > 0) & (wanted[i] | wanted[j])
    i, j = i[some], j[some]
    enough = np.minimum(scarcer[i, j], scarcer[j, i]) >= LEAST_DAYS
    turned = np.where(enough, scarcer[j, i] > scarcer[i, j], scarcer[j, i] < scarcer[i, j])
    x, y = np.where(turned, j, i), np.where(turned, i, j)
    spectra = waves(kept, due, turning(due.shape[1]))
    with_x, without_x = having[x, y], both[x, y] - having[x, y]
    return Pairs("habit", x, y, spectra, spectra, with_x, without_x, enough)


def _in_numbers(kinds: Sequence[Pairs], turn: int) -> list[_Candidate]:
    """Work out what there is enough of, and correct for all comparisons of the report."""
    compared = [_compared(pairs, turn) for pairs in kinds]
    q = np.split(
        corrected(np.concatenate([each.p for each in compared])),
        np.cumsum([len(each.p) for each in compared[:-1]]),
    )
    found: list[_Candidate] = []
    for pairs, result, corrected_p in zip(kinds, compared, q, strict=True):
        numbers = np.tile((0.0, 0.0, 0.0, 1.0, 1.0), (len(pairs.x), 1))
        numbers[pairs.enough] = np.column_stack([*result, corrected_p])
        places = np.column_stack([pairs.x, pairs.y, pairs.with_x, pairs.without_x]).astype(int)
        found += [
            _Candidate(pairs.kind, x, y, with_x, without_x, enough, *of)
            for (x, y, with_x, without_x), enough, of in zip(
                places.tolist(), pairs.enough.tolist(), numbers.tolist(), strict=True
            )
        ]
    return found


def _compared(pairs: Pairs, turn: int) -> Compared:
    """Compare those pairs that have enough days, some at a time."""
    x, y = pairs.x[pairs.enough], pairs.y[pairs.enough]
    step = max(1, _AT_ONCE // turn)
    parts = [
        compare(pairs.x_waves.rows(x[at : at + step]), pairs.y_waves.rows(y[at : at + step]), turn)
        for at in range(0, len(x), step)
    ]
    if not parts:
        return Compared(*np.zeros((4, 0)))
    widest = 1.0 if pairs.kind == "habit" else 4.0
    effect, low, high, p = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Compared(effect, np.maximum(low, -widest), np.minimum(high, widest), p)


def _in_words(found: _Candidate, habits: Sequence[Series], language: Language) -> Association:
    """Put an association into words; numbers are rounded to what is worth saying."""
    habit, other = habits[found.x], habits[found.y] if found.kind == "habit" else None
    several = (found.effect, found.low, found.high, found.p, found.q)
    effect, low, high, p, q = (round(n, 6) if found.enough else None for n in several)
    return Association(
        kind=found.kind,
        habit_id=habit.habit_id,
        name=habit.name,
        other_id=other.habit_id if other else None,
        other=other.name if other else "",
        with_days=found.with_x,
        without_days=found.without_x,
        enough=found.enough,
        effect=effect,
        low=low,
        high=high,
        p=p,
        q=q,
        likely=found.likely,
        text=association_in_words(
            language,
            found.kind,
            habit=habit.name,
            other=other.name if other else "",
            days=(found.with_x, found.without_x, LEAST_DAYS),
            effect=effect,
            likely=found.likely,
        ),
    )
