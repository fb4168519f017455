"""Bad input is refused with the field that is wrong; good input reaches the room as it was."""

import json
from datetime import date
from typing import Any

import httpx
import pytest

from contracts.breaks import AddBreak
from contracts.check_ins import (
    CheckIn,
    CheckIns,
    GetToday,
    Increment,
    ListCheckIns,
    LogCheckIns,
    Outcome,
    Outcomes,
    Today,
    Undo,
)
from contracts.habits import CreateHabit, ListHabits, UpdateHabit
from contracts.message import Invalid, Unavailable, Wrong
from contracts.users import ChangeProfile, ListUsers
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, checked_in, habit, user
from tests.gateway.test_problems import checked

DAY = f"/v1/habits/{HABIT}/check-ins/2026-01-02"
JSON = BEARER | {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b'{"note": "\xc3\x28"}', 400, "invalid_json"),
        (b'{"note": "\\ud800"}', 400, "invalid_json"),
        (b"null", 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b'{"value": NaN}', 422, "invalid"),
        (b'{"value": Infinity}', 422, "invalid"),
        (b'{"value": 1e999}', 422, "invalid"),
        (b'{"value": -1}', 422, "invalid"),
        (b'{"value": "1"}', 422, "invalid"),
        (b'{"value": true}', 422, "invalid"),
        (b'{"value": ' + b"9" * 1500 + b"}", 422, "invalid"),
        (b'{"state": "perhaps"}', 422, "invalid"),
        (b'{"note": "\\u0000"}', 422, "invalid"),
        (b'{"note": ' + json.dumps("x" * 2001).encode() + b"}", 422, "invalid"),
        (b'{"user_id": "me"}', 422, "invalid"),
        (b'{"note": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "too_deep"),
        (b"[" * 2000, 400, "too_deep"),
    ],
)
async def test_a_body_that_does_not_fit(
    client: httpx.AsyncClient, bus: StandInBus, body: bytes, status: int, code: str
) -> None:
    checked(await client.put(DAY, content=body, headers=JSON), status, code)
    assert bus.asked == []


@pytest.mark.parametrize(
    "media",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
)
async def test_only_json_is_taken(client: httpx.AsyncClient, media: str) -> None:
    headers = BEARER | {"Content-Type": media}
    checked(await client.put(DAY, content=b"{}", headers=headers), 415, "not_json")
    checked(await client.put(DAY, content=b"{}", headers=BEARER), 415, "not_json")


@pytest.mark.parametrize("media", [{}, {"Content-Type": "application/json"}])
async def test_no_body_means_done_one_more_or_the_last_change(
    client: httpx.AsyncClient, bus: StandInBus, media: dict[str, str]
) -> None:
    for contract in (CheckIn, Increment, Undo):
        bus.answers[contract] = checked_in(CheckIn(habit_id=HABIT))
    today = f"/v1/habits/{HABIT}/check-ins/today"
    assert (await client.put(today, headers=BEARER | media)).status_code == 200
    assert bus.last == CheckIn(habit_id=HABIT)
    assert (await client.post(f"{today}/increment", headers=BEARER | media)).status_code == 200
    assert bus.last == Increment(habit_id=HABIT)
    less = await client.post(f"{today}/increment", headers=BEARER, json={"by": -2})
    assert (less.status_code, bus.last) == (200, Increment(habit_id=HABIT, by=-2))
    assert (await client.post("/v1/undo", headers=BEARER | media)).status_code == 200
    assert bus.last == Undo()


async def test_many_check_ins_have_their_own_outcome(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    wrong = (Wrong(pointer="/value", detail="unknown cursor"),)
    no = Invalid("value_missing", "Say how much: this habit needs a value.", fields=wrong)
    fine = checked_in(CheckIn(habit_id=HABIT))
    outcomes = (
        Outcome(habit_id=HABIT, check_in=fine),
        Outcome(habit_id=HABIT, refusal=no.refusal()),
    )
    bus.answers[LogCheckIns] = Outcomes(outcomes=outcomes)
    body = {"check_ins": [{"habit_id": str(HABIT)}, {"habit_id": str(HABIT), "by": 1}]}
    russian = BEARER | {"Accept-Language": "ru", "Idempotency-Key": "week"}
    answer = await client.post("/v1/check-ins", headers=russian, json=body)
    good, bad = answer.json()["outcomes"]
    assert (good["status"], good["check_in"]["day"], good["problem"]) == (200, "2026-01-01", None)
    assert (bad["status"], bad["problem"]["code"], bad["check_in"]) == (422, "value_missing", None)
    assert bad["problem"]["detail"] == "Укажите, сколько: этой привычке нужно значение."
    assert [one["pointer"] for one in bad["problem"]["errors"]] == ["/check_ins/1/value"]
    assert bus.asked[-1][2] == "week"


async def test_what_is_refused_of_one_of_many_is_named_by_its_place(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    fine = Outcome(habit_id=HABIT, check_in=checked_in(CheckIn(habit_id=HABIT)))
    no = Invalid(
        "at_not_on_day",
        "The time lies in the future, or on another day than {day}.",
        fields=(Wrong(pointer="/at", detail="this time does not belong to the day"),),
        day="2026-01-05",
    )
    bad = Outcome(habit_id=HABIT, refusal=no.refusal())
    bus.answers[LogCheckIns] = Outcomes(outcomes=(fine, bad, fine, bad))
    body = {"check_ins": [{"habit_id": str(HABIT)}] * 4}
    outcomes = (await client.post("/v1/check-ins", headers=BEARER, json=body)).json()["outcomes"]
    for number in (1, 3):
        assert outcomes[number]["problem"]["errors"] == [
            {
                "pointer": f"/check_ins/{number}/at",
                "detail": "This time does not belong to the day.",
            }
        ]


async def test_what_is_wrong_with_one_of_many_is_named(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    both = {"check_ins": [{"habit_id": str(HABIT)}, {"habit_id": str(HABIT), "by": 1, "value": 2}]}
    problem = checked(await client.post("/v1/check-ins", headers=BEARER, json=both), 422, "invalid")
    assert [one["pointer"] for one in problem["errors"]] == ["/check_ins/1"]
    alone = {"check_ins": both["check_ins"][1:]}
    problem = checked(
        await client.post("/v1/check-ins", headers=BEARER, json=alone), 422, "invalid"
    )
    assert [one["pointer"] for one in problem["errors"]] == ["/check_ins/0"]
    none = await client.post("/v1/check-ins", headers=BEARER, json={"check_ins": []})
    checked(none, 422, "invalid")
    assert bus.asked == []


async def test_today_and_lists_are_sent_once(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[GetToday] = Today(day=date(2026, 1, 1), habits=())
    bus.answers[ListCheckIns] = CheckIns(check_ins=())
    for path in ("/v1/today", "/v1/check-ins?from=2026-01-01&to=2026-01-07"):
        first = await client.get(path, headers=BEARER)
        again = await client.get(path, headers=BEARER | {"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert bus.last == ListCheckIns(first=date(2026, 1, 1), last=date(2026, 1, 7), limit=500)


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "2025-02-29", "1899-12-31", "2201-01-01", "20260101", "Today", "1e9", "%00"],
)
async def test_a_day_that_is_none(client: httpx.AsyncClient, day: str) -> None:
    answer = await client.put(f"/v1/habits/{HABIT}/check-ins/{day}", content=b"{}", headers=JSON)
    errors: Any = checked(answer, 422, "invalid")["errors"]
    (wrong,) = errors
    assert wrong["parameter"] == "day"
    assert wrong["in"] == "path"
    assert "datetime" not in wrong["detail"]


@pytest.mark.parametrize("path", ["/v1/habits/x", "/v1/habits/%ff", "/v1/habits/%00"])
async def test_an_id_that_is_none(client: httpx.AsyncClient, path: str) -> None:
    checked(await client.get(path, headers=BEARER), 422, "invalid")


@pytest.mark.parametrize(
    ("words", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": 5}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "x", "colour": "red"}, "/colour"),
        ({"name": "x", "kind": "both"}, "/kind"),
        ({"name": "x", "tags": ["a"] * 21}, "/tags"),
        ({"name": "x", "target": {"value": 0}}, "/target/value"),
        ({"name": "x", "target": {"value": 1, "more": 1}}, "/target/more"),
        ({"name": "x", "schedule": {"every": "blue moon"}}, "/schedule"),
        ({"name": "x", "schedule": {"every": "year", "month": 2, "day": 30}}, "/schedule"),
        ({"name": "x", "schedule": {"every": "rule", "rrule": "?"}}, "/schedule/rrule"),
        ({"name": "x", "schedule": {"every": "rule"}}, "/schedule/rrule"),
        ({"name": "x", "tags": ["a", ""]}, "/tags/1"),
        ({"name": "x", "start_day": "2026-13-01"}, "/start_day"),
        ({"name": "x", "start_day": 20260101}, "/start_day"),
        ({"name": "x", "owner": "me"}, "/owner"),
        ({"name": "x", "habit_id": str(HABIT)}, "/habit_id"),
        ({"name": "x", "a/b~c": 1}, "/a~1b~0c"),
    ],
)
async def test_a_habit_that_does_not_fit(
    client: httpx.AsyncClient, words: dict[str, Any], pointer: str
) -> None:
    answer = await client.post("/v1/habits", json=words, headers=BEARER)
    errors: Any = checked(answer, 422, "invalid")["errors"]
    assert errors[0]["pointer"] == pointer
    assert errors[0]["detail"]


@pytest.mark.parametrize("name", ["📚 читать", "قراءة", "e\u0301", "x" * 200])
async def test_names_of_all_people(client: httpx.AsyncClient, bus: StandInBus, name: str) -> None:
    bus.answers[CreateHabit] = lambda asked: habit(name=asked.name)
    answer = await client.post("/v1/habits", json={"name": name}, headers=BEARER)
    assert answer.status_code == 201
    assert answer.json()["name"] == name
    assert answer.headers["location"] == f"/v1/habits/{HABIT}"


async def test_a_change_says_only_what_changes(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[UpdateHabit] = habit()
    path = f"/v1/habits/{HABIT}"
    await client.patch(path, json={"name": "New"}, headers=BEARER)
    assert bus.last == UpdateHabit(habit_id=HABIT, name="New")
    await client.patch(path, json={"target": None}, headers=BEARER)
    assert bus.last == UpdateHabit(habit_id=HABIT, target=None)
    for words in ({"name": None}, {"archived": "true"}, {"drop_target": True}, {"tags": None}):
        checked(await client.patch(path, json=words, headers=BEARER), 422, "invalid")


@pytest.mark.parametrize(
    "words",
    [
        {"zone": "Mars/Olympus"},
        {"day_start": 721},
        {"day_start": "180"},
        {"day_start": "12:01"},
        {"day_start": "4:00"},
        {"day_start": "24:00"},
        {"day_start": "04:60"},
        {"day_start": " 04:00"},
        {"day_start": "04:00:00"},
        {"day_start": -1},
        {"day_start": True},
        {"day_start": 4.0},
        {"day_start": None},
        {"language": "de"},
        {"week_start": None},
        {"role": "admin"},
        {"name": "\x00"},
    ],
)
async def test_a_profile_that_does_not_fit(
    client: httpx.AsyncClient, words: dict[str, Any]
) -> None:
    checked(await client.patch("/v1/me", json=words, headers=BEARER), 422, "invalid")


@pytest.mark.parametrize(
    ("day_start", "minutes", "shown"),
    [
        ("00:00", 0, "00:00"),
        ("04:00", 240, "04:00"),
        ("12:00", 720, "12:00"),
        (185, 185, "03:05"),  # as older clients write it
    ],
)
async def test_a_profile_that_fits(
    client: httpx.AsyncClient, bus: StandInBus, day_start: str | int, minutes: int, shown: str
) -> None:
    bus.answers[ChangeProfile] = lambda asked: user(day_start=asked.day_start)
    words = {"zone": "Europe/Berlin", "day_start": day_start}
    answer = await client.patch("/v1/me", json=words, headers=BEARER)
    assert answer.status_code == 200
    assert answer.json()["day_start"] == shown
    assert bus.last == ChangeProfile(zone="Europe/Berlin", day_start=minutes)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/habits?limit=0",
        "/v1/habits?limit=x",
        "/v1/habits?archived=1",
        "/v1/habits?tag=",
        "/v1/habits?tag=%00",
        "/v1/habits?cursor=%00",
        "/v1/today?daye=2026-01-01",
        "/v1/today?=",
        "/v1/today?day=",
        "/v1/today?day=tomorrow",
        f"/v1/habits/{HABIT}/check-ins?from=2026-1-1",
        "/v1/users?search=%00",
        "/v1/users?limit=101",
    ],
)
async def test_a_query_that_does_not_fit(client: httpx.AsyncClient, path: str) -> None:
    checked(await client.get(path, headers=BEARER), 422, "invalid")


async def test_queries_reach_the_room(client: httpx.AsyncClient, bus: StandInBus) -> None:
    down = Unavailable("room_down", "This part of Ritmo is not running; try again.")
    bus.answers |= dict.fromkeys((ListCheckIns, ListHabits, ListUsers), down)
    path = f"/v1/habits/{HABIT}/check-ins?from=2026-01-01&to=2026-01-31&limit=7&cursor=abc"
    await client.get(path, headers=BEARER)
    assert bus.last == ListCheckIns(
        habit_id=HABIT,
        first=date(2026, 1, 1),
        last=date(2026, 1, 31),
        limit=7,
        cursor="abc",
    )
    await client.get("/v1/habits?archived=all&tag=health", headers=BEARER)
    assert bus.last == ListHabits(archived=None, tag="health")
    await client.get("/v1/users?search=ada", headers=BEARER)
    assert bus.last == ListUsers(search="ada")


async def test_a_check_in(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[CheckIn] = checked_in
    answer = await client.put(DAY, json={"value": 2.5, "note": "so"}, headers=BEARER)
    assert answer.json()["value"] == 2.5
    assert bus.last == CheckIn(habit_id=HABIT, day=date(2026, 1, 2), value=2.5, note="so")


async def test_a_break_that_ends_before_it_begins(client: httpx.AsyncClient) -> None:
    words = {"from": "2026-01-02", "to": "2026-01-01"}
    answer = await client.post("/v1/breaks", json=words, headers=BEARER)
    errors: Any = checked(answer, 422, "invalid")["errors"]
    assert errors[0]["detail"] == "`to` lies before `from`."


async def test_a_break(client: httpx.AsyncClient, bus: StandInBus) -> None:
    words = {"from": "2026-01-01", "to": "2026-01-02", "tag": "sport"}
    await client.post("/v1/breaks", json=words, headers=BEARER)
    assert bus.last == AddBreak(first=date(2026, 1, 1), last=date(2026, 1, 2), tag="sport")


@pytest.mark.parametrize(
    ("given", "key"),
    [("abc", "abc"), ('"abc"', "abc"), (r'"a\"b"', 'a"b'), ("x" * 255, "x" * 255)],
)
async def test_an_idempotency_key_reaches_the_room(
    client: httpx.AsyncClient, bus: StandInBus, given: str, key: str
) -> None:
    bus.answers[CheckIn] = checked_in
    await client.put(DAY, json={}, headers=BEARER | {"Idempotency-Key": given})
    assert bus.asked[-1][2] == key


@pytest.mark.parametrize("given", ["", "x" * 256, '"open', '""', "caf\xe9", "a\tb"])
async def test_an_idempotency_key_that_is_none(client: httpx.AsyncClient, given: str) -> None:
    headers = [*BEARER.items(), ("Idempotency-Key", given.encode("latin-1"))]
    answer = await client.put(DAY, json={}, headers=headers)  # type: ignore[arg-type]
    checked(answer, 400, "invalid_header")
