"""What every request passes: sizes, origins, headers, traces and limits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from contracts.bus import trace_id
from contracts.check_ins import GetToday, Today
from contracts.devices import DeviceKnown, KnowsDevice
from contracts.message import Unauthenticated, Unavailable
from contracts.sessions import Login
from contracts.signing_keys import GetKeys
from contracts.users import GetProfile
from gateway.app import GatewaySettings, open_gateway
from gateway.bounds import MAX_HASHES, MAX_HASHES_WAITING
from gateway.bulkhead import Bulkhead
from gateway.limits import Limiter, Policy
from tests.gateway.conftest import ORIGIN, client_of
from tests.gateway.standing_in import BEARER, StandInBus, StandInVerifier, tokens, user
from tests.gateway.test_problems import checked

JSON = BEARER | {"Content-Type": "application/json"}


async def test_a_body_that_says_it_is_too_large(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/habits", content=b"x" * 4097, headers=JSON)
    checked(answer, 413, "too_large")
    assert answer.headers["connection"] == "close"


async def test_a_body_that_turns_out_too_large(client: httpx.AsyncClient, bus: StandInBus) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1024

    answer = await client.post("/v1/habits", content=endless(), headers=JSON)
    checked(answer, 413, "too_large")
    assert sent == 5
    assert bus.asked == []


@pytest.mark.parametrize("path", ["/livez", "/nowhere", "/v1/today"])
async def test_every_answer_is_guarded(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


async def test_https_stays_https(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://ritmo") as client:
        assert "strict-transport-security" in (await client.get("/livez")).headers


async def test_a_known_origin_may_call(client: httpx.AsyncClient) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"}
    answer = await client.options("/v1/today", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "PUT" in answer.headers["access-control-allow-methods"]
    answer = await client.get("/livez", headers={"Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "null"])
async def test_other_origins_may_not(client: httpx.AsyncClient, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    answer = await client.options("/v1/today", headers=asked)
    checked(answer, 403, "origin_not_allowed")
    for given in (answer, await client.get("/livez", headers={"Origin": origin})):
        assert "access-control-allow-origin" not in given.headers
        assert "Origin" in given.headers["vary"]


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"X-Request-Id": "my-request-1"}, "my-request-1"),
        ({"Traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}, "ab" * 16),
        ({"Traceparent": f"00-{'0' * 32}-{'cd' * 8}-01"}, None),
        ({"X-Request-Id": "two words"}, None),
        ({"X-Request-Id": "x" * 65}, None),
    ],
)
async def test_a_trace_goes_with_the_request(
    client: httpx.AsyncClient, bus: StandInBus, headers: dict[str, str], trace: str | None
) -> None:
    seen = []

    def answer(_: GetToday) -> Today:
        seen.append(trace_id.get())
        raise RuntimeError

    bus.answers[GetToday] = answer
    given = (await client.get("/v1/today", headers=BEARER | headers)).headers["x-request-id"]
    assert seen == [given]
    assert trace_id.get() == ""
    if trace is None:
        assert given not in headers.values()
        assert len(given) == 32
    else:
        assert given == trace


async def test_where_a_person_stands(bus: StandInBus) -> None:
    app = open_gateway(bus, StandInVerifier(), GatewaySettings(rate_per_minute=2))
    async with client_of(app) as client:
        first = await client.get("/v1/today", headers=BEARER)
        assert first.headers["ratelimit-policy"] == '"person";q=2;w=60'
        assert first.headers["ratelimit"].startswith('"person";r=1;t=')
        # One more fits into this minute; a minute may end between two requests, so ask often.
        answers = [await client.get("/v1/today", headers=BEARER) for _ in range(5)]
    refused = answers[-1]
    checked(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60


async def test_a_device_that_is_known_is_let_in_whatever_its_neighbours_do(
    bus: StandInBus,
) -> None:
    def known(asked: KnowsDevice) -> DeviceKnown:
        return DeviceKnown(known=(asked.email, asked.device_token) == ("ada@example.org", "ours"))

    bus.answers |= {
        Login: tokens().model_copy(update={"device_token": "ours"}),
        GetProfile: user(),
        KnowsDevice: known,
    }
    app = open_gateway(bus, StandInVerifier(), GatewaySettings(rate_per_minute=1))
    words = {"email": "ada@example.org", "password": "a long sentence"}
    async with client_of(app) as client:
        first = await client.post("/v1/auth/login", json=words)
        kept = first.headers["set-cookie"]
        assert kept.startswith("__Host-device=ours; ")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(kept.split("; "))
        for more in ({}, {"device_token": "theirs"}, {"email": "eve@example.org"}):
            answer = await client.post("/v1/auth/login", json=words | more)
            checked(answer, 429, "rate_limited")
        said = await client.post("/v1/auth/login", json=words | {"device_token": "ours"})
        cookie = {"Cookie": "__Host-device=ours"}
        sent = await client.post("/v1/auth/login", json=words, headers=cookie)
        assert (said.status_code, sent.status_code) == (200, 200)
        assert said.json()["device_token"] == "ours"


async def test_forged_tokens_count_against_the_address(bus: StandInBus) -> None:
    app = open_gateway(bus, StandInVerifier(), GatewaySettings(rate_per_minute=1))
    async with client_of(app) as client:
        forged = {"Authorization": "Bearer forged"}
        codes = [(await client.get("/v1/me", headers=forged)).status_code for _ in range(4)]
    assert codes[0] == 401
    assert codes[-1] == 429


class Clock:
    """Shows the time that it was set to."""

    def __init__(self) -> None:
        self.now = 120.0

    def __call__(self) -> float:
        return self.now


async def test_a_window_ends_with_its_minute() -> None:
    clock = Clock()
    limiter, policy = Limiter(clock=clock), Policy("person", 2)
    standings = [await limiter.take(policy, "ada") for _ in range(3)]
    assert [standing.allowed for standing in standings] == [True, True, False]
    assert standings[-1].reset == 60
    assert (await limiter.take(policy, "bob")).allowed
    clock.now = 180.0
    assert (await limiter.take(policy, "ada")).allowed


async def test_leases_never_let_more_through() -> None:
    limiter, policy = Limiter(clock=Clock()), Policy("person", 600)
    standings = [await limiter.take(policy, "ada") for _ in range(605)]
    assert policy.lease == 10
    assert sum(standing.allowed for standing in standings) == 600


async def test_without_its_redis_it_counts_locally() -> None:
    # Nothing listens on port 1.
    limiter = Limiter("redis://127.0.0.1:1", clock=Clock())
    policy = Policy("person", 1)
    assert (await limiter.take(policy, "ada")).allowed
    assert not (await limiter.take(policy, "ada")).allowed


async def test_public_pages_tell_their_limit(client: httpx.AsyncClient, bus: StandInBus) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert bus.last == GetKeys()
    assert "ratelimit" in answer.headers


async def test_few_wait_for_a_hash_and_nobody_else_waits_for_them(
    bus: StandInBus,
) -> None:
    go, inside = asyncio.Event(), 0

    class Hashing(StandInBus):
        async def ask(self, message: Any, *given: Any, **more: Any) -> Any:
            nonlocal inside
            if isinstance(message, Login):
                inside += 1
                await go.wait()
                inside -= 1
            return await super().ask(message, *given, **more)

    slow = Hashing()
    slow.answers[Login] = Unauthenticated("wrong_credentials", "Wrong.")
    slow.answers[GetToday] = Today(day=date(2031, 5, 5), habits=())
    settings = GatewaySettings(login_per_minute=1000)
    words = {"email": "ada@example.org", "password": "x"}
    async with client_of(open_gateway(slow, StandInVerifier(), settings)) as client:
        room = MAX_HASHES + MAX_HASHES_WAITING
        logins = [
            asyncio.create_task(client.post("/v1/auth/login", json=words)) for _ in range(room + 5)
        ]
        done, waiting = await asyncio.wait(logins, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < 5:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        for one in done:
            problem = checked(one.result(), 503, "busy")
            assert problem
            assert int(one.result().headers["retry-after"]) >= 1
        assert inside == MAX_HASHES
        assert (await client.get("/v1/today", headers=BEARER)).status_code == 200
        # Who goes away while waiting leaves room for others.
        left = waiting.pop()
        left.cancel()
        go.set()
        answers = await asyncio.gather(*waiting)
        assert {answer.status_code for answer in answers} == {401}
        answer = await client.post("/v1/auth/login", json=words)
        checked(answer, 401, "wrong_credentials")


async def test_nobody_waits_for_a_turn_without_end() -> None:
    bulkhead = Bulkhead(at_once=1, waiting=1, seconds=0.01)
    async with bulkhead:
        for _ in range(3):
            with pytest.raises(Unavailable):
                async with bulkhead:
                    raise AssertionError
    async with bulkhead:
        pass
