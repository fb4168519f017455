"""What the analytics room decides: which days a report speaks of, and which come before them."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, NamedTuple

from contracts.analytics import LONGEST
from contracts.message import Invalid, Wrong
from contracts.page import check_range
from contracts.schedule import WEEKDAYS, Weekday
from contracts.time import FIRST_DAY, LAST_DAY

MONTH_LONG, YEAR_LONG = 30, 365
"""Days of a report if nobody says: of a summary, and of the others."""

_DAYWISE, _WEEKWISE = 31, 183
_ONE = timedelta(days=1)

Period = Literal["day", "week", "month", "year"]


class Range(NamedTuple):
    """Days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Count them."""
        return (self.last - self.first).days + 1


def range_of(first: date | None, last: date | None, today: date, usual: int) -> Range:
    """Return the range that was asked for; what is not said makes it `usual` days until today.

    Refuses with `Invalid` (`range_reversed`, `range_too_long`).
    """
    if last is None:
        last = max(today, first or today)
    if first is None:
        first = _known(last - timedelta(days=usual - 1))
    check_range(first, last)
    found = Range(first, last)
    if found.days > LONGEST:
        text = "These are too many days; ask for at most {most}."
        wrong = Wrong(pointer="/from", detail="this day lies too far before `to`")
        raise Invalid("range_too_long", text, fields=(wrong,), most=LONGEST)
    return found


def range_or_period(
    first: date | None,
    last: date | None,
    period: Period | None,
    day: date | None,
    today: date,
    week_start: Weekday,
) -> Range:
    """Return the range that was asked for, or the period around `day`; a day alone is a period.

    Refuses with `Invalid`: `range_and_period`, and as `range_of` does.
    """
    if period is None and day is None:
        return range_of(first, last, today, MONTH_LONG)
    if first is not None or last is not None:
        text = "Ask for a range of days or for a period, not for both."
        wrong = Wrong(pointer="/period", detail="goes without `from` and `to`")
        raise Invalid("range_and_period", text, fields=(wrong,))
    return period_around(period or "day", day or today, week_start)


def period_around(period: Period, day: date, week_start: Weekday) -> Range:
    """Return the day, week, month or year that a day lies in."""
    if period == "day":
        return Range(day, day)
    if period == "week":
        first = day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_start)) % 7)
        return Range(_known(first), _known(first + timedelta(days=6)))
    if period == "month":
        return Range(day.replace(day=1), _month_end(day))
    return Range(date(day.year, 1, 1), date(day.year, 12, 31))


def before(of: Range) -> Range:
    """Return the days to compare with: the month before a whole month, the year before a whole
    year, else as many days as there are. They may lie before all days that Ritmo knows.
    """
    first, last = of
    eve = first - _ONE
    if (first.month, first.day) == (1, 1) and last == date(first.year, 12, 31):
        return Range(date(eve.year, 1, 1), eve)
    if first.day == 1 and last == _month_end(first):
        return Range(eve.replace(day=1), eve)
    return Range(first - timedelta(days=of.days), eve)


def steps_of(of: Range, week_start: Weekday) -> list[Range]:
    """Cut a range: into days up to 31 of them, weeks up to half a year, else calendar months."""
    period: Period = "month"
    if of.days <= _WEEKWISE:
        period = "day" if of.days <= _DAYWISE else "week"
    found, at = [], of.first
    while at <= of.last:
        end = min(period_around(period, at, week_start).last, of.last)
        found.append(Range(at, end))
        at = end + _ONE
    return found


def shown(of: Range) -> Range:
    """Return a range without the days that Ritmo does not know."""
    return Range(_known(of.first), _known(of.last))


def _known(day: date) -> date:
    """Return the nearest day that Ritmo knows."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def _month_end(day: date) -> date:
    """Return the last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])
