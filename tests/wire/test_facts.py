"""How facts come to those who hear them, on either bus the same."""

import json
import random
from uuid import UUID

from sqlalchemy import text

from contracts.message import new_id
from storage import inbox
from storage.session import transaction
from tests.bus_people import person
from tests.bus_room import Happened, Moved, Note, Stumbled, Whispered, troubles, until
from tests.wire.place import Place


async def hears(place: Place, user_id: UUID, *texts: str) -> None:
    """Wait until the room has heard this, and no more."""

    async def heard() -> bool:
        return await place.heard(user_id) == sorted(texts) and await place.carried()

    await until(heard)


async def test_what_a_command_tells_is_heard_once(place: Place) -> None:
    who = person()
    await place.bus.ask(Note(text="told"), who)
    await hears(place, who.user_id, "told")


async def test_every_fact_of_many_is_heard_once(place: Place) -> None:
    user_id = new_id()
    texts = [f"{number:04}" for number in range(700)]
    await place.tell(*(Happened(user_id=user_id, text=word) for word in texts))
    await hears(place, user_id, *texts)


async def test_a_fact_delivered_again_has_no_effect(place: Place) -> None:
    user_id = new_id()
    fact = Happened(user_id=user_id, text="twice")
    await place.tell(fact, fact)
    await hears(place, user_id, "twice")
    await place.tell(fact, Happened(user_id=user_id, text="after"))
    await hears(place, user_id, "twice", "after")


async def test_a_fact_that_no_room_hears_leaves_the_outbox(place: Place) -> None:
    await place.tell(Whispered(user_id=new_id()))
    await until(place.carried)
    assert await place.parked() == []


async def test_a_stumbling_listener_tries_again(place: Place) -> None:
    user_id = new_id()
    troubles["stone"] = 2
    await place.tell(Stumbled(user_id=user_id, text="stone"))
    await hears(place, user_id, "stone")
    assert await place.parked() == []


async def test_a_failing_listener_parks_the_fact_and_replay_works(place: Place) -> None:
    user_id = new_id()
    troubles["wall"] = 1000
    fact = Stumbled(user_id=user_id, text="wall")
    await place.tell(fact, Happened(user_id=user_id, text="meanwhile"))

    async def is_parked() -> bool:
        return bool(await place.parked())

    await until(is_parked)
    [item] = await place.parked()
    assert (item.room, item.address, item.message_id) == ("trial", fact.address, fact.fact_id)
    assert item.reason.startswith("Broken: ")
    assert "LookupError in " in item.reason
    assert "stone" not in item.reason
    await hears(place, user_id, "meanwhile")

    troubles.clear()
    async with transaction(place.engine) as tx:
        await inbox.replay(tx, item)
    await hears(place, user_id, "meanwhile", "wall")
    assert await place.parked() == []


async def test_a_fact_that_does_not_fit_says_where(place: Place) -> None:
    user_id, fact_id = new_id(), new_id()
    body = {"fact_id": str(fact_id), "user_id": str(user_id), "text": ["secret"]}
    async with transaction(place.engine) as tx:
        await tx.execute(
            text(
                "INSERT INTO bus.outbox (message_id, address, user_id, body) "
                "VALUES (:fact_id, 'trial.happened', :user_id, :body)"
            ),
            {"fact_id": fact_id, "user_id": user_id, "body": json.dumps(body)},
        )

    async def is_parked() -> bool:
        return bool(await place.parked())

    await until(is_parked)
    [item] = await place.parked()
    assert (item.message_id, item.user_id) == (fact_id, user_id)
    assert item.reason == "Unreadable: text: Input should be a valid string"


async def test_what_is_dropped_is_not_heard_any_more(place: Place) -> None:
    user_id = new_id()
    troubles["wall"] = 1000
    fact = Stumbled(user_id=user_id, text="wall")
    await place.tell(fact)

    async def is_parked() -> bool:
        return bool(await place.parked())

    await until(is_parked)
    [item] = await place.parked()
    async with transaction(place.engine) as tx:
        await inbox.drop(tx, item)
    troubles.clear()
    await place.tell(fact, Happened(user_id=user_id, text="after"))
    await hears(place, user_id, "after")
    assert await place.parked() == []


async def test_an_unreadable_fact_is_parked_and_holds_up_nobody(place: Place) -> None:
    user_id = new_id()
    async with transaction(place.engine) as tx:
        await tx.execute(
            text(
                "INSERT INTO bus.outbox (message_id, address, user_id, body) "
                "VALUES (:fact_id, 'trial.happened', :user_id, '{\"text\": 5')"
            ),
            {"fact_id": new_id(), "user_id": user_id},
        )
    await place.tell(Happened(user_id=user_id, text="readable"))
    await hears(place, user_id, "readable")

    async def is_parked() -> bool:
        return [item.body for item in await place.parked()] == ['{"text": 5']

    await until(is_parked)
    [item] = await place.parked()
    assert item.room == "trial"
    assert item.reason.startswith("Unreadable: the whole: Invalid JSON")
    await place.tell(Happened(user_id=user_id, text="later"))
    await hears(place, user_id, "readable", "later")


async def test_the_newest_version_counts_whatever_comes_last(place: Place) -> None:
    user_id = new_id()
    facts = [Moved(user_id=user_id, place=f"place {n}", version=n) for n in range(1, 31)]
    random.Random(7).shuffle(facts)
    await place.tell(*facts)

    async def all_heard() -> bool:
        found = await place.rows("SELECT count(*) AS n FROM bus.inbox")
        return bool(found[0].n == len(facts))

    await until(all_heard)
    [row] = await place.rows("SELECT place FROM trial.places WHERE user_id = :u", u=user_id)
    assert row.place == "place 30"


async def test_facts_are_overheard(place: Place) -> None:
    user_id = new_id()
    overheard: list[tuple[str, str]] = []

    async def first(fact: Happened) -> None:
        overheard.append(("first", fact.text))

    async def second(fact: Happened) -> None:
        overheard.append(("second", fact.text))

    async def whisper(fact: Whispered) -> None:
        overheard.append(("whisper", fact.text))

    await place.bus.overhear(Happened, first)
    await place.bus.overhear(Happened, second)
    await place.bus.overhear(Whispered, whisper)
    await place.tell(Happened(user_id=user_id, text="a"), Whispered(user_id=user_id, text="b"))
    await hears(place, user_id, "a")
    await until(lambda: len(overheard) >= 3)
    await place.tell(Happened(user_id=user_id, text="c"))
    await until(lambda: ("second", "c") in overheard and ("first", "c") in overheard)
    assert sorted(overheard) == [
        ("first", "a"),
        ("first", "c"),
        ("second", "a"),
        ("second", "c"),
        ("whisper", "b"),
    ]


async def test_a_listener_that_fails_to_overhear_disturbs_nobody(place: Place) -> None:
    user_id = new_id()
    overheard: list[str] = []

    async def deaf(fact: Happened) -> None:
        raise LookupError("an ear")

    async def keen(fact: Happened) -> None:
        overheard.append(fact.text)

    await place.bus.overhear(Happened, deaf)
    await place.bus.overhear(Happened, keen)
    for word in ("one", "two"):
        await place.tell(Happened(user_id=user_id, text=word))
        await until(lambda word=word: word in overheard)  # type: ignore[misc]
    await hears(place, user_id, "one", "two")
