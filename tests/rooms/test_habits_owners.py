"""What is somebody's stays theirs, and goes when they go."""

import base64
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.habits.handlers import room
from contracts.breaks import AddBreak
from contracts.check_ins import CheckIn, GetHistory, Undo
from contracts.exports import OWN_ROWS
from contracts.habits import CreateHabit, ListHabits
from contracts.hooks import CreateHook
from contracts.imports import AddImportPart, RunImport, StartImport
from contracts.message import Asked, Conflict, Denied, Gone, NotFound, Unauthenticated
from contracts.users import DeleteMe, Profile, ProfileChanged
from storage.outbox import tell
from tests.loop_zip import SomeHabit, loop_zip
from tests.rooms.people import Carry
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


async def belongings(ann: Tracker) -> dict[str, UUID]:
    """Let somebody have one of everything that has an id."""
    made = await ann.begin()
    await ann.log(made.habit_id, note="x")
    change = (await ann.ask(GetHistory(habit_id=made.habit_id))).changes[0]
    rest = await ann.ask(AddBreak(first=day(-1), last=day(-1)))
    parts = await ann.ask(StartImport())
    await ann.ask(part_of(parts.import_id, b"zip"))
    hook = await ann.ask(CreateHook(habit_id=made.habit_id))
    return {
        "hook_id": hook.made.hook_id,
        "habit_id": made.habit_id,
        "change_id": change.change_id,
        "break_id": rest.break_id,
        "import_id": parts.import_id,
    }


def part_of(import_id: UUID, data: bytes, number: int = 0) -> AddImportPart:
    """Send a part of a file."""
    encoded = base64.b64encode(data).decode()
    return AddImportPart(import_id=import_id, number=number, data=encoded)


def about(contract: type[Asked[Any]], name: str, theirs: UUID) -> Asked[Any]:
    """Ask something about a thing."""
    value = [theirs] if name.endswith("s") else theirs
    rest = {
        **dict.fromkeys(("from", "to", "day"), TODAY),
        "break_id": theirs,
        "habit_id": theirs,
        "hook_id": theirs,
        "number": 0,
        "data": "eA==",
        "state": "done",
    }
    needed = {
        key: rest[field.alias or key]
        for key, field in contract.model_fields.items()
        if field.is_required() and key != name
    }
    return contract.model_validate({**needed, name: value})


NAMES = [
    (handler.contract, name)
    for handler in room.answers.values()
    for name in handler.contract.model_fields
    if name.endswith(("_id", "_ids"))
    and handler.contract is not CreateHabit
    and handler.contract.scope not in ("admin", OWN_ROWS)
]


async def test_all_messages_with_ids_are_tried() -> None:
    assert len(NAMES) >= 18


async def test_what_is_anothers_is_not_there(ann: Tracker, bob: Tracker) -> None:
    theirs = await belongings(ann)
    mine = await belongings(bob)
    before = await ann.look(theirs["habit_id"])
    await ann.told()
    for contract, name in NAMES:
        message = about(contract, name, theirs[name.removesuffix("s")])
        if name == "habit_id" and "break_id" in contract.model_fields:
            message = message.model_copy(update={"break_id": mine["break_id"]})
        with pytest.raises(NotFound):
            await bob.ask(message)
        assert await ann.told() == []
        assert await ann.look(theirs["habit_id"]) == before


async def test_nobody_has_anything(ann: Tracker) -> None:
    for contract, name in NAMES:
        with pytest.raises(Unauthenticated):
            await ann.bus.ask(about(contract, name, ann.who.user_id))


async def tables(engine: AsyncEngine) -> dict[str, int]:
    """Count the rows of every table of the room, and of the answers kept."""
    names = "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE "
    async with engine.begin() as tx:
        # `runs` is about the database, and nobody's.
        where = (
            "(table_schema = 'habits' AND table_name <> 'runs') "
            "OR (table_schema, table_name) = ('bus', 'answers')"
        )
        found = (await tx.execute(text(names + where))).scalars().all()
        return {
            name: (await tx.execute(text(count))).scalar_one()
            for name in found
            for known in [" WHERE NOT gone" if name == "habits.people" else ""]
            for count in [f"SELECT count(*) FROM {name}{known}"]
        }


async def test_who_goes_leaves_nothing(ann: Tracker, bob: Tracker, carry: Carry) -> None:
    mine = await belongings(ann)
    await ann.ask(CheckIn(habit_id=mine["habit_id"], day=day(-1)), key="again")
    await ann.ask(Undo(), key="and again")
    ready = await ann.ask(StartImport())
    file = loop_zip([SomeHabit("Swim", {TODAY: 2})])
    await ann.ask(part_of(ready.import_id, file.read()))
    await ann.ask(RunImport(import_id=ready.import_id))
    await carry()
    counted = await tables(ann.engine)
    assert [name for name, rows in counted.items() if not rows] == []
    await bob.begin()
    theirs = await bob.look((await bob.ask(ListHabits())).habits[0].habit_id)
    await ann.ask(DeleteMe(), key="go")
    await carry()
    left = await tables(ann.engine)
    assert {name for name, rows in left.items() if rows} == {
        "habits.habits",
        "habits.people",
        "habits.preferences",
        "habits.snapshots",
    }
    assert max(left.values()) == 1
    assert await bob.look(theirs.habit_id) == theirs


async def test_who_is_gone_does_not_come_back(ann: Tracker, carry: Carry) -> None:
    await belongings(ann)
    await ann.ask(DeleteMe())
    late = ProfileChanged(user_id=ann.who.user_id, version=9, profile=Profile())
    async with ann.engine.begin() as tx:
        await tell(tx, late)
    await carry()
    later: tuple[Asked[Any], ...] = (
        CreateHabit(name="Read"),
        AddBreak(first=TODAY, last=TODAY),
        StartImport(),
    )
    for message in later:
        with pytest.raises(Gone):
            await ann.ask(message, key="later")
    assert set((await tables(ann.engine)).values()) == {0}


async def test_an_id_that_is_anothers_cannot_be_had(ann: Tracker, bob: Tracker) -> None:
    made = await ann.begin()
    with pytest.raises(Conflict):
        await bob.begin(habit_id=made.habit_id)


@pytest.mark.parametrize(
    "contract", [one.contract for one in room.answers.values() if one.contract.scope == "admin"]
)
async def test_what_is_for_administrators_is_denied(
    ann: Tracker, bob: Tracker, contract: type[Asked[Any]]
) -> None:
    message = about(contract, "user_id", bob.who.user_id)
    with pytest.raises(Denied):
        await ann.ask(message)
    assert await bob.told() == []
