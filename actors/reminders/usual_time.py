"""When something is usually done, learned from when it was done: circular statistics, pure.

Times of day lie on a circle of 1440 minutes, so that 23:50 and 00:10 are twenty minutes apart and
their mean is midnight. With angles a = 2 pi t / 1440, C and S the means of cos a and sin a:

    mean direction       atan2(S, C)
    resultant length     R = sqrt(C*C + S*S), 1 for equal times, near 0 all over the day
    standard deviation   sqrt(-2 ln R), in radians
    Rayleigh's test      p = exp(-n R*R), that times without any habit look like this

(K. V. Mardia, P. E. Jupp, Directional Statistics, Wiley 2000: sections 2.2, 2.3 and 6.3.) The
window is the central 80 % around the mean; the proposal is its lower quartile, but at least ten
minutes before the mean, on a full five minutes: a little before it is usually done.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from actors.reminders.occurrences import DAY, is_quiet
from contracts.time import day_of

LOOK_BACK = 180
"""Days."""

ON_WEEKDAY, ON_ALL = 8, 10
"""Times that it takes to know what is usual on one day of the week, and on all together."""

WIDEST = 180.0
"""Minutes: a larger standard deviation is nothing usual."""

BY_CHANCE = 0.05
"""How likely, at most, the times may look like this by chance."""

BEFORE = 10
"""Minutes before the mean, at least."""

STEP, FARTHEST = 30, 180
"""Minutes that feedback moves a reminder, and at most in all."""

Quiet = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Sample:
    """Something done: its weekday (0 is Monday) and minutes after midnight, on the clock there."""

    weekday: int
    minute: int


@dataclass(frozen=True, slots=True)
class Habitual:
    """What is usual on a weekday (None: on all), in minutes after midnight; see `Usual`.

    `proposed` None though `enough`: quiet hours leave no room for it.
    """

    weekday: int | None
    times: int
    needed: int
    enough: bool = False
    usual: int = 0
    first: int = 0
    last: int = 0
    within: int = 0
    deviation: float = 0.0
    proposed: int | None = None


@dataclass(frozen=True, slots=True)
class Direction:
    """Mean and spread of times on the circle; the mean and the deviation are in minutes."""

    mean: float
    length: float
    deviation: float


def direction(minutes: Sequence[int]) -> Direction:
    """Return mean, resultant length and standard deviation of some times of day."""
    angles = [2 * math.pi * minute / DAY for minute in minutes]
    cosine = math.fsum(map(math.cos, angles)) / len(angles)
    sine = math.fsum(map(math.sin, angles)) / len(angles)
    length = min(math.hypot(cosine, sine), 1.0)
    mean = math.atan2(sine, cosine) * DAY / (2 * math.pi) % DAY
    spread = math.sqrt(-2 * math.log(length)) if length > 1e-9 else math.inf
    return Direction(mean, length, spread * DAY / (2 * math.pi))


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ordered numbers, by linear interpolation."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def sample_of(day: date, at: datetime, zone: str, day_start: int) -> Sample | None:
    """Read when a day was done; None if it was logged on another day, or in an unknown zone."""
    try:
        shown = at.astimezone(ZoneInfo(zone))
        if day_of(at, zone, day_start) != day:
            return None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return Sample(day.weekday(), shown.hour * 60 + shown.minute)


def habitual(minutes: Sequence[int], needed: int, weekday: int | None, quiet: Quiet) -> Habitual:
    """Say what is usual, from the times at which it was done."""
    few = Habitual(weekday, len(minutes), needed)
    if len(minutes) < needed:
        return few
    found = direction(minutes)
    if math.exp(-len(minutes) * found.length**2) > BY_CHANCE or found.deviation > WIDEST:
        return few
    away = sorted((minute - found.mean + DAY / 2) % DAY - DAY / 2 for minute in minutes)
    edge = (len(away) - 1) // 10  # outwards, so that the window holds 80 % of few times, too
    low, high = away[edge], away[-1 - edge]
    lead = min(quantile(away, 0.25), -BEFORE)
    first, last = math.floor(found.mean + low) % DAY, math.ceil(found.mean + high) % DAY
    return Habitual(
        weekday=weekday,
        times=len(minutes),
        needed=needed,
        enough=True,
        usual=round(found.mean) % DAY,
        first=first,
        last=last,
        within=sum((minute - first) % DAY <= (last - first) % DAY for minute in minutes),
        deviation=found.deviation,
        proposed=_outside(found.mean + lead, found.mean + max(high, 0), quiet),
    )


def _outside(at: float, last: float, quiet: Quiet) -> int | None:
    """Return a time on full five minutes; the end of quiet hours, if that is not after `last`."""
    minute = math.floor(at / 5) * 5 % DAY
    if not is_quiet(minute, quiet):
        return minute
    end = quiet[1] if quiet else 0
    return end if (end - minute) % DAY <= last - at else None


def usual_times(samples: Iterable[Sample], quiet: Quiet) -> tuple[Habitual, ...]:
    """Say what is usual on each day of the week, from Monday on.

    A day with fewer than `ON_WEEKDAY` times of its own, or with nothing usual among them, goes by
    all days together.
    """
    by_day: list[list[int]] = [[] for _ in range(7)]
    for sample in samples:
        by_day[sample.weekday].append(sample.minute)
    whole = habitual([minute for day in by_day for minute in day], ON_ALL, None, quiet)
    own = [habitual(minutes, ON_WEEKDAY, day, quiet) for day, minutes in enumerate(by_day)]
    return tuple(one if one.enough else whole for one in own)


def learned_of(days: Sequence[Habitual]) -> tuple[int | None, ...]:
    """Return the times to go by, from Monday on; None where nothing is proposed."""
    return tuple(day.proposed for day in days)


def shifted(shift: int, feedback: str) -> int:
    """Move by feedback, `earlier` or `later`: by `STEP`, at most to `FARTHEST`."""
    moved = shift + (STEP if feedback == "later" else -STEP)
    return max(-FARTHEST, min(FARTHEST, moved))


def since(today: date) -> date:
    """Return the first day that is learned from."""
    return today - timedelta(days=LOOK_BACK)
