"""Time zones: by what a clock says, of all that show this time those in which most people live; or
by choice, from those of a part of the world. Pure.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

PLACES = (
    *("Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver"),
    *("America/Phoenix", "America/Chicago", "America/Mexico_City", "America/New_York"),
    *("America/Bogota", "America/Halifax", "America/Sao_Paulo", "America/Argentina/Buenos_Aires"),
    *("Atlantic/Azores", "Europe/London", "Europe/Lisbon", "Africa/Lagos", "Europe/Berlin"),
    *("Europe/Paris", "Africa/Johannesburg", "Europe/Kyiv", "Europe/Kaliningrad", "Africa/Cairo"),
    *("Europe/Moscow", "Europe/Istanbul", "Asia/Tehran", "Europe/Samara", "Asia/Dubai"),
    *("Asia/Kabul", "Asia/Yekaterinburg", "Asia/Tashkent", "Asia/Karachi", "Asia/Kolkata"),
    *("Asia/Kathmandu", "Asia/Omsk", "Asia/Dhaka", "Asia/Novosibirsk", "Asia/Krasnoyarsk"),
    *("Asia/Bangkok", "Asia/Jakarta", "Asia/Irkutsk", "Asia/Shanghai", "Asia/Singapore"),
    *("Australia/Perth", "Asia/Yakutsk", "Asia/Tokyo", "Australia/Adelaide", "Asia/Vladivostok"),
    *("Australia/Sydney", "Asia/Magadan", "Asia/Kamchatka", "Pacific/Auckland"),
)
"""Zones that are offered."""

SLACK = timedelta(minutes=8)
"""How wrong a clock may be, or how long it may take to write down what it says."""

MAX_OFFERED = 6

REGIONS = {
    "europe": ("Europe", ("Europe", "Atlantic")),
    "asia": ("Asia", ("Asia",)),
    "america": ("America", ("America",)),
    "africa": ("Africa", ("Africa",)),
    "pacific": ("Australia and the Pacific", ("Australia", "Pacific")),
}
"""Parts of the world, what they are called, and how names of their zones begin."""

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.\s]([0-5]\d)")


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Return every zone by its name in small letters."""
    return {name.lower(): name for name in available_timezones() if "/" in name}


def zones_in(region: str) -> list[str]:
    """Return the zones of a part of the world that are offered."""
    _, begin = REGIONS[region]
    return sorted(name for name in PLACES if name.partition("/")[0] in begin)


def zones_at(said: str, now: datetime) -> list[str]:
    """Return the zones in which it is the time that was said, or the zone that was named."""
    named = _zones().get(said.strip().replace(" ", "_").lower())
    if named is not None:
        return [named]
    found = _CLOCK.fullmatch(said.strip())
    if found is None:
        return []
    wanted = int(found[1]) * 60 + int(found[2])
    fits = []
    for name in PLACES:
        there = now.astimezone(ZoneInfo(name))
        off = (there.hour * 60 + there.minute - wanted) % 1440
        if min(off, 1440 - off) <= SLACK.total_seconds() / 60:
            fits.append(name)
    return fits[:MAX_OFFERED]
