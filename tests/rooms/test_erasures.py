"""Each room confirms what it has erased of a person, and a certificate tells of it."""

import json

import pytest
import time_machine
from sqlalchemy import text

from actors import ROOMS
from contracts.erasures import GetErasure, OpenErasure
from contracts.exports import StartExport
from contracts.users import DeleteMe, DeleteUser
from tests.rooms.people import ADMIN, Carry, code_of
from tests.rooms.test_exports import live
from tests.rooms.tracking import Tracker

pytestmark = pytest.mark.asyncio


async def test_every_room_confirms_what_it_has_erased(
    ann: Tracker, bob: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    await live(ann, "annsmark")
    await ann.ask(StartExport())
    await carry()
    token = (await ann.ask(OpenErasure())).token
    ask = GetErasure(token=token)
    before = await ann.bus.ask(ask)
    assert (before.complete, before.rooms, before.waiting) == (False, (), ROOMS)
    await ann.ask(DeleteMe())
    await carry()
    done = await ann.bus.ask(ask)
    assert (done.complete, done.waiting) == (True, ())
    erased = {
        f"{room.room}.{table.table}": table.erased
        for room in done.rooms
        for table in room.tables
        if table.erased
    }
    wanted = {"users.users": 1, "habits.habits": 3, "habits.check_ins": 4, "habits.changes": 4}
    wanted |= {"habits.breaks": 1, "journal.entries": 1, "auth.accounts": 1, "backup.exports": 1}
    wanted |= {"analytics.days": 4, "calendar.habits": 3, "reminders.days": 4}
    assert wanted.items() <= erased.items()
    left = {
        f"{room.room}.{table.table}" for room in done.rooms for table in room.tables if table.left
    }
    assert left == {"users.gone"} | {
        f"{room}.people" for room in ("analytics", "backup", "calendar", "habits", "journal")
    } | {f"{room}.people" for room in ("notifications", "reminders", "telegram")}
    assert "Backups from before" in done.backups
    async with ann.engine.begin() as tx:
        for table in ("certificates", "confirmations", "people"):
            rows = await tx.execute(text(f"SELECT row_to_json(t)::text FROM backup.{table} t"))
            found = [str(row) for row in rows.scalars()]
            assert found
            if table != "people":
                assert str(ann.who.user_id) not in json.dumps(found)
    assert (await ann.bus.ask(GetErasure(token=token, language="ru"))).backups.startswith("Резерв")
    clock.shift(91 * 24 * 3600)
    assert await code_of(ann.bus.ask(ask)) == "erasure_not_found"
    assert await code_of(ann.bus.ask(GetErasure(token="x"))) == "erasure_not_found"
    assert (await bob.ask(OpenErasure())).token


async def test_administrators_get_a_certificate_and_nobody_else_gets_another_s(
    ann: Tracker, bob: Tracker, carry: Carry
) -> None:
    await carry()
    assert await code_of(bob.ask(OpenErasure(user_id=ann.who.user_id))) == "denied"
    await bob.bus.ask(DeleteUser(user_id=ann.who.user_id), ADMIN)
    await carry()
    ticket = await bob.bus.ask(OpenErasure(user_id=ann.who.user_id), ADMIN)
    done = await bob.bus.ask(GetErasure(token=ticket.token))
    assert done.complete
