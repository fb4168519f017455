"""What still counts from before a break: the window of a score moves over days in use only.

A score by a window (`score.py`) looks back on so many days. Days of a break are not among them, so
after a break it looks back on days before it. These entries are held, each dated later by the
length of the break: as if there had been none. A break takes whole periods out (weeks, of what is
asked for by the week), so that Monday's window ends before a Monday, as it would have: the days
before it that fill up its last period do not count any more.
"""

from collections.abc import Mapping
from typing import NamedTuple

from contracts.keeping.promise import Entries, among


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
