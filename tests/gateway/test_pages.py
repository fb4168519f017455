"""Health, documents, and the pages for people."""

import asyncio
import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from contracts.habits import CreateHabit
from contracts.health import Pong, State
from gateway.app import GatewaySettings, open_gateway
from gateway.limits import Limiter
from ops.health import Deployment, database_away, parked_state, queues_state, seen_states
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, StandInVerifier
from tests.gateway.standing_in import habit as a_habit
from tests.gateway.test_problems import checked

HTML = {"Accept": "text/html,application/xhtml+xml"}


def with_parts(bus: StandInBus, *states: State) -> FastAPI:
    async def ready() -> list[State]:
        return list(states)

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
    async with client_of(with_parts(bus, State("rooms"), database_away())) as client:
        problem = checked(await client.get("/readyz"), 503, "not_ready")
        assert problem["parts"] == {"rooms": "ok", "database": "away"}
        assert problem["advice"] == {"database": database_away().text}
        assert database_away().text in (await client.get("/status", headers=HTML)).text


async def test_a_part_that_can_be_spared(bus: StandInBus) -> None:
    async with client_of(with_parts(bus, State("rooms"), parked_state(2))) as client:
        answer = await client.get("/readyz", headers={"Accept-Language": "ru"})
        page = await client.get("/status", headers=HTML | {"Accept-Language": "ru"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["parts"] == {"rooms": "ok", "parked": "waiting"}
    (advice,) = answer.json()["advice"].values()
    assert advice.startswith("2 сообщения не удалось принять")
    assert advice in page.text


async def test_facts_that_no_room_takes_are_told(bus: StandInBus) -> None:
    lying = queues_state(3, 600.0)
    async with client_of(with_parts(bus, State("rooms"), lying, queues_state(9, 2.0))) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["advice"]["queues"].startswith("3 messages lie in the queues, the oldest")
    assert queues_state(0, 0.0).well
    assert not any(one.part == "queues" for one in seen_states(Pong(), Deployment(apart=False)))
    assert any(one.part == "queues" for one in seen_states(Pong(), Deployment(apart=True)))


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


def opened(bus: StandInBus, **words: Any) -> FastAPI:
    return open_gateway(bus, StandInVerifier(), GatewaySettings(**words), asyncapi=lambda: "{}")


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.9.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("192.168.1.5", {}, 403),
        ("::ffff:10.0.0.1", {}, 403),
        ("", {}, 403),
        ("127.0.0.1.example.org", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Via": "1.1 somewhere"}, 403),
    ],
)
async def test_figures_are_for_this_machine(
    app: FastAPI, peer: str, headers: dict[str, str], status: int
) -> None:
    transport = httpx.ASGITransport(app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://ritmo") as client:
        answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("ritmo_http_seconds" in answer.text) is (status == 200)


async def test_figures_are_for_who_has_the_token(bus: StandInBus) -> None:
    app = opened(bus, metrics_token="a token of some length")
    for peer in ("127.0.0.1", "192.168.1.5"):
        transport = httpx.ASGITransport(app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://ritmo") as client:
            for word in ("", "Bearer wrong", "Bearer ", "Basic a token of some length"):
                answer = await client.get("/metrics", headers={"Authorization": word})
                checked(answer, 401, "metrics_closed")
            right = {"Authorization": "Bearer a token of some length"}
            assert (await client.get("/metrics", headers=right)).status_code == 200


async def test_documents_are_written_once(bus: StandInBus) -> None:
    written = 0

    def write() -> str:
        nonlocal written
        written += 1
        return "{}"

    async with client_of(open_gateway(bus, StandInVerifier(), asyncapi=write)) as client:
        await asyncio.gather(*(client.get("/asyncapi") for _ in range(5)))
    assert written == 1


async def test_who_knows_a_document_gets_none(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/openapi.json", "/asyncapi"):
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b""), path
        assert again.headers["etag"] == first.headers["etag"]


async def test_the_documentation_is_in_the_language_of_the_reader(
    client: httpx.AsyncClient,
) -> None:
    tags = set()
    for language in ("en", "ru"):
        answer = await client.get("/docs", headers={"Accept-Language": language})
        assert answer.headers["content-language"] == language
        assert "Accept-Language" in answer.headers["vary"]
        assert "style-src" in answer.headers["content-security-policy"]
        tags.add(answer.headers["etag"])
    assert len(tags) == 2


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/asyncapi", "/metrics"])
async def test_what_needs_no_login_is_counted(bus: StandInBus, path: str) -> None:
    app = opened(bus, rate_per_minute=2)
    app.state.door.limiter = Limiter(clock=lambda: 60.0)  # no minute ends meanwhile
    async with client_of(app) as client:
        statuses = [(await client.get(path)).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        for probe in ("/livez", "/readyz"):
            assert (await client.get(probe)).status_code == 200


FORGED = ("evil.example", "evil.example:80", 'ev"il.example', "<b>.example")


@pytest.mark.parametrize("base_url", ["", "https://habits.example.org/"])
async def test_no_answer_repeats_the_host(bus: StandInBus, base_url: str) -> None:
    bus.answers[CreateHabit] = a_habit()
    async with client_of(opened(bus, base_url=base_url)) as client:
        for host in FORGED:
            await repeats_nothing(client, host, base_url)


async def repeats_nothing(client: httpx.AsyncClient, host: str, base_url: str) -> None:
    """See that a forged host is in no answer."""
    headers = {"Host": host, "X-Forwarded-Host": host, "Forwarded": f'host="{host}"'}
    answers = [
        await client.get(path, headers=HTML | BEARER | headers)
        for path in (
            *("/status", "/docs", "/docs/", "/openapi.json", "/asyncapi", "/nowhere"),
            "/v1/me",
        )
    ]
    made = await client.post("/v1/habits", json={"name": "x"}, headers=BEARER | headers)
    assert made.headers["location"].startswith("/v1/habits/")
    for answer in [*answers, made]:
        told = answer.text + str(answer.headers)
        assert "evil" not in told
        assert "<b>.example" not in told
    shown = "habits.example.org" if base_url else "RITMO=…"
    assert shown in answers[0].text
    assert shown in answers[1].text
    servers = answers[3].json()["servers"]
    assert servers == [{"url": base_url.rstrip("/") or "/"}]


async def test_only_hosts_that_are_trusted(bus: StandInBus) -> None:
    async with client_of(opened(bus, trusted_hosts=("habits.example.org", "[::1]"))) as client:
        for host in ("habits.example.org", "HABITS.example.org:8000", "[::1]:80", "[::1]"):
            assert (await client.get("/livez", headers={"Host": host})).status_code == 200
        for host in ("evil.example", "habits.example.org.evil.example", "", "[::2]", ":80"):
            answer = await client.get("/livez", headers={"Host": host})
            checked(answer, 421, "unknown_host")


async def test_a_request_names_one_host(client: httpx.AsyncClient) -> None:
    answer = await client.get("/livez", headers=[("Host", "a"), ("Host", "b")])
    checked(answer, 400, "bad_host")


async def test_a_program_is_greeted_in_json(client: httpx.AsyncClient) -> None:
    greeting = (await client.get("/")).json()
    assert greeting["ready"] is True
    assert greeting["documentation"] == "/docs"


async def test_pages_need_nothing_from_outside(client: httpx.AsyncClient) -> None:
    for path in ("/status", "/docs"):
        answer = await client.get(path, headers=HTML)
        assert answer.status_code == 200
        assert {*re.findall(r"https?://[^/\s<\"'&]+", answer.text)} <= {"https://example.org"}
        assert "<script" not in answer.text
        assert "url(" not in answer.text
        (style,) = re.findall(r'<link rel="stylesheet" href="(/files/[^"]+)">', answer.text)
        assert "style-src 'self'" in answer.headers["content-security-policy"]
        sent = await client.get(style, headers={"Accept-Encoding": "gzip"})
        assert sent.headers["content-encoding"] == "gzip"
        assert "immutable" in sent.headers["cache-control"]
        assert "url(" not in sent.text
        other = await client.get(style.replace("/files/", "/files/0"))
        assert (other.text, other.headers["cache-control"]) == (sent.text, "no-store")
    checked(await client.get("/files/0/nothing.css"), 404, "no_such_page")


async def test_the_greeting_speaks_russian(client: httpx.AsyncClient) -> None:
    answer = await client.get("/status", headers=HTML | {"Accept-Language": "ru"})
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


async def test_what_can_be_got_can_be_looked_at(app: FastAPI, client: httpx.AsyncClient) -> None:
    """HEAD answers as GET does, on every route, without the body (RFC 9110, section 9.3.2)."""
    paths = [
        re.sub(
            r"\{(\w+)\}", lambda name: "2031-05-05" if name[1] == "day" else str(HABIT), route.path
        )
        for route in app.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    ]
    assert len(paths) > 30
    app.state.door.events.close()  # a stream does not end; `test_events` looks at its headers
    for path in paths:
        got = await client.get(path, headers=BEARER)
        looked = await client.head(path, headers=BEARER)
        assert looked.status_code == got.status_code, path
        assert looked.status_code != 405
        assert looked.headers.get("content-type") == got.headers.get("content-type")
        assert looked.content == b""
        assert got.content != b"" or got.status_code == 303, path


async def test_head_of_what_cannot_be_got_names_what_can_be_done(client: httpx.AsyncClient) -> None:
    answer = await client.head("/v1/auth/login")
    assert (answer.status_code, answer.content) == (405, b"")
    assert answer.headers["allow"] == "POST"


async def test_browsers_find_an_icon_and_search_engines_the_way_out(
    client: httpx.AsyncClient,
) -> None:
    icon = await client.get("/favicon.ico")
    assert icon.status_code == 200
    assert icon.content.startswith(b"\0\0\1\0"), "an ICO file"
    assert len(icon.content) < 2000
    robots = await client.get("/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert robots.text.splitlines() == ["User-agent: *", "Disallow: /"]
    for answer in (icon, robots):
        assert answer.headers["cache-control"] == "public, max-age=86400"
    page = await client.get("/status", headers=HTML)
    assert "img-src 'self'" in page.headers["content-security-policy"], "or it is not shown"
