"""What one person sends does not hold the event loop: the dearest request of each kind.

While it is answered, somebody else asks whether Ritmo is alive, which costs nothing but a turn of
the loop. `make security` prints the longest wait of each kind; `make test` looks at the answers.
"""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import cycle, islice
from typing import Any

import httpx
import pytest

from tests.journeys.running import Up
from tests.security.attempts import MEASURED, figure
from tests.security.person import EXAMPLE_ID, Person, arrive, with_ids
from tests.security.probe import Probe

TIMES = 5 if MEASURED else 1
HOLD = 50
"""Milliseconds for which nobody may hold the event loop."""

DAYS, BYTES = (1_500, 20 << 20) if MEASURED else (150, 4 << 20)
"""How much is imported: how it is answered can be seen of less, whom it holds up cannot."""

LETTERS = "*_`[](<>!#-&~|\\\n "


def noise(size: int, seed: str) -> str:
    """Return characters in a fixed disorder."""
    letters = cycle(seed[(n * n + n // 7) % len(seed)] for n in range(len(seed) * 97))
    return "".join(islice(letters, size))


MARKDOWN = {
    "brackets": "[" * 30_000 + "](" * 10_000,
    "images": "![" * 25_000,
    "stars": "*a **b _c __" * 4_100,
    "ticks": "".join("`" * (n % 40) + "a" for n in range(2_400)),
    "quotes": "> " * 20_000 + "a",
    "lists": "".join("  " * (n % 30) + "- a\n" for n in range(1_500)),
    "nested_lists": "".join(" " * n + "- a\n" for n in range(300)),
    "links": "[a](b 'c" * 6_200,
    "references": "".join(f"[{n}]: <x>\n" for n in range(2_000)) + "[1][2]" * 2_000,
    "tags": "<a b='" * 8_300,
    "comments": "<!-- a " * 7_000,
    "entities": "&#x1F600;&amp" * 3_800,
    "tables": "a|" * 600 + "\n" + "-|" * 600 + "\n" + ("a|" * 60 + "\n") * 350,
    "lines": "a\n" * 24_900,
    "headings": "# a\n" * 12_000,
    "fences": "```\n" * 12_000,
    "addresses": "http://a.b/" * 4_500,
    "disorder": noise(49_900, LETTERS),
}


def loop_zip(habits: int, days: int) -> bytes:
    """Write an export of Loop with so many habits and days."""
    first = date(2026, 1, 1)
    head = "Position,Name,Question,Description,NumRepetitions,Interval,Color\n"
    rows = [f"{n:03},Habit {n},,,1,1,#D32F2F\n" for n in range(1, habits + 1)]
    marks = "Date," + ",".join(f"Habit {n}" for n in range(1, habits + 1)) + ",\n"
    lines = [f"{first - timedelta(days=n)}," + "2," * habits + "\n" for n in range(days)]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("Habits.csv", head + "".join(rows))
        file.writestr("Checkmarks.csv", marks + "".join(lines))
        for n in range(1, habits + 1):
            each = "".join(f"{first - timedelta(days=day)},2\n" for day in range(days))
            file.writestr(f"{n:03} Habit {n}/Checkmarks.csv", each)
    return held.getvalue()


def diary(entries: int) -> bytes:
    """Write a diary of Daylio with long notes and many activities."""
    head = "full_date,date,weekday,time,mood,activities,note\n"
    first, activities = date(2026, 1, 1), " | ".join(f"activity {n}" for n in range(20))
    rows = (
        f'{first - timedelta(days=n)},x,Monday,21:00,good,"{activities}","{"word " * 50}"\n'
        for n in range(entries)
    )
    return (head + "".join(rows)).encode()


def century(habits: int, days: int) -> bytes:
    """Write an export of Loop with histories that are longer than a life."""
    first = date(2026, 1, 1)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        rows = "".join(f"{n:03},Habit {n},,,1,1,#D32F2F\n" for n in range(1, habits + 1))
        head = "Position,Name,Question,Description,NumRepetitions,Interval,Color\n"
        file.writestr("Habits.csv", head + rows)
        each = "".join(f"{first - timedelta(days=day)},2\n" for day in range(days))
        for n in range(1, habits + 1):
            file.writestr(f"{n:03} Habit {n}/Checkmarks.csv", each)
    return held.getvalue()


def habitbull(days: int) -> bytes:
    """Write an export of HabitBull with long comments."""
    head = "HabitName,HabitDescription,HabitCategory,CalendarDate,Value,CommentText\n"
    first, comment = date(2026, 1, 1), "word " * 200
    rows = (f'Walk,d,c,{first - timedelta(days=n)},1,"{comment}"\n' for n in range(days))
    return (head + "".join(rows)).encode()


def backup(entries: int, size: int) -> bytes:
    """Write a backup of Daylio whose notes have so many characters."""
    first = date(2026, 1, 1).toordinal()
    days = (date.fromordinal(first - n) for n in range(entries))
    said = [
        {
            "year": d.year,
            "month": d.month - 1,
            "day": d.day,
            "mood": 1,
            "note": "word " * (size // 5),
        }
        for d in days
    ]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("backup.daylio", base64.b64encode(json.dumps({"dayEntries": said}).encode()))
    return held.getvalue()


def one_note(note: str) -> bytes:
    """Write a diary of Daylio with one note."""
    head = "full_date,date,weekday,time,mood,activities,note\n"
    return f'{head}2026-01-01,x,Thursday,21:00,good,"","{note}"\n'.encode()


@dataclass(frozen=True)
class Heavy:
    """The dearest request of a kind, and how it may be answered."""

    name: str
    send: Callable[[Person], httpx.Response]
    right: frozenset[int]


def asks(name: str, method: str, path: str, *right: int, **more: Any) -> Heavy:
    """Describe a request; ids of the person stand in braces."""

    def send(person: Person) -> httpx.Response:
        where = path.format(**person.ids)
        sent: dict[str, Any] = {name: with_ids(it, person.ids) for name, it in more.items()}
        return person.client.request(method, where, headers=person.header, **sent)

    return Heavy(name, send, frozenset(right or (200, 201)))


def shown(name: str, text: str) -> Heavy:
    """Describe an entry that is written, and shown as a page."""

    def send(person: Person) -> httpx.Response:
        made = person.ask("POST", "/v1/journal/entries", json={"text": text})
        where = f"/v1/journal/entries/{made['entry_id']}"
        page = person.client.get(f"{where}/html", headers=person.header)
        person.ask("DELETE", where, params={"forever": "true"})
        return page

    return Heavy(name, send, frozenset({200}))


def imports(name: str, make: Callable[[], bytes], media: str, **query: str) -> Heavy:
    """Describe a dry run of an import."""

    def send(person: Person) -> httpx.Response:
        file = {"file": ("a file", make(), media)}
        params = {"dry_run": "true", **query}
        return person.client.post(
            "/v1/import", params=params, files=file, headers=person.header, timeout=120
        )

    return Heavy(name, send, frozenset({200, 202, 422}))


LONG = {"from": "1900-01-01", "to": "2100-12-31"}
WORDS = " ".join(f"word{n}" for n in range(40))
RULES = [
    "FREQ=DAILY;COUNT=9999",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
    "FREQ=MONTHLY;BYDAY=5MO,5TU,5WE,5TH,5FR,5SA,5SU;BYSETPOS=-7",
    "FREQ=YEARLY;BYYEARDAY=" + ",".join(str(n) for n in range(1, 100)),
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
]

HEAVY = [
    *(shown(f"markdown_{name}", text[:50_000]) for name, text in MARKDOWN.items()),
    *(
        asks(f"rule_{n}", "POST", "/v1/habits", 201, 422, json={"name": "R", "schedule": rule})
        for n, rule in enumerate(
            {"every": "rule", "rrule": text, "anchor": "1900-01-01"} for text in RULES
        )
    ),
    asks("search", "GET", "/v1/journal/entries", 200, 422, params={"q": WORDS}),
    asks("search_marks", "GET", "/v1/journal/entries", 200, 422, params={"q": "'&|!:*()<->" * 15}),
    asks("calendar", "GET", "/v1/journal/calendar", 200, 422, params=LONG),
    asks("export_as_text", "GET", "/v1/journal/export", params={"format": "markdown"}),
    asks("export_as_json", "GET", "/v1/journal/export", params={"format": "json"}),
    asks("facts", "GET", "/v1/analytics/facts", 200, 422, params={**LONG, "format": "csv"}),
    asks("check_ins", "GET", "/v1/check-ins", 200, 422, params={**LONG, "limit": "500"}),
    asks("streaks", "GET", "/v1/habits/{habit_id}/streaks"),
    asks("report", "GET", "/v1/analytics/habits/{habit_id}", 200, 422, params=LONG),
    asks("moods", "GET", "/v1/analytics/moods", 200, 422, params=LONG),
    asks("associations", "GET", "/v1/analytics/associations", 200, 422, params=LONG),
    asks(
        "picture",
        "GET",
        "/v1/analytics/habits/{habit_id}",
        200,
        422,
        params={**LONG, "format": "png", "scale": "4"},
    ),
    asks("summary", "GET", "/v1/analytics/summary", params={"period": "year"}),
    asks("digest", "GET", "/v1/reminders/digest", 200, params={"every": "month", "format": "html"}),
    asks(
        "many_check_ins",
        "POST",
        "/v1/check-ins",
        200,
        422,
        json={
            "check_ins": [
                {"habit_id": EXAMPLE_ID, "day": str(date(2025, 1, 1) + timedelta(days=n))}
                for n in range(490)
            ]
        },
    ),
    asks(
        "a_long_address",
        "POST",
        "/v1/auth/register",
        422,
        json={"email": "a." * 15_000 + "@" + "b." * 10_000, "password": "x" * 10_000},
    ),
    asks("a_long_zone", "PATCH", "/v1/me", 422, json={"zone": "A/" * 100_000}),
    asks("a_long_colour", "POST", "/v1/habits", 422, json={"name": "x", "colour": "#" * 900_000}),
    asks("a_long_name", "POST", "/v1/habits", 422, json={"name": " \u200b" * 150_000}),
    asks("a_long_number", "POST", "/v1/habits", 422, json={"name": "x", "target": "9" * 900_000}),
    asks("a_channel", "PUT", "/v1/channels/apprise", 422, json={"url": "json://" + "a@:" * 99_000}),
    imports("loop", lambda: loop_zip(40, DAYS), "application/zip", format="loop"),
    imports("daylio", lambda: diary(6 * DAYS), "text/csv", format="daylio"),
    imports("daylio_long_notes", lambda: one_note("word " * 8_000) * (DAYS // 4), "text/csv"),
    *(
        imports(
            f"daylio_note_{name}",
            partial(one_note, note * (100_000 // len(note))),
            "text/csv",
        )
        for name, note in {"angles": "<", "tags": "<b ", "references": "&#9", "lines": "\n"}.items()
    ),
    imports("daylio_backup", lambda: backup(6 * DAYS, DAYS), "application/zip"),
    imports("loop_century", lambda: century(3, 25 * DAYS), "application/zip"),
    imports("habitbull", lambda: habitbull(25 * DAYS), "text/csv"),
    imports("a_file_of_headers", lambda: b"PK\x01\x02" * (BYTES // 4), "application/zip"),
    imports("a_file_of_commas", lambda: b"full_date" + b"," * BYTES, "text/csv"),
    imports("a_file_of_quotes", lambda: b'"' * BYTES, "text/csv"),
    imports("a_file_of_nothing", lambda: b"\x00" * BYTES, "application/zip"),
]


@pytest.fixture(scope="module")
def writer(ritmo: Up) -> Person:
    """Open the account of somebody who has a habit of five years and long entries."""
    arrive(ritmo, "first-of-the-loop")
    person = arrive(ritmo, "writer-of-much")
    person.ids["habit_id"] = person.ask("POST", "/v1/habits", json={"name": "Walk"})["habit_id"]
    path = f"/v1/habits/{person.ids['habit_id']}/check-ins"
    person.ask("PUT", f"{path}/2020-01-01", json={})
    for _ in range(30 if MEASURED else 2):
        person.ask("POST", "/v1/journal/entries", json={"text": noise(15_000, LETTERS + WORDS)})
    return person


@pytest.mark.parametrize("heavy", HEAVY, ids=lambda one: one.name)
def test_nobody_holds_the_loop(ritmo: Up, writer: Person, heavy: Heavy) -> None:
    longest = 0.0
    for _ in range(TIMES):
        if MEASURED:
            with Probe(ritmo.port, "", "/livez", 0.002) as probe:
                answer = heavy.send(writer)
            longest = max([longest, *probe.waits])
        else:
            answer = heavy.send(writer)
        assert answer.status_code in heavy.right, answer.text[:500]
    if MEASURED:
        print(f"{heavy.name}: {answer.status_code} {answer.text[:80]!r}")
        figure(f"loop_held_by_{heavy.name}", longest * 1000, "ms", "<=", HOLD)
