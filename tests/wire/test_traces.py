"""One trace, from the answer of the gateway to every log line and fact that a request causes."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import ClassVar

import httpx
import pytest
import pytest_asyncio
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs
from structlog.typing import EventDict

from actors.runtime.identity import TokenVerifier
from actors.runtime.room import Room, Transaction
from actors.users.handlers import room as users
from contracts.message import Fact
from contracts.principal import Principal
from contracts.spans import switch
from contracts.users import CreateProfile, ProfileChanged
from gateway.app import open_gateway
from ops.logs import traced
from ops.tracer import OtlpTracer
from storage.outbox import tell
from tests.bus_people import auth, person
from tests.bus_room import until
from tests.wire.place import Place, Wire, over_rabbit, within_process

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


class Echoed(Fact):
    """What the listener tells of what it has heard."""

    address: ClassVar[str] = "listener.echoed"


listener = Room("listener")


@listener.hear
async def on_profile(fact: ProfileChanged, tx: Transaction) -> None:
    await tell(tx, Echoed(user_id=fact.user_id))


@listener.hear
async def on_echo(fact: Echoed, tx: Transaction) -> None:
    raise LookupError("a stone")


@pytest_asyncio.fixture(params=["local", "rabbit"])
async def traced_place(
    request: pytest.FixtureRequest, engine: AsyncEngine, wire: Wire
) -> AsyncIterator[Place]:
    """Open people, and a listener that fails, on each bus in turn."""
    rooms = (auth, users, listener)
    async with AsyncExitStack() as stack:
        if request.param == "local":
            opened = within_process(engine, rooms)
        else:
            opened = over_rabbit(engine, wire, rooms)
        yield await stack.enter_async_context(opened)


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    """Collect what is logged, with what the logs of Ritmo add to it."""
    with capture_logs([traced]) as said:
        yield said


def client_of(place: Place, who: Principal) -> httpx.AsyncClient:
    """Open the gateway before the rooms, for somebody."""
    app = open_gateway(place.bus, TokenVerifier(place.bus))
    headers = {"Authorization": f"Bearer {who.token}", **PARENT}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://ritmo", headers=headers
    )


@pytest.fixture
def spans() -> Iterator[Callable[[], Sequence[ReadableSpan]]]:
    """Note spans, and give what has been noted so far."""
    kept = InMemorySpanExporter()
    tracer = OtlpTracer("test", kept)
    tracer.watch_statements()
    switch(tracer)

    def noted() -> Sequence[ReadableSpan]:
        tracer.flush()
        return kept.get_finished_spans()

    yield noted
    switch(None)
    tracer.stop()


def test_spans_are_noted_by_nobody_unless_they_are_asked_for() -> None:
    words = "import sys, ops.embedded, ops.door; print('opentelemetry.sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


async def test_a_request_is_found_where_a_listener_failed_of_it(
    traced_place: Place,
    lines: list[EventDict],
    spans: Callable[[], Sequence[ReadableSpan]],
) -> None:
    who = person()
    await traced_place.bus.ask(CreateProfile(email="ann@example.org"), who)
    async with client_of(traced_place, who) as client:
        answered = await client.patch("/v1/me", json={"name": "Ann"})
    assert answered.status_code == 200, answered.text
    assert answered.headers["x-request-id"] == TRACE

    async def ours_is_parked() -> bool:
        return TRACE in {item.trace_id for item in await traced_place.parked()}

    await until(ours_is_parked, seconds=60)
    [item] = [item for item in await traced_place.parked() if item.trace_id == TRACE]
    assert (item.room, item.address) == ("listener", Echoed.address)
    ours = {line["event"] for line in lines if line.get("trace_id") == TRACE}
    assert {"broken", "parked"} <= ours
    expect_spans([span for span in spans() if span.context.trace_id == int(TRACE, 16)])
    figures = generate_latest().decode()
    for line in (
        'ritmo_asks_total{address="users.change_profile",outcome="ok"}',
        f'ritmo_taken_in_total{{address="{Echoed.address}",outcome="parked",room="listener"}}',
        'ritmo_lag_seconds_count{room="listener"}',
    ):
        assert line in figures


def expect_spans(ours: Sequence[ReadableSpan]) -> None:
    """Expect one tree, from the request to the last listener, with nothing that people wrote."""
    names = {span.name for span in ours}
    assert names >= {
        "PATCH /v1/me",
        "ask users.change_profile",
        "users.change_profile",
        "courier carries users.profile_changed",
        "listener takes in users.profile_changed",
        "courier carries listener.echoed",
        "listener takes in listener.echoed",
    }
    ids = {span.context.span_id for span in ours}
    roots = [span.name for span in ours if span.parent is None]
    assert roots == ["PATCH /v1/me"]
    assert {span.parent.span_id for span in ours if span.parent is not None} <= ids
    asked = [span for span in ours if "db.query.text" in (span.attributes or {})]
    by_id = {span.context.span_id: span.name for span in ours}
    inside = {by_id[span.parent.span_id] for span in asked if span.parent is not None}
    assert {"users.change_profile", "listener takes in users.profile_changed"} <= inside
    assert not [span.name for span in ours if "Ann" in span.to_json()]


async def test_a_problem_is_found_in_the_log(traced_place: Place, lines: list[EventDict]) -> None:
    async with client_of(traced_place, person()) as client:
        answered = await client.get("/v1/habits")
    problem = answered.json()
    assert answered.status_code == 503
    assert answered.headers["retry-after"].isdigit()
    assert (problem["code"], problem["trace_id"]) == ("room_down", TRACE)
    [line] = [line for line in lines if line["event"] == "unanswered"]
    assert (line["trace_id"], line["code"], line["route"]) == (TRACE, "room_down", "/v1/habits")
