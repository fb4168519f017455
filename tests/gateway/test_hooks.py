"""Hooks at the door: a POST without a body, a page with one button, and nothing else."""

import re
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from contracts.check_ins import CheckedIn
from contracts.hooks import CreateHook, Hook, HookShown, LookAtHook, MadeHook, UseHook
from contracts.marks import Logged
from contracts.message import Broken, NotFound
from contracts.speech import say
from gateway.limits import Policy
from tests.gateway.standing_in import BEARER, HABIT, StandInBus

SECRET = "s3cr3t-" + "A" * 36
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
AT = f"/v1/hooks/{SECRET}/check-in"
STANDS = CheckedIn(
    habit_id=HABIT, day=date(2031, 5, 5), value=1, state="done", streak=1, best_streak=1, score=0.1
)


def shown(**words: Any) -> HookShown:
    plain = {"habit": "Read <i>", "day": date(2031, 5, 5), "measure": "yes_no"}
    return HookShown.model_validate(plain | words)


def used(bus: StandInBus) -> list[UseHook]:
    return [asked for asked, _, _ in bus.asked if isinstance(asked, UseHook)]


async def test_a_button_needs_no_body_and_no_login(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[UseHook] = STANDS
    form = "application/x-www-form-urlencoded"  # as curl says if it sends anything
    for body, media in ((b"", form), (b"{}", "application/json"), (b"pressed", "x/y")):
        answer = await client.post(AT, content=body, headers={"Content-Type": media})
        assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "done"
    await client.post(f"{AT}?by=2.5", headers={"Idempotency-Key": "press-1"})
    assert [(one.secret, one.by, one.key) for one in used(bus)] == [
        *[(SECRET, None, None)] * 3,
        (SECRET, 2.5, "press-1"),
    ]
    assert all(who is None for _, who, _ in bus.asked)


@pytest.mark.parametrize("by", ["0", "nan", "inf", "x", "1e12", "0.0001"])
async def test_what_is_no_amount_is_refused(
    client: httpx.AsyncClient, bus: StandInBus, by: str
) -> None:
    answer = await client.post(AT, params={"by": by})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "by"
    assert used(bus) == []


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("adds", [True, False])
async def test_looking_shows_one_button_and_changes_nothing(
    client: httpx.AsyncClient, bus: StandInBus, language: str, *, adds: bool
) -> None:
    bus.answers[LookAtHook] = shown(adds=adds, logged=Logged(value=1, state="done"))
    for method in ("GET", "HEAD"):
        answer = await client.request(method, AT, headers={"Accept-Language": language})
        assert answer.status_code == 200
    page = (await client.get(AT, headers={"Accept-Language": language})).text
    assert page.count("<button") == 1
    assert "Read &lt;i&gt;" in page
    assert f">{say(language, 'Add one' if adds else 'Done')}</button>" in page
    assert say(language, "Logged: {was}.", {"was": say(language, "done")}) in page
    assert page.count("<input") == page.count('type="hidden"')
    assert SECRET not in page
    assert used(bus) == []
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]


async def test_the_button_of_the_page_acts_and_shows_what_stands(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[UseHook] = STANDS
    bus.answers[LookAtHook] = shown(logged=Logged(value=1, state="done"))
    page = (await client.get(AT)).text
    (key,) = re.findall(r'name="key" value="([^"]+)"', page)
    assert f'value="{key}"' not in (await client.get(AT)).text, "each page has its own"
    answer = await client.post(AT, data={"key": key}, headers=BROWSER)
    assert answer.status_code == 200
    assert "is done" in answer.text
    assert [(one.by, one.key) for one in used(bus)] == [(None, key)]
    bus.answers[LookAtHook] = shown(measure="amount", unit="km", number=True)
    page = (await client.get(AT)).text
    assert 'name="by"' in page
    await client.post(AT, data={"by": "7,5"}, headers=BROWSER | {"Accept-Language": "ru"})
    assert used(bus)[-1].by == 7.5
    wrong = await client.post(AT, data={"by": "much"}, headers=BROWSER)
    assert wrong.status_code == 422
    assert len(used(bus)) == 2


@pytest.mark.parametrize("secret", ["A" * 43, "A" * 42, "A" * 44, "é" * 43, "A" * 42 + "*", "%00"])
async def test_what_is_not_known_is_refused_alike(
    client: httpx.AsyncClient, bus: StandInBus, secret: str
) -> None:
    refused = NotFound("hook_unknown", "This hook is not one of ours, or it was revoked.")
    bus.answers[UseHook] = bus.answers[LookAtHook] = refused
    answer = await client.post(f"/v1/hooks/{secret}/check-in")
    assert answer.status_code == 404
    told = answer.json()
    told.pop("trace_id")
    assert told == {
        "type": "urn:ritmo:problem:hook_unknown",
        "title": "Not found",
        "status": 404,
        "detail": "This hook is not one of ours, or it was revoked.",
        "instance": "/v1/hooks/.../check-in",
        "code": "hook_unknown",
    }
    page = await client.get(f"/v1/hooks/{secret}/check-in")
    assert page.status_code == 404
    assert "not one of ours" in page.text


async def test_the_secret_stands_in_no_log_and_no_problem(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[UseHook] = Broken(
        "broken", "Something broke on our side. Its trace is {trace_id}.", trace_id="x"
    )
    with capture_logs() as logs:
        told = await client.post(AT)
        bus.answers[UseHook] = RuntimeError("boom")
        broken = await client.post(AT)
        wrong = await client.post(f"{AT}?by=x")
        method = await client.delete(AT)
    assert (told.status_code, broken.status_code) == (500, 500)
    assert (wrong.status_code, method.status_code) == (422, 405)
    assert logs
    for said in (*logs, told.text, broken.text, wrong.text, method.text):
        assert SECRET not in str(said)


async def test_one_hook_is_used_so_often(
    client: httpx.AsyncClient, bus: StandInBus, app: FastAPI
) -> None:
    bus.answers[UseHook] = STANDS
    app.state.door.hook = Policy("hook", 2)
    statuses = [(await client.post(AT)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    other = AT.replace("s3cr3t", "other0")
    assert (await client.post(other)).status_code == 200


async def test_the_secret_is_shown_once_with_its_address(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    made = Hook(hook_id=HABIT, habit_id=HABIT, name="", created_at=datetime(2031, 5, 5, tzinfo=UTC))
    bus.answers[CreateHook] = MadeHook(made=made, secret=SECRET)
    answer = await client.post(f"/v1/habits/{HABIT}/hooks", headers=BEARER)
    assert answer.status_code == 201
    assert (answer.json()["secret"], answer.json()["url"]) == (SECRET, AT)
    assert answer.headers["location"] == f"/v1/habits/{HABIT}/hooks/{HABIT}"
