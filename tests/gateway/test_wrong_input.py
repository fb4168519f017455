"""Whatever is sent wrongly, to any operation, is said in the reader's language, and helps."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from contracts.breaks import AddBreak
from contracts.check_ins import ListCheckIns
from contracts.habits import UpdateHabit
from contracts.message import Conflict, Invalid, Wrong
from contracts.users import GetProfile
from gateway.app import GatewaySettings, open_gateway
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, StandInVerifier, habit, user

Schema = dict[str, Any]

WRONG: tuple[Any, ...] = (
    *(None, True, -1, 0, 3.5, 10**30, "", "x", "\n", "\x00", "x" * 60_000, [], ["x"], [None]),
    *({}, {"x": 1}, {"every": "moon"}, {"every": "year", "month": 2, "day": 30}),
    *({"every": "weekdays", "days": []}, {"every": "times", "times": 9, "per": "week"}),
    *({"every": "times", "times": 1, "per": "days"}, {"every": "month_days", "days": [0]}),
    *(
        {"every": "rule", "rrule": rule}
        for rule in ("", "FREQ=NEVER", "FREQ=DAILY;COUNT=1;COUNT=2")
    ),
    *({"every": "rule", "rrule": f"FREQ={rule}"} for rule in ("DAILY;BYSETPOS=1", "DAILY;BYDAY=X")),
    *(
        {"every": "rule", "rrule": f"FREQ={rule}"}
        for rule in ("DAILY;BYDAY=2MO", "WEEKLY;BYWEEKNO=1")
    ),
    *(
        {"every": "rule", "rrule": f"FREQ={rule}"}
        for rule in ("DAILY;UNTIL=1", "WEEKLY;BYYEARDAY=1")
    ),
    *({"every": "rule", "rrule": rule} for rule in ("BYDAY=MO", "FREQ=DAILY;INTERVAL=0", "X=1")),
    *({"value": 1, "per": "rolling"}, {"value": 0}, {"from": "2026-02-02", "to": "2026-01-01"}),
    *("2026-02-30", "2026-01-01T10:00", "2026-01-01T25:00:00Z", "1500-01-01", "25:00", "4pm"),
    *("#12345", "red", "Mars/Olympus", "nobody", "01890a5d", [[]] * 600, [1] * 600, ["a"] * 600),
)
"""Values of which each is wrong nearly everywhere."""

QUERIES = ("", "x", "-1", "2026-02-30", "x" * 3000, "\x00", "[]")
"""Values of a parameter."""

WHOLES: tuple[Any, ...] = (None, [], "x", {"no": 1})
"""Bodies that are wrong as a whole."""


def bodies(document: Schema) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each operation that takes JSON, with the fields of its body."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            name = str(content.get("application/json", {}).get("schema", {}).get("$ref", ""))
            if name:
                schema = document["components"]["schemas"][name.rpartition("/")[2]]
                yield method, path, [*schema["properties"]]


def filled(path: str) -> str:
    for name, value in (("day", "today"), ("channel", "email")):
        path = path.replace("{" + name + "}", value)
    return re.sub(r"\{\w+\}", str(HABIT), path)


def said(answer: httpx.Response) -> list[str]:
    """Return all sentences of a problem, or nothing if it was none."""
    if answer.status_code < 400 or answer.status_code >= 500:
        return []
    if answer.headers["content-type"].startswith("text/html"):  # a page for people
        return []
    problem = answer.json()
    details = [one["detail"] for one in problem.get("errors", [])]
    return [problem["title"], problem["detail"], *details]


FOREIGN = re.compile(r"\b(input|should|value|valid|error|or|the|expected|must|is|not)\b", re.I)
"""Words of English sentences; names of fields and codes are none."""


def is_russian(text: str) -> bool:
    plain = re.sub(r"`[^`]*`|«[^»]*»|“[^”]*”|'[^']*'", "", text)
    return bool(re.search("[а-яё]", plain)) and not FOREIGN.search(plain)


@pytest.fixture
def app(bus: StandInBus) -> FastAPI:
    """A gateway that nobody is too fast for."""
    settings = GatewaySettings(rate_per_minute=10**9, login_per_minute=10**9)
    return open_gateway(bus, StandInVerifier(), settings)


@pytest.fixture(params=["ru", "en"])
def language(request: pytest.FixtureRequest, client: httpx.AsyncClient, bus: StandInBus) -> str:
    bus.answers[GetProfile] = user(language=request.param)
    client.headers["Accept-Language"] = request.param
    return str(request.param)


def fits(language: str, text: str) -> bool:
    """Tell whether a text is a whole sentence in a language."""
    if text[:1].islower() or not text.endswith((".", "…", "?", "!")):
        return False
    if language == "ru":
        return is_russian(text)
    return not text.startswith(("Input", "Value")) and not re.search("[а-я]", text)


def found_wrong(answer: httpx.Response) -> set[str]:
    """Return the fields of the body of which something was said."""
    errors = answer.json().get("errors", []) if answer.status_code == 422 else []
    return {one.get("pointer", "").split("/")[1] for one in errors if one.get("pointer")}


async def test_bodies(client: httpx.AsyncClient, app: FastAPI, language: str) -> None:
    strange: set[str] = set()
    seen = 0

    async def send(method: str, path: str, body: Any) -> set[str]:
        """Send a body, and look at what is said of it; return of which fields."""
        nonlocal seen
        answer = await client.request(method, filled(path), json=body, headers=BEARER)
        sentences = said(answer)[1:]
        seen += len(sentences)
        strange.update(text for text in sentences if not fits(language, text))
        return found_wrong(answer)

    # What is not a sentence of ours is no Russian, either: in English a part of it will do.
    values = WRONG if language == "ru" else WRONG[::8]
    for method, path, fields in bodies(app.openapi()):
        for wrong in values:
            named = await send(method, path, dict.fromkeys(fields, wrong))
            # A field that fits, or that was one too many to be named, may be wrong by itself.
            for name in {*fields} - named:
                await send(method, path, {name: wrong})
        for body in WHOLES:
            await send(method, path, body)
    assert seen > 1000
    assert strange == set(), "\n".join(sorted(strange))


async def test_queries(client: httpx.AsyncClient, app: FastAPI, language: str) -> None:
    strange: set[str] = set()
    seen = 0
    values = QUERIES if language == "ru" else QUERIES[1::3]
    for path, operations in app.openapi()["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        for name in [*(one["name"] for one in parameters if one["in"] == "query"), "spelt"]:
            for wrong in values:
                answer = await client.get(filled(path), params={name: wrong}, headers=BEARER)
                found = said(answer)
                seen += bool(found)
                strange |= {text for text in found[1:] if not fits(language, text)}
                for error in answer.json().get("errors", []) if found else []:
                    assert {"parameter": name, "in": "query"}.items() <= error.items()
    assert seen > 100
    assert strange == set(), "\n".join(sorted(strange))


@pytest.mark.parametrize(
    ("field", "wrong", "detail"),
    [
        ("colour", "red", "Write a colour as #RRGGBB, such as #3366CC."),
        ("name", "a\x00b", "This holds characters that cannot be kept, such as invisible ones."),
        ("kind", "x", "This must be one of: build, quit."),
        (
            "schedule",
            {"every": "often"},
            "“often” is not known here; use one of: day, weekdays, n_days, times, month_days, "
            "nth_weekday, year, rule.",
        ),
        ("target", {"value": 10**12}, "This may be at most 1,000,000,000."),
        (
            "schedule",
            {"every": "nth_weekday", "weekday": "mon", "nth": 6},
            "This must be one of: 1, 2, 3, 4, 5, -1, -2, -3, -4, -5.",
        ),
    ],
)
async def test_the_form_that_is_wanted_is_said_once(
    client: httpx.AsyncClient, field: str, wrong: object, detail: str
) -> None:
    body = {"name": "Read"} | {field: wrong}
    answer = await client.post("/v1/habits", json=body, headers=BEARER)
    assert [one["detail"] for one in answer.json()["errors"]] == [detail]


async def test_times_and_instants(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/reminders", json={"times": ["7:30"]}, headers=BEARER)
    (error,) = answer.json()["errors"]
    assert error == {
        "pointer": "/times/0",
        "detail": "Write a time of day as HH:MM, such as 07:30.",
    }
    for at in ("2026-01-01T10:00", "2026-01-01", "now", True):
        path = f"/v1/habits/{HABIT}/check-ins/today"
        answer = await client.put(path, json={"at": at}, headers=BEARER)
        (error,) = answer.json()["errors"]
        assert error["detail"].endswith("such as 2026-03-01T08:30:00Z.")


async def test_to_say_nothing_is_to_say_an_empty_object(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    for headers in ({}, {"Content-Type": "application/json"}):
        answer = await client.post("/v1/habits", headers=BEARER | headers)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": "/name", "detail": "This is needed."}]
        answer = await client.post("/v1/auth/login", headers=headers)
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/email", "/password"]
    bus.answers[UpdateHabit] = habit()
    answer = await client.patch(f"/v1/habits/{HABIT}", headers=BEARER)
    assert answer.status_code == 200
    assert bus.last == UpdateHabit(habit_id=HABIT)


async def test_what_a_room_finds_wrong_in_a_parameter_is_named_as_one(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    wrong = (Wrong(pointer="/to", detail="`to` lies before `from`"),)
    bus.answers[ListCheckIns] = Invalid("range_reversed", "It ends too early.", fields=wrong)
    answer = await client.get("/v1/check-ins?from=2026-02-02&to=2026-02-01", headers=BEARER)
    assert answer.json()["errors"] == [
        {"parameter": "to", "in": "query", "detail": "`to` lies before `from`."}
    ]
    bus.answers[AddBreak] = Invalid("range_reversed", "It ends too early.", fields=wrong)
    days = {"from": "2026-02-02", "to": "2026-02-03"}
    answer = await client.post("/v1/breaks", json=days, headers=BEARER)
    assert answer.json()["errors"][0]["pointer"] == "/to"


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ('"3"', '"3" was sent, but it has another ETag by now: get it again.'),
        ('"3-0a1b2c3d"', '"3-0a1b2c3d" was sent, but it has another ETag by now: get it again.'),
        ("3", '3 is no version; send it as ETag gave it, such as "3".'),
        ('W/"3"', 'W/"3" is no version; send it as ETag gave it, such as "3".'),
        ('"0"', '"0" is no version; send it as ETag gave it, such as "3".'),
        ("later", 'later is no version; send it as ETag gave it, such as "3".'),
    ],
)
async def test_an_etag_that_does_not_match_is_named(
    client: httpx.AsyncClient, bus: StandInBus, given: str, detail: str
) -> None:
    text = "It has changed in the meantime; get it again first."
    bus.answers[UpdateHabit] = Conflict("version_conflict", text)
    headers = BEARER | {"If-Match": given}
    answer = await client.patch(f"/v1/habits/{HABIT}", json={}, headers=headers)
    assert answer.status_code == 412
    assert answer.json()["errors"] == [{"parameter": "If-Match", "in": "header", "detail": detail}]
    if "no version" in detail:
        assert answer.json()["detail"] == detail, "a version that nobody sent is not spoken of"
