"""The time zone of this machine, as a default for people who are added on it."""

import os
from pathlib import Path
from zoneinfo import available_timezones

from contracts.time import NO_PLACES

ZONE_FILE, CLOCK_FILE = Path("/etc/timezone"), Path("/etc/localtime")
"""Where Debian keeps the name of the zone; and the clock's rules, by a link that bears the name."""


def machine_zone(zone_file: Path = ZONE_FILE, clock_file: Path = CLOCK_FILE) -> str:
    """Return the IANA name of this machine's zone: of TZ, else of its files, else UTC."""
    named = [os.environ.get("TZ", "").removeprefix(":")]
    if zone_file.is_file():
        named.append(zone_file.read_text(errors="replace").strip())
    named.append(str(clock_file.resolve()).rpartition("zoneinfo/")[2])
    known = available_timezones() - NO_PLACES
    return next((name for name in named if name in known), "UTC")
