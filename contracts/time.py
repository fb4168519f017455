"""The logical day: which day it is for a person, in their zone and with their day start.

The one implementation for all. An instant is an aware `datetime`; a zone is an IANA name; a day
start is minutes after midnight (or a `time`). Where the clock jumps ahead, a time that does not
exist is read with the offset before the jump; where it falls back, a time that comes twice is the
first one (RFC 5545, section 3.3.5).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ONE_DAY = timedelta(days=1)

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
"""The days that Ritmo knows."""

FIRST_INSTANT = datetime.combine(FIRST_DAY, time.min, UTC) + timedelta(days=2)
LAST_INSTANT = datetime.combine(LAST_DAY, time.min, UTC) - timedelta(days=2)
"""Instants that lie on a day that Ritmo knows, whatever the zone and the day start."""


def _plain_day(value: object) -> object:
    """Pass a date or `YYYY-MM-DD`; a number or an instant is not a day."""
    if isinstance(value, datetime) or not isinstance(value, (date, str)):
        raise ValueError("write a day as YYYY-MM-DD")
    if isinstance(value, str) and not _ISO_DAY.fullmatch(value):
        raise ValueError("write a day as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_plain_day), Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A logical day, `YYYY-MM-DD`, from 1900 to 2200."""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """List every zone that this machine knows; read once, it walks many files."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    """Return `name` if it is an IANA zone."""
    if name not in _zones():
        raise ValueError("there is no such time zone; write an IANA name such as Europe/Berlin")
    return name


NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})
"""What lies among the zones and is none: they mean what a machine is set to, or nothing."""


def _of_a_place(name: str) -> str:
    """Return `name` unless it means another time on another machine."""
    return _known_zone("" if name in NO_PLACES else name)


Zone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"]), AfterValidator(_known_zone)]
"""An IANA time zone, such as `Europe/Berlin`."""

ChosenZone = Annotated[Zone, AfterValidator(_of_a_place)]
"""A zone that somebody names from now on; what is kept may still be what a machine was set to."""


def clock_time(minutes: int) -> time:
    """Turn minutes after midnight (0..1439) into the time on the clock."""
    return time(minutes // 60, minutes % 60)


def instant_of(day: date, at: time | int, zone: str) -> datetime:
    """Return the instant (UTC) at which the clocks of `zone` show `at` on `day`."""
    shown = clock_time(at) if isinstance(at, int) else at.replace(fold=0, tzinfo=None)
    return datetime.combine(day, shown, ZoneInfo(zone)).astimezone(UTC)


def day_of(instant: datetime, zone: str, day_start: time | int = 0) -> date:
    """Return the logical day of an aware `instant`: the last day that has begun by then.

    Days never run backwards, whatever the clocks do, and every instant has exactly one.
    """
    # A clock set back across midnight can show yesterday when tomorrow's day has begun already.
    day = instant.astimezone(ZoneInfo(zone)).date() + _ONE_DAY
    while instant_of(day, day_start, zone) > instant:
        day -= _ONE_DAY
    return day
