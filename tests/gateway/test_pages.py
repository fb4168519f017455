"""Health, documents, and the pages for people."""

import base64
import hashlib
import re
from typing import Any

import httpx
from fastapi import FastAPI

from gateway.app import open_gateway
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import StandInBus, StandInVerifier
from tests.gateway.test_problems import checked

HTML = {"Accept": "text/html,application/xhtml+xml"}


def with_parts(bus: StandInBus, parts: dict[str, str]) -> FastAPI:
    async def ready() -> dict[str, str]:
        return parts

    return open_gateway(bus, StandInVerifier(), ready=ready)


async def test_alive_and_ready(client: httpx.AsyncClient, bus: StandInBus) -> None:
    assert (await client.get("/livez")).json() == {"status": "alive"}
    answer = await client.get("/readyz")
    assert answer.json() == {"status": "ready", "parts": {"rooms": "ok", "database": "ok"}}
    assert bus.asked == []


async def test_leaving(client: httpx.AsyncClient, app: FastAPI) -> None:
    app.state.draining = True
    checked(await client.get("/readyz"), 503, "draining")
    assert (await client.get("/livez")).status_code == 200


async def test_a_part_that_is_away(bus: StandInBus) -> None:
    async with client_of(with_parts(bus, {"rooms": "ok", "database": "away"})) as client:
        problem = checked(await client.get("/readyz"), 503, "not_ready")
        assert problem["parts"] == {"rooms": "ok", "database": "away"}
        assert "away" in (await client.get("/", headers=HTML)).text


async def test_a_part_that_can_be_spared(bus: StandInBus) -> None:
    async with client_of(with_parts(bus, {"rooms": "ok", "clock": "silent"})) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"


async def test_figures_count_by_route(client: httpx.AsyncClient) -> None:
    await client.get("/v1/habits/some-id")
    figures = await client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    assert 'route="/v1/habits/{habit_id}",status="401"' in figures.text
    assert "some-id" not in figures.text


async def test_asyncapi(client: httpx.AsyncClient, bus: StandInBus) -> None:
    assert (await client.get("/asyncapi")).json() == {}
    async with client_of(open_gateway(bus, StandInVerifier())) as other:
        checked(await other.get("/asyncapi"), 404, "no_asyncapi")


async def test_a_program_is_greeted_in_json(client: httpx.AsyncClient) -> None:
    greeting = (await client.get("/")).json()
    assert greeting["ready"] is True
    assert greeting["documentation"] == "/docs"


async def test_pages_need_nothing_from_outside(client: httpx.AsyncClient) -> None:
    for path in ("/", "/docs"):
        answer = await client.get(path, headers=HTML)
        assert answer.status_code == 200
        assert set(re.findall(r"https?://[^/\s<\"']+", answer.text)) <= {"http://ritmo"}
        assert "<script" not in answer.text
        assert "url(" not in answer.text
        style = re.search("<style>(.*)</style>", answer.text, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


async def test_the_greeting_speaks_russian(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers=HTML | {"Accept-Language": "ru"})
    assert "Всё в порядке." in answer.text
    assert '<html lang="ru">' in answer.text


async def test_the_documentation_shows_every_operation(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    text = (await client.get("/docs")).text
    for path in app.openapi()["paths"]:
        assert f"<code>{path}</code>" in text


def operations(app: FastAPI) -> list[dict[str, Any]]:
    paths = app.openapi()["paths"].values()
    return [operation for path in paths for operation in path.values()]


def test_every_operation_is_described(app: FastAPI) -> None:
    for operation in operations(app):
        assert operation["summary"]
        assert operation["description"]
        assert operation["tags"]
    names = [operation["operationId"] for operation in operations(app)]
    assert len(names) == len(set(names))


def test_errors_are_problems(app: FastAPI) -> None:
    for operation in operations(app):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in app.openapi()["components"]["schemas"]


def test_bodies_take_no_other_fields(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    for name in ("NewHabit", "HabitChanges", "Log", "Target", "NewAccount", "Pause"):
        assert schemas[name]["additionalProperties"] is False


def test_names_that_stay(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    stay = {
        "/v1/auth/register": {"post"},
        "/v1/auth/login": {"post"},
        "/v1/auth/refresh": {"post"},
        "/v1/auth/logout": {"post"},
        "/v1/me": {"get", "patch", "delete"},
        "/v1/users": {"get"},
        "/.well-known/jwks.json": {"get"},
        "/v1/habits": {"get", "post"},
        "/v1/habits/{habit_id}": {"get", "patch", "delete"},
        "/v1/habits/{habit_id}/check-ins/{day}": {"put", "delete"},
        "/v1/habits/{habit_id}/check-ins/{day}/increment": {"post"},
        "/v1/habits/{habit_id}/check-ins": {"get"},
        "/v1/today": {"get"},
        "/v1/breaks": {"get", "post"},
        "/v1/import": {"post"},
    }
    for path, methods in stay.items():
        assert methods <= set(paths[path])
