"""A database of an older version comes along, and loses nothing: see `tests/upgrade`."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine

from actors.runtime.settings import Settings
from contracts.reminders import local_time
from ops.door import open_door
from ops.platform import platform
from storage import embedded
from storage.migrations import current, head, migrate
from storage.migrations.settlement import settle_all
from storage.session import open_engine, transaction
from tests.upgrade.kept import NAMES, load, recorded
from tests.upgrade.life import PASSWORD

TRIES = 5

RULED = {
    *("score", "scores", "milestones", "asked", "rate", "change", "trend"),
    *("completion", "completion_change", "consistency", "days_asked", "perfect_days", "needed"),
}
"""What goes by rules of strength and rest that are others by now; streaks and all that was said
stay.
"""


@dataclass(frozen=True)
class Upgraded:
    """What an older version said, and what this one says, of each person and path."""

    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any]]
    revision: str | None
    statuses: dict[str, int]
    shown: list[Any]
    anew: list[Any]


@pytest.fixture(scope="module", params=NAMES)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    """Load a database, bring it to this version, and ask for all that was recorded."""
    record = recorded(request.param)
    folder = tmp_path_factory.mktemp("upgrade")
    server = embedded.start(folder / "postgres", durable=False)
    try:
        load(server.url, request.param)
        with time_machine.travel(datetime.fromisoformat(record["at"])):
            yield asyncio.run(compare(server.url, record, folder))
    finally:
        server.stop()


async def compare(url: str, record: dict[str, Any], folder: Path) -> Upgraded:
    """Migrate, open the rooms and the door, and ask."""
    settings = Settings(data=folder, rate_per_minute=1_000_000, base_url="http://ritmo.test")
    engine = open_engine(url, 1)
    await migrate(engine)
    async with transaction(engine) as tx:
        revision = await current(tx)
    await engine.dispose()
    async with platform(settings, url) as here:
        while await here.courier.carry():
            pass
        door = httpx.ASGITransport(open_door(settings, here.bus, here.verifier))
        async with httpx.AsyncClient(transport=door, base_url="http://ritmo.test") as client:
            after = {one["email"]: await answers(client, one) for one in record["people"]}
            statuses = await outcomes(client, record)
            shown = [await habits(client, one) for one in record["people"]]
            async with transaction(here.engine) as tx:
                await tx.run_sync(settle_all)
            anew = [await habits(client, one) for one in record["people"]]
    before = {one["email"]: one["answers"] for one in record["people"]}
    return Upgraded(before, after, revision, statuses, shown, anew)


async def answers(client: httpx.AsyncClient, known: dict[str, Any]) -> dict[str, Any]:
    """Ask what a person was told before, with the token that they had."""
    headers = {
        "Authorization": f"Bearer {known['tokens']['access_token']}",
        "Accept-Language": known["language"],
    }
    return {path: await asked(client, path, headers) for path in known["answers"]}


async def habits(client: httpx.AsyncClient, known: dict[str, Any]) -> Any:
    """Ask for all habits of a person."""
    headers = {"Authorization": f"Bearer {known['tokens']['access_token']}"}
    return await asked(client, "/v1/habits?limit=500", headers)


async def asked(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> Any:
    """Ask; where a room says that it is late, as when it loads what draws, ask again."""
    for _ in range(TRIES):
        answer = await client.get(path, headers=headers)
        if answer.status_code not in (503, 504):
            break
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


async def outcomes(client: httpx.AsyncClient, record: dict[str, Any]) -> dict[str, int]:
    """Go on living: log in, stay logged in, press a button in an old mail, check in."""
    who = record["people"][0]
    words = {"email": who["email"], "password": PASSWORD}
    login = await client.post("/v1/auth/login", json=words)
    refresh = {"refresh_token": who["tokens"]["refresh_token"]}
    refreshed = await client.post("/v1/auth/refresh", json=refresh)
    pressed = await client.post(record["link"])
    bearer = {"Authorization": f"Bearer {login.json()['access_token']}"}
    statuses = {
        "login": login.status_code,
        "refresh": refreshed.status_code,
        "link": pressed.status_code,
    }
    for name, habit in who["ids"].items():
        path = f"/v1/habits/{habit}/check-ins/today"
        put = await client.put(path, json={"value": 1}, headers=bearer)
        statuses[name] = put.status_code
    today = (await client.get("/v1/today", headers=bearer)).json()["habits"]
    flossed = [one["state"] for one in today if one["habit_id"] == who["ids"]["Floss"]]
    return statuses | {"flossed": 200 if flossed == ["done"] else 0}


def lost(before: Any, after: Any, where: str = "") -> Iterator[str]:
    """Yield where an answer does not say what it said; what is new beside it is welcome."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            # A summary counts skips among the check-ins by now.
            if name in RULED or (name == "check_ins" and isinstance(value, int)):
                continue
            # There was no bot in Telegram; now there is one, and no chat is linked.
            if name == "note" and "/v1/channels" in where:
                continue
            if name in after:
                yield from lost(value, after[name], f"{where}/{name}")
            else:
                yield f"{where}/{name} is gone"
    elif isinstance(before, list) and isinstance(after, list) and _habits(before):
        # A past day shows a habit that has been laid aside since, too.
        found = {one["habit_id"]: one for one in after}
        for one in before:
            yield from lost(one, found.get(one["habit_id"]), f"{where}/{one['habit_id']}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        if "/analytics/summary" in where and where.endswith("/habits"):  # by name before
            before, after = (sorted(one, key=lambda line: line["name"]) for one in (before, after))
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{where}/{number}")
    elif before != after:
        yield f"{where} was {before!r}, is {after!r}"


def _habits(said: list[Any]) -> bool:
    """Tell whether these are habits of a day."""
    return bool(said) and isinstance(said[0], dict) and {"habit_id", "on_break"} <= said[0].keys()


def as_now(said: Any) -> Any:
    """Write what was said before as it is written now: the begin of a day is a time."""
    if isinstance(said, dict) and isinstance(said.get("day_start"), int):
        return said | {"day_start": local_time(said["day_start"])}
    return said


def test_the_database_is_at_this_version(upgraded: Upgraded) -> None:
    assert upgraded.revision == head()


PARTS = ("me", "today", "habits", "breaks", "tags", "journal", "analytics", "reminders")


@pytest.mark.parametrize("part", [*PARTS, "other"])
def test_people_see_what_they_saw(upgraded: Upgraded, part: str) -> None:
    seen, changed = 0, list[str]()
    for who, answers in upgraded.before.items():
        for path, said in answers.items():
            noun = path.split("/")[2].split("?")[0]
            if noun == part or (part == "other" and noun not in PARTS):
                seen += 1
                changed += lost(as_now(said), upgraded.after[who][path], f"{who} {path}: ")
    assert seen
    assert not changed, "\n".join(changed[:50])


def test_people_stay_logged_in_and_go_on(upgraded: Upgraded) -> None:
    assert {name for name, status in upgraded.statuses.items() if status != 200} == set()


def test_scores_and_streaks_are_those_of_a_recomputation(upgraded: Upgraded) -> None:
    assert any(person["habits"] for person in upgraded.shown)
    assert upgraded.shown == upgraded.anew
