"""Habitica's user data: dailies and habits with their history.

The file also holds keys of the account and devices: only tasks, tags and how the person's day
begins are read, and nothing else is kept. A tick of a daily is of the day of its instant; a row
without one is written when the next day begins, and is of the day before. Old rows tell a tick by
their value alone, which rises. Old history is thinned out by Habitica: days may be missing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import BinaryIO

from actors.habits.draft import (
    NO,
    NONSENSE,
    UNKNOWN,
    YES,
    Draft,
    Row,
    Words,
    all_found,
    amount,
)
from actors.habits.fit import Changed
from actors.habits.json_file import Fields, document
from contracts.schedule import WEEKDAYS

_ONE_DAY = timedelta(days=1)
_REPEAT = ("m", "t", "w", "th", "f", "s", "su")
_MAX_EVERY = 366


class Habitica:
    """User data of Habitica: its dailies, then its habits."""

    tracker = "habitica"

    def __init__(self, file: BinaryIO, last_day: date) -> None:
        """Read it; days after `last_day` are skipped. Refuses with `Invalid`."""
        held = document(file)
        tasks, prefers = held.within("tasks"), held.within("preferences")
        self._late = timedelta(
            minutes=prefers.number("timezoneOffset") or 0, hours=prefers.number("dayStart") or 0
        )
        if abs(self._late) > 2 * _ONE_DAY:
            self._late = timedelta()
        self._tags = {one.text("id"): one.text("name") for one in held.each("tags")}
        self.left_out = +Counter(
            {
                "to-do": len(tasks.items("todos")),
                "reward": len(tasks.items("rewards")),
                "checklist": sum(bool(one.items("checklist")) for one in tasks.each("dailys")),
            }
        )
        drafts = [self._daily(one) for one in tasks.each("dailys")]
        drafts += [self._habit(one) for one in tasks.each("habits")]
        self.habits = all_found(drafts, last_day)

    def _day(self, row: Fields) -> date | None:
        """Return the person's day of a row."""
        millis = row.number("date")
        if millis is None:
            return None
        try:
            return (datetime.fromtimestamp(millis / 1000, UTC) - self._late).date()
        except (ValueError, OverflowError, OSError):
            return None

    def _draft(
        self, task: Fields, plan: partial[Words], rows: partial[Iterator[Row]], *, archived: bool
    ) -> Draft:
        tags = [self._tags.get(one, "") for one in task.texts("tags")]
        return Draft(
            task.text("text"),
            plan,
            rows,
            archived=archived,
            description=task.text("notes"),
            tags=tags,
        )

    def _daily(self, task: Fields) -> Draft:
        never = task.whole("everyX") == 0
        plan = partial(_due, task, never)
        return self._draft(task, plan, partial(self._ticks, task), archived=never)

    def _ticks(self, task: Fields) -> Iterator[Row]:
        """Tell of each day once: a tick outweighs a miss, and what is known what is guessed."""
        said: dict[date, str] = {}
        again = list[date]()
        before: float | None = None
        for row in task.each("history"):
            day, value, done = self._day(row), row.number("value"), row.yes("completed")
            if day is None or (value is None and done is None):
                yield ["", NONSENSE, ""]
                continue
            if done is None:
                rises = before is not None and value is not None and value > before
                falls = before is not None and value is not None and value < before
                says = YES if rises else NO if falls else UNKNOWN
            else:
                says = YES if done else NO if row.yes("isDue") is not False else UNKNOWN
            before = before if value is None else value
            day = day if says == YES else day - _ONE_DAY
            if day in said:
                again.append(day)
            said[day] = min(said.get(day, UNKNOWN), says, key=(YES, NO, UNKNOWN).index)
        yield from ([day.isoformat(), says, ""] for day, says in said.items())
        # A second row of a day is accounted for as one.
        yield from ([day.isoformat(), said[day], ""] for day in again)

    def _habit(self, task: Fields) -> Draft:
        up = task.yes("up") is not False
        plan = partial(_scored, task, up)
        return self._draft(task, plan, partial(self._scores, task, up), archived=False)

    def _scores(self, task: Fields, up: bool) -> Iterator[Row]:
        """Count what was scored on each day, in the direction that the habit is about."""
        days: Counter[date] = Counter()
        before = 0.0
        for row in task.each("history"):
            day, value = self._day(row), row.number("value")
            counted = row.whole("scoredUp" if up else "scoredDown")
            if day is None or (value is None and counted is None):
                yield ["", NONSENSE, ""]
                continue
            if counted is None:
                counted = int((value or 0) > before if up else (value or 0) < before)
            before = before if value is None else value
            days[day] += max(0, counted)
        for day, count in days.items():
            yield [day.isoformat(), amount(count) if count else UNKNOWN, ""]


def _scored(task: Fields, up: bool, changes: list[Changed]) -> Words:
    downs = sum(max(0, one.whole("scoredDown") or 0) for one in task.each("history"))
    if up and downs:
        changes.append(Changed("downs_dropped", {"count": downs}))
    return {"measure": "count", "kind": "build" if up else "quit"}


def _due(task: Fields, never: bool, changes: list[Changed]) -> Words:
    """Read when a daily is due. Raises `ValueError`."""
    if never:
        changes.append(Changed("never_due"))
        return {}
    every = task.whole("everyX") or 1
    if not 0 < every <= _MAX_EVERY:
        raise ValueError("the frequency is not a number of times in a number of days")
    repeat = task.within("repeat")
    days = [name for name, key in zip(WEEKDAYS, _REPEAT, strict=True) if repeat.yes(key)]
    return {"schedule": _schedule(task, every, days)}


def _schedule(task: Fields, every: int, days: Sequence[str]) -> Mapping[str, object]:
    how = task.text("frequency") or "weekly"
    short = ",".join(day[:2].upper() for day in days)
    if how == "daily":
        return {"every": "day"} if every == 1 else {"every": "n_days", "n": every}
    if how == "weekly":
        if not days or (len(days) == len(WEEKDAYS) and every == 1):
            return {"every": "day"}
        if every == 1:
            return {"every": "weekdays", "days": days}
        return _rule(f"FREQ=WEEKLY;INTERVAL={every};BYDAY={short}")
    if how == "monthly":
        dates = [one for one in _wholes(task, "daysOfMonth") if one]
        weeks = _wholes(task, "weeksOfMonth")
        if weeks and days:
            named = ",".join(f"{week + 1}{day[:2].upper()}" for week in weeks for day in days)
            return _rule(f"FREQ=MONTHLY;INTERVAL={every};BYDAY={named}")
        if dates and every == 1:
            return {"every": "month_days", "days": dates}
        if dates:
            return _rule(f"FREQ=MONTHLY;INTERVAL={every};BYMONTHDAY={','.join(map(str, dates))}")
    began = task.text("startDate")[:10]
    if how == "yearly" and began:
        day = date.fromisoformat(began)
        if every == 1:
            return {"every": "year", "month": day.month, "day": day.day}
        return _rule(f"FREQ=YEARLY;INTERVAL={every};BYMONTH={day.month};BYMONTHDAY={day.day}")
    raise ValueError("it does not say when it is due")


def _wholes(task: Fields, name: str) -> list[int]:
    return [one for one in task.items(name) if isinstance(one, int) and not isinstance(one, bool)]


def _rule(rule: str) -> Mapping[str, object]:
    return {"every": "rule", "rrule": rule}
