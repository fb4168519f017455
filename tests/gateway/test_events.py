"""Streams of events: what comes, to whom, from where on, and how it ends."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from contracts.check_ins import HabitCheckedIn
from contracts.imports import CheckInsImported, ImportedDay
from contracts.journal import EntryDeleted
from contracts.message import Fact, Unauthenticated, new_id
from contracts.personal_tokens import PersonalTokenRevoked
from contracts.principal import Principal
from contracts.sessions import SessionEnded
from contracts.told import TOLD, scope_of_fact
from contracts.users import UserChanged, UserDeleted
from gateway.app import open_gateway
from gateway.bounds import MAX_EVENTS_KEPT, MAX_EVENTS_WAITING, MAX_STREAMS_PER_PERSON
from gateway.event_hub import EventHub
from gateway.event_stream import EventStream
from gateway.visit import KEY, Visit
from tests.gateway.standing_in import ADA, BEARER, HABIT, StandInBus
from tests.gateway.watching import PATIENCE, Watching, watching
from tests.golden.schemas import found

BOB = UUID("01890a5d-ac96-774b-bcce-b302099a9999")
SESSION, OTHER, TOKEN_ID = new_id(), new_id(), new_id()
USER = frozenset({"user"})


class Verifier:
    """Knows people by their tokens."""

    def __init__(self) -> None:
        self.people = {
            "good": Principal(user_id=ADA, session_id=SESSION, scopes=USER),
            "other": Principal(user_id=ADA, session_id=OTHER, scopes=USER),
            "bob": Principal(user_id=BOB, session_id=new_id(), scopes=USER),
        }

    async def verify(self, token: str) -> Principal:
        if token not in self.people:
            raise Unauthenticated("expired_token", "This access token has expired; refresh it.")
        return self.people[token]


@pytest.fixture
def verifier() -> Verifier:
    return Verifier()


@pytest.fixture
async def app(bus: StandInBus, verifier: Verifier) -> FastAPI:
    app = open_gateway(bus, verifier)
    await app.state.door.listen(bus)
    return app


def checked_in(user_id: UUID = ADA, number: int = 1) -> HabitCheckedIn:
    return HabitCheckedIn(
        user_id=user_id,
        habit_id=HABIT,
        day=date(2031, 5, 5),
        value=number,
        state="done",
        zone="UTC",
        source="api",
        version=number,
    )


async def test_a_stream_tells_what_happens(app: FastAPI, bus: StandInBus) -> None:
    async with watching(app) as ada, watching(app, "bob") as bob:
        assert (await ada.next()).name == (await bob.next()).name == "ready"
        assert (ada.status, ada.headers["x-accel-buffering"]) == (200, "no")
        assert ada.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert ada.headers["cache-control"] == "no-store"
        fact = checked_in()
        await bus.tell(fact)
        told = await ada.next()
        assert told.name == "habits.habit_checked_in"
        assert told["data"]["fact_id"] == str(fact.fact_id)
        assert (told["data"]["day"], told["data"]["value"]) == ("2031-05-05", 1.0)
        assert "user_id" not in told["data"]
        await bus.tell(checked_in(BOB, 2))
        assert (await bob.next())["data"]["version"] == 2
        await bus.tell(checked_in(ADA, 3))
        assert (await ada.next())["data"]["version"] == 3, "nothing of Bob's came between"


async def test_each_fact_is_overheard_once_however_many_watch(
    app: FastAPI, bus: StandInBus
) -> None:
    async with watching(app) as one, watching(app) as two:
        await one.next()
        await two.next()
        assert len(bus.listeners[HabitCheckedIn.address]) == 1


async def test_a_stream_goes_on_where_it_was(app: FastAPI, bus: StandInBus) -> None:
    async with watching(app) as ada:
        ready = await ada.next()
        await bus.tell(checked_in(number=1))
        first = await ada.next()
    await bus.tell(checked_in(number=2))
    await bus.tell(checked_in(BOB, 9))
    await bus.tell(checked_in(number=3))
    for place, versions in ((first.id, [2, 3]), (ready.id, [1, 2, 3])):
        async with watching(app, last=place) as ada:
            told = [await ada.next() for _ in range(len(versions) + 1)]
            assert [one["data"].get("version") for one in told] == [*versions, None]
            assert told[-1].name == "ready"
    async with watching(app, last=told[-1].id) as ada:
        assert (await ada.next()).name == "ready", "nothing was missed"


@pytest.mark.parametrize("place", ["", "x", "1-00000000", "9999999999999-00000000", "1" * 13, "é"])
async def test_a_place_that_is_not_known_is_read_again(app: FastAPI, place: str) -> None:
    async with watching(app, last=place) as ada:
        reset = await ada.next()
        assert (reset.name, reset["data"]) == ("reset", {"read": "/v1/changes"})
        assert (await ada.next()).name == "ready"


async def names(app: FastAPI, place: str) -> list[str]:
    """Return what comes at first to who goes on from a place."""
    async with watching(app, last=place) as ada:
        came = [(await ada.next()).name]
        while came[-1] != "ready":
            came.append((await ada.next()).name)
    return came


async def test_a_stream_goes_on_at_another_gateway(verifier: Verifier, bus: StandInBus) -> None:
    now = [2_000_000_000.0]
    first, second = EventHub(lambda: now[0]), EventHub(lambda: now[0])
    await first.listen(bus)
    await second.listen(bus)
    ada = verifier.people["good"]
    now[0] += 60
    await bus.tell(checked_in(number=1))
    now[0] += 60
    watcher = first.open(ada, None)
    await bus.tell(checked_in(number=2))
    now[0] += 1
    place = watcher.waiting[-1].decode().split("\n")[0].removeprefix("id: ")
    await bus.tell(checked_in(number=3))
    again = b"".join(second.open(ada, place).waiting)
    assert b"reset" not in again
    # What was told a moment before comes twice; what was told long before does not.
    assert [b'"version":%d,' % n in again for n in (1, 2, 3)] == [False, True, True]
    late = EventHub(lambda: now[0])
    await late.listen(bus)
    assert b"reset" in b"".join(late.open(ada, place).waiting), "it was not there yet"


async def test_what_is_kept_is_bounded(verifier: Verifier, bus: StandInBus) -> None:
    hub = EventHub()
    await hub.listen(bus)
    ada, bob = verifier.people["good"], verifier.people["bob"]
    place = hub.open(ada, None).waiting[-1].split(b"\n")[1].removeprefix(b"id: ").decode()
    for number in range(1, MAX_EVENTS_KEPT + 1):
        await bus.tell(checked_in(BOB, number))
    assert b"reset" not in b"".join(hub.open(ada, place).waiting)
    await bus.tell(checked_in(BOB))
    await bus.tell(checked_in(BOB))
    assert b"reset" in b"".join(hub.open(ada, place).waiting)
    assert b"reset" not in b"".join(hub.open(bob, None).waiting)


async def test_what_may_not_have_been_heard_is_read_again(app: FastAPI, bus: StandInBus) -> None:
    async with watching(app) as ada:
        ready = await ada.next()
        bus.missed()
        assert (await ada.next()).name == "reset"
        await bus.tell(checked_in())
        told = await ada.next()
        assert told.name == "habits.habit_checked_in"
    assert await names(app, ready.id) == ["reset", "ready"]
    assert await names(app, told.id) == ["ready"]


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (SessionEnded(user_id=ADA, session_id=SESSION, reason="logout"), "session_ended"),
        (UserChanged(user_id=ADA, role="user", disabled=True), "account_disabled"),
        (UserDeleted(user_id=ADA), "account_gone"),
    ],
    ids=["session", "disabled", "deleted"],
)
async def test_a_stream_ends_with_what_it_stands_for(
    app: FastAPI, bus: StandInBus, fact: Fact, why: str
) -> None:
    async with watching(app) as ada, watching(app, "other") as other, watching(app, "bob") as bob:
        for one in (ada, other, bob):
            await one.next()
        await bus.tell(UserChanged(user_id=ADA, role="admin", disabled=False))
        await bus.tell(fact)
        (end,) = await ada.rest()
        assert (end.name, end["data"]) == ("end", {"reason": why})
        if why == "session_ended":
            await bus.tell(checked_in(ADA))
            assert (await other.next()).name == "habits.habit_checked_in"
        else:
            assert [one["data"] for one in await other.rest()] == [{"reason": why}]
        await bus.tell(checked_in(BOB))
        assert (await bob.next()).name == "habits.habit_checked_in"


async def test_a_stream_of_a_token_ends_with_it(
    app: FastAPI, bus: StandInBus, verifier: Verifier
) -> None:
    who = Principal(user_id=ADA, token_id=TOKEN_ID, scopes=frozenset({"journal:read"}))
    hub: EventHub = app.state.door.events
    watcher = hub.open(who, None)
    await bus.tell(checked_in())
    await bus.tell(EntryDeleted(user_id=ADA, entry_id=HABIT))
    text = b"".join(watcher.waiting)
    assert b"journal.entry_deleted" in text
    assert b"habits." not in text, "it was not given that"
    await bus.tell(PersonalTokenRevoked(user_id=ADA, token_id=new_id()))
    ended = watcher.ended
    assert not ended
    await bus.tell(PersonalTokenRevoked(user_id=ADA, token_id=TOKEN_ID))
    assert watcher.ended == "token_revoked"
    hub.leave(watcher)


async def test_an_idle_stream_is_kept_open_and_verified(
    app: FastAPI, bus: StandInBus, verifier: Verifier
) -> None:
    hub: EventHub = app.state.door.events
    looks = 0

    async def verify() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            raise Unauthenticated("expired_token", "This access token has expired; refresh it.")

    watcher = hub.open(verifier.people["good"], None)
    stream, reader = EventStream(hub, watcher, verify, (0.001, 0.002)), Watching()
    await stream({"type": "http", KEY: Visit("x")}, reader.receive, reader.send)  # type: ignore[arg-type]
    blocks = []
    while (block := await reader.block()) is not None:
        blocks.append(block)
    assert [block.splitlines()[0] for block in blocks[1:-1]] == [": still here"] * 2
    assert blocks[-1].endswith('event: end\ndata: {"reason":"expired"}')
    assert looks == 3


async def test_a_busy_stream_is_verified_too(verifier: Verifier, bus: StandInBus) -> None:
    hub = EventHub()
    await hub.listen(bus)
    watcher, reader = hub.open(verifier.people["good"], None), Watching()

    async def verify() -> None:
        raise Unauthenticated("expired_token", "This access token has expired; refresh it.")

    stream = EventStream(hub, watcher, verify, (0.05, 0.05))
    served = asyncio.create_task(
        stream({"type": "http", KEY: Visit("x")}, reader.receive, reader.send)  # type: ignore[arg-type]
    )
    async with asyncio.timeout(PATIENCE):
        while not served.done():
            await bus.tell(checked_in())  # there is always something to send
            await asyncio.sleep(0)
    assert watcher.ended == "expired"


async def test_who_does_not_read_is_dropped(app: FastAPI, bus: StandInBus) -> None:
    async with watching(app) as slow, watching(app, "other") as quick:
        await slow.next()
        await quick.next()
        slow.reads.clear()
        for number in range(1, MAX_EVENTS_WAITING + 3):
            await bus.tell(checked_in(number=number))
            assert (await quick.next())["data"]["version"] == number
        slow.reads.set()
        came = await slow.rest()
        assert came[-1]["data"] == {"reason": "slow_reader"}
        assert len(came) < MAX_EVENTS_WAITING
        await bus.tell(checked_in())
        assert (await quick.next()).name == "habits.habit_checked_in"


async def test_one_person_has_so_many_streams(app: FastAPI, client: httpx.AsyncClient) -> None:
    hub: EventHub = app.state.door.events
    ada = Principal(user_id=ADA, session_id=SESSION, scopes=USER)
    open_now = [hub.open(ada, None) for _ in range(MAX_STREAMS_PER_PERSON)]
    answer = await client.get("/v1/events", headers=BEARER)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
    async with watching(app, "bob") as bob:
        assert (await bob.next()).name == "ready"
    hub.leave(open_now[0])
    async with watching(app) as one:
        assert (await one.next()).name == "ready"


async def test_streams_end_when_ritmo_stops(app: FastAPI, client: httpx.AsyncClient) -> None:
    async with watching(app) as ada:
        await ada.next()
        app.state.door.events.close()
        (end,) = await ada.rest()
        assert (end.name, end["data"]) == ("end", {"reason": "restart"})
        assert end.id
        answer = await client.get("/v1/events", headers=BEARER)
        assert (answer.status_code, answer.json()["code"]) == (503, "draining")


async def test_a_look_at_the_headers_ends(app: FastAPI) -> None:
    async with watching(app, method="HEAD") as ada:
        assert await ada.rest() == []
        assert ada.status == 200
        assert ada.headers["content-type"].startswith("text/event-stream")


async def test_a_long_fact_tells_what_it_is_about(app: FastAPI, bus: StandInBus) -> None:
    day = ImportedDay(
        day=date(2031, 5, 5), value=1, state="done", at=datetime(2031, 5, 5, tzinfo=UTC)
    )
    fact = CheckInsImported(user_id=ADA, habit_id=HABIT, zone="UTC", check_ins=(day,) * 1000)
    async with watching(app) as ada:
        await ada.next()
        await bus.tell(fact)
        told = (await ada.next())["data"]
    assert told["cut"] is True
    assert (told["habit_id"], told["fact_id"]) == (str(HABIT), str(fact.fact_id))
    assert "check_ins" not in told


UNTOLD = {
    *("auth.user_registered", "auth.session_ended", "auth.password_changed"),
    "auth.email_changed",
    *("auth.personal_token_revoked", "users.user_changed", "users.user_deleted"),
    *("telegram.chat_changed", "calendar.busy_changed"),
}
"""Facts that nobody is told of: they end a stream, or are known from elsewhere."""


def test_every_fact_is_told_or_not_on_purpose() -> None:
    facts = {at for at, one in found().items() if issubclass(one, Fact)}
    assert {one.address for one in TOLD} == facts - UNTOLD
    assert {scope_of_fact(one) for one in TOLD} == {
        *("habits:read", "journal:read", "notifications:read", "profile:read")
    }
