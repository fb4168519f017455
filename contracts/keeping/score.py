"""The strength of a habit, between 0 and 1: Loop Habit Tracker's score, taken further.

Loop asks for num times in den days. With f = num/den, each day the score becomes
s = m·s + (1 - m)·p, where m = 0.5 ** (sqrt(f) / 13) and p is how much of what is asked was done in
the last den days (`Score.kt`, `ScoreList.kt` of uhabits-core). For yes/no, num and den are doubled
when f < 1, so that a weekly habit done on shifting weekdays still reaches 1.

- So many times a week, month or n days, and amounts for a week, a month or n days are Loop's, to
  the digit. A day that was skipped leaves s as it is, while the window moves on over it, as in
  Loop. (Loop adds 0.003 to amounts then; Ritmo does not.) Days of a break, which Loop does not
  know, are not in the window at all (`Held`); nor are weeks and months without a due day.
- Where days are due, s moves on each due day that is not at rest, and on no other; p is how much
  of what that day asks was done on it: what is done on other days counts for nothing, as in a
  streak. A due day weighs as much as the days between two of them do in Loop: f = 1/g, where g is
  their gap (`due.py`), over g days makes m = 0.5 ** (sqrt(g) / 13). Daily is Loop's, then; all
  done is p = 1 on each day, and s grows towards 1 as long as something is asked, no longer.
- A target for any n days is judged on due days: there m is Loop's to the power of the gap.

A score by a window looks back on so many days. Days of a break are not among them, so
after a break it looks back on days before it. These entries are held, each dated later by the
length of the break: as if there had been none. A break takes whole periods out (weeks, of what is
asked for by the week), so that Monday's window ends before a Monday, as it would have: the days
before it that fill up its last period do not count any more.
"""

from collections.abc import Container, Mapping
from typing import NamedTuple

from contracts.keeping.due import gaps_between
from contracts.keeping.promise import Entries, Terms, among, total_before


def first_score(terms: Terms) -> float:
    """Return the score before the first day: staying below a limit starts at the top."""
    return 1.0 if terms.at_most else 0.0


def moves(terms: Terms, first: int, last: int) -> Mapping[int, float]:
    """Return the days on which a score moves, with their gap; perhaps some around as well."""
    if not terms.pace.by_day:
        return dict.fromkeys(range(first, last + 1), 1)
    return gaps_between(terms.version.schedule, terms.version.anchor, first, last)


def score_after(
    score: float,
    terms: Terms,
    weights: Mapping[int, float],
    rest: Container[int],
    first: int,
    last: int,
    seen: list[float] | None = None,
    *,
    open_: bool = False,
) -> float:
    """Move a score over the days from `first` to `last`.

    `weights` hold at least the days from `first - window` on (`Terms.weigh`). The score after each
    day is appended to `seen`. `open_`: these days are not over; what is not done yet lowers the
    score by no more than a daily habit's, however rarely it is due.
    """
    pace = terms.pace
    window, get = pace.window, weights.get
    gaps = moves(terms, first, last)
    total = total_before(weights, window, first)
    part, weighed, memory = pace.part(total), 1.0, pace.memory()
    for day in range(first, last + 1):
        change = get(day, 0) - get(day - window, 0)
        if change:
            total += change
            part = pace.part(total)
        gap = gaps.get(day)
        if gap and day not in rest:
            if open_ and part < score:
                gap = 1
            if gap != weighed:
                weighed, memory = gap, pace.memory(gap)
            score = memory * score + (1 - memory) * part
        if seen is not None:
            seen.append(score)
    return score


class Held(NamedTuple):
    """`entries` from before the last break, in order, dated later; those `since` it are as logged.

    `paused`: how long the break under way has lasted; 0: there is none.
    """

    since: int = 0
    paused: int = 0
    entries: tuple[tuple[int, int], ...] = ()

    def pause(self, entries: Entries, first: int, last: int, keep: int) -> "Held":
        """Let days from `first` to `last` rest; `keep` days before a break are held."""
        held = self.entries
        if not self.paused:
            fresh = among(entries, max(self.since, first - keep), first - 1)
            logged = sorted((day, value) for day, value in fresh if value > 0)
            held = (*(one for one in held if one[0] >= first - keep), *logged)
        days = last - first + 1
        return Held(last + 1, self.paused + days, tuple((day + days, value) for day, value in held))

    def resume(self, day: int, period: int) -> "Held":
        """Go on, on the first day after a break, with what asks for periods of so many days."""
        if not self.paused:
            return self
        more = -self.paused % period
        moved = ((at + more, value) for at, value in self.entries)
        return Held(self.since, 0, tuple(one for one in moved if one[0] < day))

    def drop(self, first: int) -> "Held":
        """Forget what lies before `first`."""
        if not self.paused and self.since <= first:
            return Held()
        return self._replace(entries=tuple(one for one in self.entries if one[0] >= first))

    def over(self, entries: Entries) -> Mapping[int, int]:
        """Lay the held entries under those that were logged since."""
        if not self.since:
            return entries
        later = {day: value for day, value in entries.items() if day >= self.since}
        return {**dict(self.entries), **later}
