"""Every error is a problem document that a person can act on."""

import errno
import os
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from actors import ROOMS
from contracts.check_ins import GetToday
from contracts.habits import DeleteHabit, GetHabit
from contracts.message import (
    Broken,
    Conflict,
    Denied,
    Gone,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    Unanswered,
    Unauthenticated,
    Unavailable,
    Wrong,
)
from contracts.speech import catalog, chosen
from gateway.problems import PLAIN, TITLES
from gateway.wrongs import DAYS, FORMS, OTHERWISE, WORDS
from tests.gateway.conftest import client_of
from tests.gateway.sentences import ROOT, said_in, sentences
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, refusal

TODAY = "/v1/today"

TRANSLATED = {*catalog("ru").sentences, *(form for pair in catalog("ru").forms for form in pair)}


def checked(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["type"] == f"urn:ritmo:problem:{code}"
    assert problem["status"] == status
    assert problem["trace_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == answer.request.url.path
    return problem


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (NotFound, 404),
        (Conflict, 409),
        (Invalid, 422),
        (Denied, 403),
        (Unauthenticated, 401),
        (TooMany, 429),
        (Gone, 410),
        (Unavailable, 503),
        (Unanswered, 504),
        (Broken, 500),
    ],
)
async def test_each_refusal_has_its_status(
    client: httpx.AsyncClient, bus: StandInBus, kind: type[Refused], status: int
) -> None:
    bus.answers[GetToday] = refusal(kind)
    answer = await client.get(TODAY, headers=BEARER)
    checked(answer, status, "some_code")
    assert ("retry-after" in answer.headers) == (status in (429, 503, 504))
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_version_conflict_is_412(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[DeleteHabit] = refusal(Conflict, "version_conflict")
    answer = await client.delete(f"/v1/habits/{HABIT}", headers=BEARER | {"If-Match": '"2"'})
    checked(answer, 412, "version_conflict")


async def test_waiting_time_is_the_rooms_own(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[GetToday] = refusal(Unavailable, retry_after=4.2)
    assert (await client.get(TODAY, headers=BEARER)).headers["retry-after"] == "5"


async def test_an_unanswered_change_may_be_sent_again(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[DeleteHabit] = refusal(Unanswered)
    answer = await client.delete(f"/v1/habits/{HABIT}", headers=BEARER)
    assert "Idempotency-Key" in str(checked(answer, 504, "some_code")["advice"])


async def test_fields_are_pointed_at(client: httpx.AsyncClient, bus: StandInBus) -> None:
    fields = (Wrong(pointer="/email", detail="Write it as name@example.org."),)
    bus.answers[GetToday] = refusal(Invalid, fields=fields)
    problem = checked(await client.get(TODAY, headers=BEARER), 422, "some_code")
    assert problem["errors"] == [{"pointer": "/email", "detail": "Write it as name@example.org."}]


async def test_an_unexpected_failure_tells_nothing_but_its_trace(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[GetToday] = RuntimeError("secret")
    answer = await client.get(TODAY, headers=BEARER)
    checked(answer, 500, "broken")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_there_and_nothing_to_do_there(client: httpx.AsyncClient) -> None:
    checked(await client.get("/nowhere"), 404, "no_such_page")
    checked(await client.get("/v1/habits/"), 404, "no_such_page")
    answer = await client.put(f"/v1/habits/{HABIT}")
    checked(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize(
    "header",
    [{}, {"Authorization": "Basic good"}, {"Authorization": "Bearer "}],
)
async def test_without_a_token(client: httpx.AsyncClient, header: dict[str, str]) -> None:
    answer = await client.get(TODAY, headers=header)
    checked(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="ritmo"'


async def test_with_a_forged_token(client: httpx.AsyncClient) -> None:
    answer = await client.get(TODAY, headers={"Authorization": "Bearer forged"})
    checked(answer, 401, "invalid_token")
    assert "invalid_token" in answer.headers["www-authenticate"]


async def test_in_russian(client: httpx.AsyncClient, bus: StandInBus) -> None:
    text = "There is no habit {habit_id}."
    bus.answers[GetHabit] = NotFound("habit_not_found", text, habit_id=str(HABIT))
    headers = BEARER | {"Accept-Language": "de, ru;q=0.9, en;q=0.8"}
    answer = await client.get(f"/v1/habits/{HABIT}", headers=headers)
    assert answer.json()["detail"] == f"Привычки {HABIT} нет."
    assert answer.json()["title"] == "Не найдено"
    assert answer.headers["content-language"] == "ru"


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"),
        ("ru-RU,ru;q=0.9", "ru"),
        ("en;q=0.5, ru;q=0.4", "en"),
        ("ru;q=0", "en"),
        ("ru;q=x", "en"),
        ("*", "en"),
        (",;,=", "en"),
    ],
)
def test_language_is_chosen_by_liking(accept: str, language: str) -> None:
    assert chosen(accept) == language


FOR_US = {
    "A room alone needs RITMO_AMQP_URL and RITMO_DATABASE_URL.",
    "a refused habit cannot be made",
    "this is no entry",
    "the versions are out of order",
    "an empty day was emptied",
    "the progress is settled beyond the day that is asked for",
}
"""What only a programmer's mistake would say, or the log of a room."""


@pytest.mark.parametrize("folder", ["gateway", "contracts", "actors", "ops"])
def test_every_sentence_has_a_translation(folder: str) -> None:
    assert sentences(folder) - TRANSLATED - FOR_US == set()


@pytest.mark.parametrize(
    "source",
    [
        'TEXT = "The lamp is out."\nreturned = {"phase": "failed", "problem": TEXT}',
        'raise UnusableServer("The lamp is out.")',
        'text = "The lamp is out."\nfailed(Invalid("lamp_out", text))',
        'found = {"says": "The lamp is out." if dark else "sun"}',
        'well = ("", "The lamp is out.")\nbacklog_state("lamp", 1, 2, 3, well=well)',
    ],
)
def test_no_way_of_saying_a_sentence_escapes_the_search(source: str) -> None:
    assert "The lamp is out." in said_in(source)


def test_every_table_of_sentences_has_a_translation() -> None:
    said = {
        DAYS,
        OTHERWISE,
        *WORDS.values(),
        *FORMS.values(),
        *TITLES.values(),
        *(text for _, text in PLAIN.values()),
    }
    assert said - {"{error}"} - TRANSLATED == set()


def test_every_part_has_a_russian_name() -> None:
    files = [*(ROOT / "ops").glob("*.py"), *(ROOT / "contracts").glob("*.py")]
    named = {name for file in files for name in re.findall(r'[Ss]tate\("(\w+)"', file.read_text())}
    assert len(named) > 5
    assert {*named, *ROOMS} - TRANSLATED == set()


async def test_a_room_that_is_down_is_asked_once(app: FastAPI, bus: StandInBus) -> None:
    async with client_of(app) as client:
        checked(await client.get(TODAY, headers=BEARER), 503, "room_down")
    assert len(bus.asked) == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_what_cannot_be_put_aside_is_no_fault_of_ours(
    app: FastAPI, bus: StandInBus, number: int
) -> None:
    bus.answers[GetToday] = OSError(number, os.strerror(number))
    async with client_of(app) as client:
        answer = await client.get(TODAY, headers=BEARER | {"Accept-Language": "ru"})
    assert checked(answer, 503, "disk_full")["detail"].startswith("Диск заполнен")
    assert int(answer.headers["Retry-After"]) >= 1
