"""Short ways to write down a habit and its days in tests."""

from collections.abc import Mapping
from datetime import date, timedelta

from contracts.habit import Kind, Measure, Target, Version
from contracts.keeping.promise import Promise
from contracts.schedule import EveryDay, Schedule, Weekday

MONDAY = date(2024, 1, 1)


def day(number: int) -> date:
    """Return the day that comes `number` days after a certain Monday."""
    return MONDAY + timedelta(days=number)


def version(
    begin: int = 0,
    schedule: Schedule | None = None,
    target: Target | None = None,
    week_start: Weekday = "mon",
    anchor: int | None = None,
) -> Version:
    """Make a version that holds from day number `begin` on."""
    return Version(
        effective_from=day(begin),
        schedule=schedule or EveryDay(),
        target=target,
        anchor=day(begin if anchor is None else anchor),
        week_start=week_start,
    )


def promise(*versions: Version, kind: Kind = "build", measure: Measure = "yes_no") -> Promise:
    """Make a habit with these versions; by default a daily yes/no one from day number 0 on."""
    versions = versions or (version(),)
    return Promise(kind, measure, versions[0].effective_from, versions)


def days(values: Mapping[int, int]) -> dict[int, int]:
    """Turn day numbers with thousandths into entries."""
    return {day(number).toordinal(): value for number, value in values.items()}


def done(*numbers: int) -> dict[int, int]:
    """Make entries of days that were simply done."""
    return days(dict.fromkeys(numbers, 1000))
