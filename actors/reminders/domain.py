"""What the reminders room decides: whether a reminder that is due has anything to say.

Pure: rules of due days and streaks are in `contracts/keeping`, of times in `firing.py`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

from contracts.habit import StreakUnit, Version
from contracts.keeping.cycle import cycle_of
from contracts.keeping.due import due_days
from contracts.keeping.progress import Progress, Standing, standing
from contracts.keeping.promise import SKIPPED, Entries, Promise
from contracts.keeping.risk import ends_today
from contracts.quantity import MIN_STREAK
from contracts.reminders import ReminderKind, SilentReason
from contracts.schedule import Times

HISTORY = 400
"""Days that the room remembers: no streak is longer to it."""

LONGEST_WAIT = 30
"""Days between two nudges, at most."""

Rest = tuple[date, date]


class Seen(NamedTuple):
    """What is known of a habit when a reminder of it is due; `logged` is its last logged day."""

    promise: Promise | None
    archived: bool = False
    gone: bool = False
    entries: Entries = MappingProxyType({})
    rests: Sequence[Rest] = ()
    logged: date | None = None


class Conditions(NamedTuple):
    """What a rule asks before it speaks; see `ReminderWords`.

    `ignored`: how many nudges came since the last check-in, the last one on `nudged_day`.
    """

    kind: ReminderKind
    streak: int = 3
    after_days: int = 3
    ignored: int = 0
    nudged_day: date | None = None
    created_day: date = date.min


class Verdict(NamedTuple):
    """Whether a reminder speaks (`reason` None) or why not; with the numbers that it speaks of."""

    reason: SilentReason | None = None
    streak: int = 0
    streak_unit: StreakUnit = "day"
    silent_days: int = 0


def first_needed(promise: Promise, kind: ReminderKind, day: date) -> date:
    """Return the first day whose entries are needed to decide about `day`."""
    if kind == "at_risk":
        return max(promise.start, day - timedelta(days=HISTORY))
    if is_plain(promise.version_on(day)):
        return day
    terms = promise.terms_on(day)
    target = terms.version.target
    if cycle := cycle_of(terms):
        return date.fromordinal(cycle.bounds(day.toordinal())[0])
    return day - timedelta(days=target.days or 1) if target and target.days else day


def is_plain(version: Version) -> bool:
    """Tell whether each day is judged by itself: neither weeks nor windows count."""
    target = version.target
    if target is not None:
        return target.per == "day"
    return not isinstance(version.schedule, Times)


def decide(asking: Conditions, seen: Seen | None, day: date, *, written: bool = False) -> Verdict:
    """Decide whether a reminder for `day` speaks; `seen` None: it is of no habit.

    `written`: it was to be silent once the diary has an entry, and it has.
    """
    if seen is None:
        return Verdict("written" if written else None)
    if seen.gone or seen.promise is None:
        return Verdict("habit_gone")
    if seen.archived:
        return Verdict("archived")
    if seen.rests and any(first <= day <= last for first, last in seen.rests):
        return Verdict("on_break")
    reason = _settled(seen.promise, seen, day)
    if asking.kind == "at_risk":
        return _at_risk(asking, seen.promise, seen, day, reason)
    if reason or asking.kind != "silence":
        return Verdict(reason)
    base = silent_since(asking, seen.logged, seen.promise.start, seen.rests, day)
    silent = (day - base).days
    if silent < wait_of(asking.after_days, fresh(asking, seen.logged).ignored):
        return Verdict("not_silent_long", silent_days=silent)
    logged = seen.logged or max(seen.promise.start, asking.created_day)
    return Verdict(silent_days=max((day - logged).days, silent))


def _settled(promise: Promise, seen: Seen, day: date) -> SilentReason | None:
    """Say why nothing is left to do on a day, or None."""
    at, version = day.toordinal(), promise.version_on(day)
    value = seen.entries.get(at)
    if value == SKIPPED:
        return "skipped"
    if value is not None:
        state = promise.terms_on(day).judge(value)
        if state in ("done", "failed"):
            return "done" if state == "done" else "failed"
    if day < promise.start:
        return "not_due"
    if is_plain(version):
        return None if at in due_days(version.schedule, version.anchor, at, at) else "not_due"
    now = stand(promise, seen, first_needed(promise, "fixed", day), day)
    if not promise.terms_on(day).at_most and now.needed and now.done >= now.needed:
        return "done"
    return None if now.due else "not_due"


def stand(promise: Promise, seen: Seen, first: date, day: date) -> Standing:
    """Show where a habit stands on `day`, as if it had begun on `first`."""
    return standing(_eve_of(promise, first), promise, seen.entries, seen.rests, day)


def _eve_of(promise: Promise, first: date) -> Progress:
    """Return a progress as if a habit had begun on `first`, of a score that does not matter."""
    return Progress(max(promise.start, first).toordinal() - 1, 0.0)


def _at_risk(
    asking: Conditions, promise: Promise, seen: Seen, day: date, reason: SilentReason | None
) -> Verdict:
    """Say whether a streak long enough ends today unless something is done.

    It may although the day by itself is settled: a day of a week that was not done today.
    """
    first = first_needed(promise, "at_risk", day)
    now = stand(promise, seen, first, day)
    if now.streak >= max(MIN_STREAK, asking.streak) and ends_today(
        _eve_of(promise, first), promise, seen.entries, seen.rests, day
    ):
        return Verdict(streak=now.streak, streak_unit=now.unit.per)
    return Verdict(reason or "not_at_risk", now.streak, now.unit.per)


def wait_of(after_days: int, ignored: int) -> int:
    """Return how many days of silence it takes: twice as many for each nudge that was ignored."""
    return min(LONGEST_WAIT, after_days << min(ignored, 5))


def fresh(asking: Conditions, logged: date | None) -> Conditions:
    """Start anew if something was logged since the last nudge."""
    if asking.nudged_day is None or logged is None or logged < asking.nudged_day:
        return asking
    return Conditions(asking.kind, asking.streak, asking.after_days, created_day=asking.created_day)


def silent_since(
    asking: Conditions, logged: date | None, start: date, rests: Sequence[Rest], today: date
) -> date:
    """Return the day from which silence is counted: the last check-in or nudge.

    Days of a break are no silence: it is counted from its end.
    """
    asking = fresh(asking, logged)
    base = logged or max(start, asking.created_day)
    if asking.nudged_day is not None:
        base = max(base, asking.nudged_day)
    for first, last in sorted(rests):
        if first <= today and last > base:
            base = min(last, today)
    return base


def nudge_day(
    asking: Conditions, logged: date | None, start: date, rests: Sequence[Rest], today: date
) -> date:
    """Return the first day on which a nudge after silence may come."""
    base = silent_since(asking, logged, start, rests, today)
    return base + timedelta(days=wait_of(asking.after_days, fresh(asking, logged).ignored))
