"""What stands in a calendar: series of a habit's due days, and single days. Pure.

Each version of a habit's schedule is a series of its own, from the day it holds until the next
one, so that a change never moves the past. The days are those of `contracts.keeping.due`; a rule
begins on the first of them (RFC 5545, section 3.8.5.3: DTSTART is the first occurrence).
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from contracts.calendar import FeedWords
from contracts.habit import CheckInState, Kind, Measure, Version, bears
from contracts.keeping.due import due_days
from contracts.recurrence import parts_of
from contracts.schedule import WEEKDAYS, Rule, Schedule, Times, Weekdays

HORIZON = 3045
"""Days in which a plan that has a due day at all has one: leap days may be eight years apart."""

DONE_DAYS = 60
"""Days back on which an occurrence is marked as done: a feed is a plan, not a history."""

HISTORY_DAYS = 400
"""Days that a feed of check-ins, or of the diary, reaches back."""

REST_DAYS = 800
"""Days ahead of which a break takes occurrences out; a longer one does so later."""

MAX_EXCEPTIONS = 1_000
"""Days that are taken out of one series, at most; the nearest to today stay out."""


@dataclass(frozen=True, slots=True)
class PlannedHabit:
    """A habit, as far as a calendar shows it; `ended`: the day it was archived."""

    habit_id: UUID
    name: str
    kind: Kind
    measure: Measure
    unit: str
    tags: tuple[str, ...]
    versions: tuple[Version, ...]
    ended: date | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class LoggedDay:
    """What is logged on a day of a habit: thousandths, and what the day was."""

    day: date
    value: int
    state: CheckInState


@dataclass(frozen=True, slots=True)
class ReminderTimes:
    """When a habit's days come to mind: minutes after midnight, by the days of the week."""

    times: tuple[int, ...]
    weekdays: frozenset[int]


@dataclass(frozen=True, slots=True)
class RecurringDays:
    """Occurrences of a habit by a rule (RFC 5545), whole days from `first` to `until`.

    `at`: minutes after midnight at which they stand; None: they are whole days. `without`: days
    that are taken out; `done`: those that are marked; `alarms`: minutes after midnight.
    """

    uid: str
    habit: PlannedHabit
    first: date
    rule: str
    until: date | None = None
    at: int | None = None
    without: tuple[date, ...] = ()
    done: tuple[LoggedDay, ...] = ()
    alarms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Single:
    """One whole day: what was done for a habit, or (without one) that something was written."""

    uid: str
    day: date
    habit: PlannedHabit | None = None
    logged: LoggedDay | None = None
    moods: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class VersionDays:
    """Days from `first` on under one version of a habit; `last` None: for good."""

    version: Version
    first: date
    last: date | None


def shown(feed: FeedWords, habits: Iterable[PlannedHabit]) -> list[PlannedHabit]:
    """Return the habits that a feed shows. What is to be left asks for no day in a plan, so it
    stands in one only if it is named.
    """
    if feed.habit_id is not None:
        return [habit for habit in habits if habit.habit_id == feed.habit_id]
    return [
        habit
        for habit in habits
        if (feed.tag is None or bears(habit.tags, feed.tag))
        and (feed.shows == "history" or habit.kind == "build")
    ]


def series_of(
    habit: PlannedHabit,
    logged: Sequence[LoggedDay],
    breaks: Sequence[tuple[date, date]],
    plan: ReminderTimes | None,
    today: date,
    *,
    timed: bool = False,
    alarms: bool = True,
    day_start: int = 0,
) -> list[RecurringDays]:
    """Return a habit's due days as series, one for each version that has a day."""
    found = []
    for stretch in _stretches(habit):
        schedule, anchor = stretch.version.schedule, stretch.version.anchor
        first = _first_due(schedule, anchor, stretch.first, stretch.last)
        if first is None:
            continue
        rule, until = _rule(stretch, first)
        times = plan.times if plan and _rings(plan, schedule) else ()
        # A time before the day begins belongs to the night after: the rule would name other days.
        at = next((time for time in times if time >= day_start), None) if timed else None
        last = min(stretch.last or today + timedelta(days=REST_DAYS), until or date.max)
        found.append(
            RecurringDays(
                uid=f"{habit.habit_id}-{stretch.version.effective_from:%Y%m%d}",
                habit=habit,
                first=first,
                rule=rule,
                until=until,
                at=at,
                without=_exceptions(schedule, anchor, first, last, logged, breaks, today),
                done=_done(schedule, anchor, first, last, logged, today),
                alarms=times if alarms else (),
            )
        )
    return found


def history_of(habit: PlannedHabit, logged: Iterable[LoggedDay], today: date) -> list[Single]:
    """Return what was done for a habit, a day each."""
    since = today - timedelta(days=HISTORY_DAYS)
    return [
        Single(f"{habit.habit_id}-done-{one.day:%Y%m%d}", one.day, habit, one)
        for one in logged
        if one.state in ("done", "partial") and one.day >= since
    ]


def diary_of(entries: Iterable[tuple[date, int | None]], today: date) -> list[Single]:
    """Return the days on which something was written, with the moods of the day."""
    since = today - timedelta(days=HISTORY_DAYS)
    moods: dict[date, list[int]] = {}
    for day, mood in entries:
        if day >= since:
            moods.setdefault(day, []).extend([] if mood is None else [mood])
    return [Single(f"diary-{day:%Y%m%d}", day, moods=tuple(moods[day])) for day in sorted(moods)]


def _stretches(habit: PlannedHabit) -> list[VersionDays]:
    """Split a habit's time by its versions; an archived one ends the day before it was."""
    ends = [version.effective_from - timedelta(days=1) for version in habit.versions[1:]]
    found = []
    for version, end in zip(habit.versions, [*ends, None], strict=True):
        if habit.ended is not None:
            end = min(end or date.max, habit.ended - timedelta(days=1))
        if end is None or version.effective_from <= end:
            found.append(VersionDays(version, version.effective_from, end))
    return found


def _days(schedule: Schedule, anchor: date, first: date, last: date) -> Container[int]:
    """Return the due days from `first` to `last`, as ordinals."""
    return due_days(schedule, anchor, first.toordinal(), last.toordinal())


def _first_due(schedule: Schedule, anchor: date, first: date, last: date | None) -> date | None:
    """Return the first due day of a stretch; None if it has none."""
    first = max(first, anchor)
    for reach in (40, 400, HORIZON):
        end = min(last or date.max, first + timedelta(days=reach))
        due = _days(schedule, anchor, first, end)
        for day in range(first.toordinal(), end.toordinal() + 1):
            if day in due:
                return date.fromordinal(day)
    return None


def _last_due(schedule: Schedule, anchor: date, first: date, last: date) -> date:
    """Return the last due day from `first`, which is one, to `last`."""
    end = last
    while end > first:
        begin = max(first, end - timedelta(days=400))
        due = _days(schedule, anchor, begin, end)
        for day in range(end.toordinal(), begin.toordinal() - 1, -1):
            if day in due:
                return date.fromordinal(day)
        end = begin
    return first


def _rule(stretch: VersionDays, first: date) -> tuple[str, date | None]:
    """Return the rule of a stretch whose first due day is `first`, and its last day if it ends.

    COUNT and UNTIL of a person's own rule are of the whole rule, which may have begun before: what
    is left of the count is counted anew, and an end is told apart, for it is written as the
    occurrences are.
    """
    schedule, anchor = stretch.version.schedule, stretch.version.anchor
    # Any day may serve for so many times a week; a rule has no other way to say it.
    parts = parts_of("FREQ=DAILY" if isinstance(schedule, Times) else schedule.to_rrule())
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    end = stretch.last
    if until is not None:
        end = min(end or date.max, date.fromisoformat(until))
    if end is not None:
        end = _last_due(schedule, anchor, first, end)
    elif count is not None:
        due = _days(schedule, anchor, anchor, first)
        before = sum(day in due for day in range(anchor.toordinal(), first.toordinal()))
        parts["COUNT"] = str(int(count) - before)
    if isinstance(schedule, Rule):
        parts.setdefault("WKST", "MO")
    return ";".join(f"{name}={value}" for name, value in parts.items()), end


def _exceptions(
    schedule: Schedule,
    anchor: date,
    first: date,
    last: date,
    logged: Iterable[LoggedDay],
    breaks: Iterable[tuple[date, date]],
    today: date,
) -> tuple[date, ...]:
    """Return the due days that breaks and skips take out, as far ahead as `REST_DAYS`."""
    rests = {one.day.toordinal() for one in logged if one.state == "skipped"}
    oldest = max(first, today - timedelta(days=HISTORY_DAYS))
    newest = min(last, today + timedelta(days=REST_DAYS))
    for begin, end in breaks:
        rests.update(range(max(begin, oldest).toordinal(), min(end, newest).toordinal() + 1))
    rests = {day for day in rests if first.toordinal() <= day <= last.toordinal()}
    if not rests:
        return ()
    due = _days(schedule, anchor, date.fromordinal(min(rests)), date.fromordinal(max(rests)))
    out = sorted((day for day in rests if day in due), key=lambda day: abs(day - today.toordinal()))
    return tuple(date.fromordinal(day) for day in sorted(out[:MAX_EXCEPTIONS]))


def _done(
    schedule: Schedule,
    anchor: date,
    first: date,
    last: date,
    logged: Iterable[LoggedDay],
    today: date,
) -> tuple[LoggedDay, ...]:
    """Return the due days of late that are done."""
    since = max(first, today - timedelta(days=DONE_DAYS))
    if since > last:
        return ()
    due = _days(schedule, anchor, since, max(since, min(last, today + timedelta(days=1))))
    marked = (
        one
        for one in logged
        if one.state == "done" and since <= one.day <= last and one.day.toordinal() in due
    )
    return tuple(sorted(marked, key=lambda one: one.day))


def _rings(plan: ReminderTimes, schedule: Schedule) -> bool:
    """Tell whether a reminder comes on all days of a schedule: an alarm rings at each."""
    if isinstance(schedule, Weekdays):
        return {WEEKDAYS.index(day) for day in schedule.days} <= plan.weekdays
    return len(plan.weekdays) == len(WEEKDAYS)
