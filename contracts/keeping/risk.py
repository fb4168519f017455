"""Which streaks end today unless something is done: the one rule of reminders, summary and digest.

A streak ends today if it ends without anything more being done today, however much is done on the
days that follow, and does not if today is done as well. A week with two places left and two days
to go is at risk; with three days to go it is not. Where less is better, a day is done by logging
it as nothing. What is planned for the days that follow (breaks, another schedule or target,
another first day of the week) counts as it is planned.
"""

from datetime import date

from contracts.keeping.cycle import cycle_of
from contracts.keeping.progress import Progress, advance, standing
from contracts.keeping.promise import Entries, Promise, Rests, Terms, resting
from contracts.keeping.streak import Run


def ends_today(
    progress: Progress, promise: Promise, entries: Entries, rests: Rests, day: date
) -> bool:
    """Tell whether the streak under way ends with `day` unless something is done on it.

    `progress` is settled before `day`. A day at rest asks for nothing; what broke already cannot
    end.
    """
    rests, today = tuple(rests), day.toordinal()
    if day < promise.start or today in resting(entries, rests, today, today):
        return False
    progress = advance(progress, promise, entries, rests, date.fromordinal(today - 1))
    if not standing(progress, promise, entries, rests, day).streak:
        return False
    cycle = cycle_of(promise.terms_on(day))
    last = cycle.bounds(today)[1] if cycle else today
    without = {**entries, **_all_done(promise, entries, rests, today + 1, last)}
    done = {**without, **_all_done(promise, entries, rests, today, today)}
    return _ends(progress, promise, without, rests, last) and not _ends(
        progress, promise, done, rests, last
    )


def _all_done(
    promise: Promise, entries: Entries, rests: Rests, first: int, last: int
) -> dict[int, int]:
    """Return what to log from `first` to `last` so that no more could be done."""
    found = {}
    for terms, begin, end in promise.stretches(first, last):
        rest = resting(entries, rests, begin, end)
        for day in range(begin, end + 1):
            if day not in rest:
                found[day] = _enough(terms, entries.get(day))
    return found


def _enough(terms: Terms, logged: int | None) -> int:
    """Return what keeps a day, beside what was logged on it; in thousandths."""
    if terms.at_most:
        return logged or 0
    whole = max(terms.least, 1000) if terms.counting else terms.limit
    return max(logged or 0, whole)


def _ends(progress: Progress, promise: Promise, entries: Entries, rests: Rests, last: int) -> bool:
    """Tell whether the streak of yesterday has ended when the day `last` is over."""
    ended: list[Run] = []
    advance(progress, promise, entries, rests, date.fromordinal(last), ended)
    return bool(ended)
