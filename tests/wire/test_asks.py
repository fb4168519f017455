"""What an ask is answered, on either bus the same."""

import asyncio
import hashlib
import time
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.bus import trace_id
from contracts.health import ping_of
from contracts.message import (
    KINDS,
    Asked,
    Broken,
    Conflict,
    Denied,
    Invalid,
    Refused,
    Unanswered,
    Unauthenticated,
    Unavailable,
    Wrong,
)
from contracts.principal import Principal
from ops.door import judged
from ops.health import Way
from storage import idempotency
from storage.idempotency import Answer
from storage.session import transaction
from tests.bus_people import person
from tests.bus_room import (
    SECRET,
    Absent,
    ChangeLock,
    Count,
    Crash,
    Echo,
    Guarded,
    Hold,
    LookUp,
    MakeToken,
    Note,
    Noted,
    Refuse,
    Relay,
    RelayRefusal,
    Trace,
    WhoAmI,
    begun,
    gates,
    until,
)
from tests.wire.place import CONCURRENCY, Place


async def test_an_ask_is_answered_with_its_reply(place: Place) -> None:
    assert (await place.bus.ask(Echo(number=7))).number == 7


async def test_many_asks_at_once_get_their_own_answers(place: Place) -> None:
    answers = await asyncio.gather(*(place.bus.ask(Echo(number=n)) for n in range(100)))
    assert [answer.number for answer in answers] == list(range(100))


@pytest.mark.parametrize("question", [Refuse, RelayRefusal])
async def test_every_refusal_is_raised_again(
    place: Place, question: type[Refuse | RelayRefusal]
) -> None:
    who = person()
    # A room that says it went unanswered is not answered for: the asker's own deadline speaks.
    for kind in sorted(set(KINDS) - {"Unanswered"}):
        with pytest.raises(KINDS[kind]) as caught:
            await place.bus.ask(question(kind=kind), who)
        no = caught.value
        assert type(no) is KINDS[kind]
        assert no.code == "out_of_tea"
        assert str(no) == "There is no Assam left, 0 bags."
        assert no.params == {"tea": "Assam", "bags": 0}
        assert no.fields == (Wrong(pointer="/cup", detail="It stays empty."),)
        assert no.retry_after == 2.5


async def test_a_room_whose_database_found_no_space_says_so_until_it_finds_some(
    place: Place,
) -> None:
    who, ping = person(), ping_of("trial")()
    assert (await place.bus.ask(ping)).revision
    with pytest.raises(Unavailable):
        await place.bus.ask(Refuse(kind="Unavailable", code="disk_full"), who)
    with pytest.raises(Unavailable) as caught:
        await place.bus.ask(ping)
    assert caught.value.code == "disk_full"
    seen = {state.part: state for state in judged({"trial": caught.value}, Way(apart=True))}
    assert (seen["disk"].code, seen["trial"].code) == ("full", "disk_full")
    await place.bus.ask(Note(text="there is room"), who)
    assert (await place.bus.ask(ping)).revision


async def test_a_crash_is_broken_and_keeps_secrets_and_changes_nothing(place: Place) -> None:
    who = person()
    token = trace_id.set("trace-17")
    with pytest.raises(Broken) as caught:
        await place.bus.ask(Crash(), who)
    trace_id.reset(token)
    assert caught.value.params == {"trace_id": "trace-17"}
    assert SECRET not in caught.value.refusal().model_dump_json()
    assert (await place.bus.ask(Count(), who)).number == 0


async def test_a_room_that_is_not_running_is_unavailable(place: Place) -> None:
    with pytest.raises(Unavailable) as caught:
        await place.bus.ask(Absent())
    assert caught.value.code == "room_down"
    assert caught.value.retry_after


async def test_a_slow_room_is_unanswered_and_what_it_did_is_undone(place: Place) -> None:
    who = person()
    with pytest.raises(Unanswered):
        await place.bus.ask(Note(text="late", gate="slow"), who, deadline=time.time() + 0.7)
    assert begun == ["slow"]

    async def idle() -> bool:
        return not await place.rows("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in%'")

    await until(idle)
    gates["slow"].set()
    assert (await place.bus.ask(Count(), who)).number == 0


async def test_what_comes_before_a_transaction_takes_no_turn(place: Place) -> None:
    who = person()
    asked = [
        asyncio.create_task(place.bus.ask(LookUp(gate="found"), who)) for _ in range(CONCURRENCY)
    ]
    await until(lambda: begun == ["found"] * CONCURRENCY)
    assert (await place.bus.ask(Note(text="meanwhile"), who)).note_id
    gates["found"].set()
    answers = await asyncio.gather(*asked)
    assert {(one.number, one.text) for one in answers} == {(7, str(who.user_id))}


async def test_what_came_before_is_looked_up_again_under_a_key(place: Place) -> None:
    gates["again"].set()
    who = person()
    first, second = [
        await place.bus.ask(LookUp(gate="again"), who, idempotency_key="k") for _ in range(2)
    ]
    assert first == second
    assert begun == ["again", "again"]


async def test_an_expired_ask_is_not_begun(place: Place) -> None:
    with pytest.raises(Unanswered):
        await place.bus.ask(Hold(gate="expired"), person(), deadline=time.time() - 1)
    await place.bus.ask(Echo(number=1))
    assert begun == []


async def test_a_message_that_fits_no_contract_cannot_be_asked(place: Place) -> None:
    with pytest.raises(ValidationError):
        await place.bus.ask(Echo.model_validate({"number": "many"}))


async def test_the_caller_is_known(place: Place) -> None:
    who = person("user", "extra")
    for question in (WhoAmI(), Relay()):
        found = await place.bus.ask(question, who)
        assert found.user_id == who.user_id
        assert found.session_id == who.session_id
        assert found.scopes == ("extra", "user")


async def test_nobody_is_unauthenticated(place: Place) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await place.bus.ask(WhoAmI())
    assert caught.value.code == "unauthenticated"


async def test_a_scope_is_needed(place: Place) -> None:
    with pytest.raises(Denied) as caught:
        await place.bus.ask(Guarded(), person("user"))
    assert caught.value.params == {"scope": "admin"}
    assert (await place.bus.ask(Guarded(), person("admin"))).text == "come in"


async def test_the_trace_travels(place: Place) -> None:
    token = trace_id.set("4bf92f3577b34da6a3ce929d0e0e4736")
    assert (await place.bus.ask(Trace())).text == "4bf92f3577b34da6a3ce929d0e0e4736"
    trace_id.reset(token)


async def test_what_is_answered_is_committed(place: Place) -> None:
    who = person()
    noted = await place.bus.ask(Note(text="kept"), who)
    found = await place.rows("SELECT note_id FROM trial.notes WHERE user_id = :u", u=who.user_id)
    assert [row.note_id for row in found] == [noted.note_id]


async def test_a_refusal_undoes_state_and_fact(place: Place) -> None:
    who = person()
    with pytest.raises(Invalid, match="Not after all"):
        await place.bus.ask(Note(text="undone", refuse=True), who)
    assert (await place.bus.ask(Count(), who)).number == 0
    assert await place.waiting() == 0


async def test_a_hundred_twins_with_one_key_have_one_effect(place: Place) -> None:
    who = person()

    async def twin() -> Noted | Refused:
        try:
            return await place.bus.ask(Note(text="once"), who, idempotency_key="k")
        except Conflict as no:
            assert no.code == "in_progress"
            assert no.retry_after
            return no

    answers = await asyncio.gather(*(twin() for _ in range(100)))
    given = {a.note_id for a in answers if isinstance(a, Noted)}
    assert len(given) == 1
    assert (await place.bus.ask(Count(), who)).number == 1
    again = await place.bus.ask(Note(text="once"), who, idempotency_key="k")
    assert {again.note_id} == given


async def test_a_twin_of_a_running_command_is_told_to_wait(place: Place) -> None:
    who = person()
    first = asyncio.create_task(
        place.bus.ask(Note(text="long", gate="twin"), who, idempotency_key="k")
    )
    await until(lambda: begun == ["twin"])
    with pytest.raises(Conflict) as caught:
        await place.bus.ask(Note(text="long", gate="twin"), who, idempotency_key="k")
    assert caught.value.code == "in_progress"
    gates["twin"].set()
    answer = await first
    again = await place.bus.ask(Note(text="long", gate="twin"), who, idempotency_key="k")
    assert again == answer


async def test_a_key_belongs_to_one_request(place: Place) -> None:
    who = person()
    await place.bus.ask(Note(text="one"), who, idempotency_key="k")
    with pytest.raises(Invalid) as caught:
        await place.bus.ask(Note(text="other"), who, idempotency_key="k")
    assert caught.value.code == "key_reused"


async def test_a_key_belongs_to_one_person(place: Place) -> None:
    ann, ben = person(), person()
    one = await place.bus.ask(Note(text="same"), ann, idempotency_key="k")
    other = await place.bus.ask(Note(text="same"), ben, idempotency_key="k")
    assert one.note_id != other.note_id


async def kept(place: Place, who: Principal, asked: type[Asked[Any]]) -> Answer:
    async with transaction(place.engine) as tx:
        answer = await idempotency.find(tx, who.user_id, asked.address, "k")
    assert answer is not None
    return answer


async def test_no_hash_of_a_request_can_be_tried_out(place: Place) -> None:
    who = person()
    command = Note(text="swordfish")
    await place.bus.ask(command, who, idempotency_key="k")
    plain = command.model_dump_json().encode()
    held = (await kept(place, who, Note)).request_hash
    assert held != hashlib.sha256(plain).digest()
    assert len(held) == 32


async def test_of_a_secret_nothing_is_kept(place: Place) -> None:
    """Not even a sum that tells two of them apart."""
    who = person()
    first = await place.bus.ask(
        ChangeLock(text="a", password="swordfish"), who, idempotency_key="k"
    )
    again = await place.bus.ask(ChangeLock(text="a", password="other"), who, idempotency_key="k")
    assert again == first
    with pytest.raises(Invalid) as caught:
        await place.bus.ask(ChangeLock(text="b", password="swordfish"), who, idempotency_key="k")
    assert caught.value.code == "key_reused"
    assert (await place.bus.ask(Count(), who)).number == 1


async def test_an_answer_with_a_secret_is_given_once(place: Place) -> None:
    who = person()
    answer = await place.bus.ask(MakeToken(text="a"), who, idempotency_key="k")
    assert answer.token == "shown once"
    assert "shown once" not in (await kept(place, who, MakeToken)).answer
    with pytest.raises(Conflict) as caught:
        await place.bus.ask(MakeToken(text="a"), who, idempotency_key="k")
    assert caught.value.code == "answered_once"
    assert (await place.bus.ask(Count(), who)).number == 1


async def test_a_refused_command_leaves_its_key_free(place: Place) -> None:
    who = person()
    with pytest.raises(Invalid):
        await place.bus.ask(Note(text="a", refuse=True), who, idempotency_key="k")
    await place.bus.ask(Note(text="b"), who, idempotency_key="k")
    assert (await place.bus.ask(Count(), who)).number == 1


async def test_without_a_key_every_command_counts(place: Place) -> None:
    who = person()
    await asyncio.gather(*(place.bus.ask(Note(text="again"), who) for _ in range(5)))
    assert (await place.bus.ask(Count(), who)).number == 5
