"""The rules of the room, without I/O.

Of backups: how they are called, which are kept, and when the next one is due. Of what people take
away: how other trackers write it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contracts.schedule import EveryNDays, Schedule, Times, Weekdays

NAME = re.compile(r"ritmo-(\d{8}T\d{6}Z)-[0-9a-f]{8}")
"""How a backup is called: when it was begun (UTC), and something that nobody else has."""

STALE = timedelta(hours=2)
"""For how long after it was due a backup may be missing before somebody is told."""

FIRST = timedelta(hours=1)
"""After so long a Ritmo makes its first backup: by then there is something to keep."""

AGAIN = timedelta(minutes=30)
"""Pause after a try that failed."""


@dataclass(frozen=True, slots=True, order=True)
class MadeBackup:
    """A backup that is whole: when it was begun, its name, and whether it was verified."""

    at: datetime
    name: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days, weeks and months keep a backup each: the newest of them (UTC)."""

    days: int = 7
    weeks: int = 4
    months: int = 12


def named(at: datetime, mark: str) -> str:
    """Name a backup that is begun now; `mark` is eight hexadecimal digits."""
    return f"ritmo-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{mark}"


def begun_at(name: str) -> datetime | None:
    """Return when a backup was begun, by its name; None if it is none."""
    found = NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def kept(backups: Iterable[MadeBackup], keep: Retention) -> set[str]:
    """Return the names of the backups to keep: grandfather, father and son.

    Of each of the last days, weeks and months that have one the newest is kept, a verified one
    before others. They are counted by what there is, not by a clock: after a long stop, or under a
    clock that is wrong, nothing goes that has no successor. The newest is kept, and so is the
    newest that was verified, whatever else.
    """
    ordered = sorted(backups, reverse=True)
    found = {one.name for one in ordered[:1]}
    found |= {one.name for one in [one for one in ordered if one.verified][:1]}
    for form, count in (("%Y-%m-%d", keep.days), ("%G-%V", keep.weeks), ("%Y-%m", keep.months)):
        best: dict[str, MadeBackup] = {}
        for one in ordered:
            span = one.at.astimezone(UTC).strftime(form)
            held = best.get(span)
            if held is None or (one.verified and not held.verified):
                best[span] = one
        found |= {best[span].name for span in sorted(best, reverse=True)[:count]}
    return found


def is_due(
    now: datetime, every: timedelta, since: datetime, last: datetime | None, failed: datetime | None
) -> bool:
    """Tell whether a backup, or a drill, is due: `since` is when Ritmo came here.

    `last` is when the last one was made, `failed` when one last failed.
    """
    if failed is not None and now - failed < AGAIN:
        return False
    if last is None:
        return now - since >= min(FIRST, every)
    # A clock that was set back is no reason to make none for years.
    return abs(now - last) >= every


def stale_at(every: timedelta, since: datetime, last: datetime | None) -> datetime:
    """Return by when a backup must be there, a while after it was due."""
    if last is None:
        return since + max(every, FIRST) + STALE
    return last + every + STALE


def frequency_of(schedule: Schedule) -> tuple[int, int]:
    """Return how many times in how many days, as near as Loop can say it."""
    if isinstance(schedule, Times):
        return schedule.frequency
    if isinstance(schedule, Weekdays):
        return len(schedule.days), 7
    return (1, schedule.n) if isinstance(schedule, EveryNDays) else (1, 1)
