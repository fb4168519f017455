"""The bounds of a body: its shape before it is read, its pace, and what is said of it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.types import Message

from contracts.habits import CreateHabit
from contracts.registrations import SignUp
from contracts.sessions import Login
from gateway import bounds
from gateway.body import BodyStream, check_shape
from gateway.bounds import MAX_DEPTH, MAX_ELEMENTS, MAX_ERRORS, MAX_KEYS, MAX_QUOTED, MAX_TOKENS
from gateway.problems import BadRequest
from tests.examples import examples
from tests.gateway.standing_in import BEARER, StandInBus
from tests.gateway.test_problems import checked

JSON = {"Content-Type": "application/json"}
PAGE = Path(__file__).parents[2] / "docs" / "security.md"


def code_of(raw: bytes) -> str:
    """Return the code of the refusal, or nothing."""
    try:
        check_shape(raw)
    except BadRequest as no:
        return no.code
    return ""


def keys(number: int, value: object = 1) -> dict[str, object]:
    return {f"k{n}": value for n in range(number)}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (keys(MAX_KEYS), ""),
        (keys(MAX_KEYS + 1), "too_many_keys"),
        ({"a": {"b": [keys(MAX_KEYS + 1)]}}, "too_many_keys"),
        ([0] * MAX_ELEMENTS, ""),
        ([0] * (MAX_ELEMENTS + 1), "too_many_elements"),
        ([[0] * 10 for _ in range(MAX_ELEMENTS // 10)], "too_many_elements"),
        ([""] * (MAX_ELEMENTS + 1), "too_many_elements"),
        ([{}] * (MAX_ELEMENTS + 1), "too_many_elements"),
        ([[]] * MAX_ELEMENTS, "too_many_elements"),
        ([keys(20) for _ in range(400)], "too_many_tokens"),
        ({name: keys(100) for name in keys(100)}, "too_many_tokens"),
        ("," * 5000 + "[" * 5000 + '{"": ' * 5000, ""),
        ({"check_ins": [keys(8, "2031-05-05") for _ in range(500)]}, ""),
        ({"," * 2000: '\\"[' * 2000}, ""),
    ],
)
def test_the_shape_of_a_body(body: Any, code: str) -> None:
    assert code_of(json.dumps(body).encode()) == code
    assert code_of(json.dumps(body, indent=1).encode()) == code


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"[" * (MAX_DEPTH + 1), "too_deep"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, ""),
        (b'{"a":' * (MAX_DEPTH + 1), "too_deep"),
        (b"{" + b'"a":1,' * MAX_KEYS + b'"a":1}', "too_many_keys"),
        (b"{" + b'"\\u0061":1,' * MAX_KEYS + b'"a":1}', "too_many_keys"),
        (b'""' * (MAX_TOKENS + 1), "too_many_tokens"),
        (b"{}" * (MAX_TOKENS + 1), "too_many_tokens"),
        (b"]" * (MAX_TOKENS + 1) + b"[" * (MAX_TOKENS + 1), "too_many_tokens"),
        (b'"' + b"\\" * 99_999, ""),
        (b'"' * 99_999, "too_many_tokens"),
        (b"", ""),
        (b"\xff" * 1000, ""),
    ],
)
def test_the_shape_of_what_may_be_no_json(raw: bytes, code: str) -> None:
    assert code_of(raw) == code


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('a",:{}[]\\\n🙂')),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(), inner, max_size=40),
    max_leaves=200,
)


def walked(tree: object, depth: int = 1) -> tuple[int, int, int]:
    """Count the keys of the largest object, all elements, and the levels."""
    if not isinstance(tree, (dict, list)):
        return 0, 0, depth - 1
    inner = list(tree.values()) if isinstance(tree, dict) else tree
    below = [walked(one, depth + 1) for one in inner]
    own = max(1, len(tree)) if isinstance(tree, list) else 0
    return (
        max([len(tree) if isinstance(tree, dict) else 0, *(one[0] for one in below)]),
        own + sum(one[1] for one in below),
        max([depth, *(one[2] for one in below)]),
    )


@given(tree=TREES, escaped=st.booleans())
@settings(max_examples=examples(70))
def test_the_shape_is_what_a_parser_finds(tree: Any, escaped: bool) -> None:
    raw = json.dumps({"tree": tree}, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    most_keys, elements, depth = walked({"tree": tree})
    fits = most_keys <= MAX_KEYS and elements <= MAX_ELEMENTS and depth <= MAX_DEPTH
    assert (code_of(raw) == "") is fits


async def test_few_errors_are_listed_and_little_is_repeated(client: httpx.AsyncClient) -> None:
    long = "x" * 4000
    for body in (keys(MAX_KEYS), {"tags": [1] * 500}, {long: 1}, {"schedule": {"every": long}}):
        # The body of this client is small; what it holds is what counts.
        raw = json.dumps(body).encode()[:4096]
        answer = await client.post("/v1/habits", content=raw, headers=JSON | BEARER)
        assert answer.status_code in (400, 422)
        assert len(answer.json().get("errors", [])) <= MAX_ERRORS
        assert len(answer.content) < MAX_ERRORS * 10 * MAX_QUOTED


async def test_many_keys_reach_no_validation(client: httpx.AsyncClient, bus: StandInBus) -> None:
    for path in ("/v1/auth/register", "/v1/habits"):
        answer = await client.post(path, json=keys(MAX_KEYS + 1), headers=BEARER)
        checked(answer, 422, "too_many_keys")
    assert bus.asked == []


async def test_a_long_query_is_refused(client: httpx.AsyncClient) -> None:
    query = "&".join(["a"] * (bounds.MAX_PARAMETERS + 1))
    checked(await client.get(f"/v1/today?{query}", headers=BEARER), 422, "too_many_parameters")


async def test_who_is_not_logged_in_sends_no_body(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(3):
            sent += 1
            yield b"x" * 100

    answer = await client.post("/v1/habits", content=body(), headers=JSON)
    checked(answer, 401, "unauthenticated")
    assert sent == 0
    assert not [asked for asked, *_ in bus.asked if isinstance(asked, CreateHabit)]


async def test_a_body_before_a_login_is_small(bus: StandInBus) -> None:
    from gateway.app import open_gateway
    from tests.gateway.conftest import client_of
    from tests.gateway.standing_in import StandInVerifier

    async with client_of(open_gateway(bus, StandInVerifier())) as client:
        for size, status in ((bounds.MAX_AUTH_BODY_BYTES, 422), (70 << 10, 413)):
            body = b'{"x": "' + b"x" * (size - 9) + b'"}'
            answer = await client.post("/v1/auth/login", content=body, headers=JSON)
            assert answer.status_code == status
    assert not [asked for asked, *_ in bus.asked if isinstance(asked, (Login, SignUp))]


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_body_that_stalls_is_given_up() -> None:
    with pytest.raises(HTTPException) as no:
        await BodyStream(never, most=10, seconds=0.01).receive()
    assert no.value.status_code == 408


async def test_a_body_that_drips_is_given_up() -> None:
    async def drip() -> Message:
        await asyncio.sleep(0.005)
        return {"type": "http.request", "body": b"x", "more_body": True}

    # No piece is late; all of them together are slower than any line.
    body = BodyStream(drip, most=1 << 30, seconds=0.1)
    with pytest.raises(HTTPException) as no:
        for _ in range(10_000):
            await body.receive()
    assert no.value.status_code == 408


async def test_what_comes_after_the_body_is_waited_for() -> None:
    left = [{"type": "http.request", "body": b"x", "more_body": False}]

    async def receive() -> Message:
        return left.pop() if left else await never()

    body = BodyStream(receive, most=10, seconds=0.01)
    await body.receive()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(body.receive(), 0.05)


def test_the_limits_that_are_told_are_those_that_hold() -> None:
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| ([\d ]+) \|", PAGE.read_text(), re.MULTILINE))
    held = {name: value for name, value in vars(bounds).items() if name.isupper()}
    assert {name: int(value.replace(" ", "")) for name, value in told.items()} == held
