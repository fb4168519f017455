"""Other programs read Ritmo's calendars as they are meant: vobject, ical.js, and Radicale."""

import json
import random
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import httpx
import pytest
import recurring_ical_events
import vobject
from icalendar import Calendar

from actors.calendar.domain import LoggedDay, PlannedHabit, RecurringDays, ReminderTimes, series_of
from actors.calendar.ics import Style, calendar_file
from contracts.habit import Version
from contracts.schedule import (
    EveryDay,
    EveryNDays,
    MonthDays,
    NthWeekday,
    Rule,
    Schedule,
    Times,
    Weekdays,
    Yearly,
)
from tests.backends import free_port

TODAY = datetime(2031, 5, 12, 12, tzinfo=UTC)
ZONE = "Europe/Berlin"
SCHEDULES: tuple[Schedule, ...] = (
    EveryDay(),
    Weekdays(days=("mon", "thu", "sun")),
    EveryNDays(n=5),
    Times(times=3),
    MonthDays(days=(1, 31, -1)),
    NthWeekday(weekday="tue", nth=-1),
    Yearly(month=2, day=29),
    Rule(rrule="FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SA;WKST=SU"),
    Rule(rrule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    Rule(rrule="FREQ=DAILY;INTERVAL=2;COUNT=40"),
)
FIRST, LAST = "2030-06-01", "2033-05-31"
"""Three years, with six changes of the clock."""

JUDGES = Path(__file__).parent / "judges"


def series() -> list[RecurringDays]:
    """Make a habit of every kind of plan, whole days and at half past seven, with days done."""
    made: list[RecurringDays] = []
    chance = random.Random(5)
    for number, schedule in enumerate(SCHEDULES * 2):
        begin = TODAY.date() - timedelta(days=chance.randrange(20, 300))
        version = Version(effective_from=begin, anchor=begin, schedule=schedule)
        title = f"Привычка {number}; «день», 🏃"
        of = PlannedHabit(UUID(int=number + 1), title, "build", "yes_no", "", (), (version,))
        timed = number >= len(SCHEDULES)
        plan = ReminderTimes((450,), frozenset(range(7))) if timed else None
        days = [TODAY.date() - timedelta(days=one) for one in range(9)]
        done = [LoggedDay(day, 1000, "done") for day in days[::2]]
        done += [LoggedDay(day, 0, "skipped") for day in days[1::3]]
        away = (days[0] + timedelta(days=30), days[0] + timedelta(days=50))
        made += series_of(of, done, [away], plan, TODAY.date(), timed=timed)
    return made


def parsed(text: str) -> Any:
    """Read a file; the library says of few values what they are."""
    return Calendar.from_ical(text)


def feed(items: list[RecurringDays]) -> str:
    return calendar_file(Style("Ritmo", "en", ZONE, "events"), items, {}, TODAY).file


def seen(text: str) -> list[str]:
    """Return what the library of Python sees, as ical.js says it."""
    calendar = parsed(text)
    last = datetime.fromisoformat(LAST) + timedelta(days=1)
    found = recurring_ical_events.of(calendar).between(datetime.fromisoformat(FIRST), last)
    said = []
    for one in found:
        begins = one["DTSTART"].dt
        timed = isinstance(begins, datetime)
        when = f"{begins.astimezone(UTC):%Y-%m-%dT%H:%M}" if timed else begins.isoformat()
        said.append(f"{when} {one['SUMMARY']}")
    return sorted(said)


@pytest.fixture(scope="module")
def judge() -> Path:
    """Install what is asked in JavaScript, once for each lock; return its script."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("There is no node here, so that ical.js cannot be asked.")
    lock = (JUDGES / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / f"judges-{zlib.crc32(lock):08x}"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(JUDGES, folder)
        words = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip("ical.js cannot be installed here: there is no network.")
        (folder / "ready").touch()
    shutil.copy(JUDGES / "occurrences.mjs", folder)
    return folder / "occurrences.mjs"


def test_thunderbird_sees_what_is_meant_over_three_years(judge: Path) -> None:
    files = [feed([one]) for one in series()]
    asked = json.dumps([{"file": one, "from": FIRST, "to": LAST} for one in files])
    done = subprocess.run(
        ["node", str(judge)], input=asked, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert sum(map(len, said)) > 5_000
    for file, days in zip(files, said, strict=True):
        local = [one for one in seen(file) if FIRST <= _local(one) <= LAST]
        assert days == local, file


def _local(said: str) -> str:
    """Return the day on the clock there."""
    when = said.partition(" ")[0]
    if "T" not in when:
        return when
    at = datetime.fromisoformat(when).replace(tzinfo=UTC)
    return at.astimezone(ZoneInfo(ZONE)).date().isoformat()


def test_vobject_reads_every_line() -> None:
    text = feed(series()[1:8:5])
    calendar = vobject.readOne(text)
    events = calendar.vevent_list
    assert len(events) == text.count("BEGIN:VEVENT")
    begun = parsed(text)
    titles = [str(one["SUMMARY"]) for one in begun.walk("VEVENT")]
    assert [one.summary.value for one in events] == titles
    first = next(one for one in events if hasattr(one, "rrule") and hasattr(one, "exdate"))
    low, high = datetime.fromisoformat(FIRST), datetime.fromisoformat(LAST)
    days = [f"{at:%Y-%m-%d}" for at in first.rruleset.between(low, high, inc=True)]
    alone = [one for one in series() if f"{one.uid}@ritmo" == first.uid.value]
    # Marked occurrences are events of their own to it: they are among the others.
    assert sorted(days) == [one[:10] for one in seen(feed(alone))]


@contextmanager
def radicale(folder: Path) -> Iterator[httpx.Client]:
    """Run a CalDAV server on a free port."""
    port = free_port()
    config = folder / "config"
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = none\n[logging]\nlevel = error\n"
        f"[storage]\nfilesystem_folder = {folder}\n"
    )
    process = subprocess.Popen([sys.executable, "-m", "radicale", "--config", str(config)])
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=30, auth=("ann", "x")
        ) as line:
            for _ in range(300):
                try:
                    line.get("/")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield line
    finally:
        process.kill()
        process.wait()


REPORT = """<?xml version="1.0"?>
<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:D="DAV:">
<D:prop><C:calendar-data><C:expand start="20310601T000000Z" end="20310701T000000Z"/>
</C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="20310601T000000Z" end="20310701T000000Z"/></C:comp-filter></C:comp-filter>
</C:filter></C:calendar-query>"""


def test_a_caldav_server_takes_a_whole_feed_and_gives_it_back(tmp_path: Path) -> None:
    items = [one for one in series() if one.at is None]
    text = feed(items)
    with radicale(tmp_path) as line:
        put = line.put("/ann/ritmo/", content=text, headers={"Content-Type": "text/calendar"})
        assert put.status_code == 201, put.text
        whole = line.get("/ann/ritmo/").text
        said = line.request("REPORT", "/ann/ritmo/", content=REPORT, headers={"Depth": "1"})
    uids = {str(one["UID"]) for one in parsed(text).walk("VEVENT")}
    assert {str(one["UID"]) for one in parsed(whole).walk("VEVENT")} == uids
    assert seen(whole) == seen(text)
    assert said.status_code == 207, said.text
    place = "{urn:ietf:params:xml:ns:caldav}calendar-data"
    june = []
    for data in ET.fromstring(said.text).iter(place):
        june += [str(one["DTSTART"].dt) for one in parsed(data.text or "").walk("VEVENT")]
    wanted = [one[:10] for one in seen(text) if one.startswith("2031-06")]
    assert sorted(one[:10] for one in june) == wanted
