"""Links in mails over the bus: looking changes nothing, pressing acts once, as its owner."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from actors.reminders.links import Claim, Signing
from actors.runtime.local import LocalBus
from contracts.check_ins import GetToday
from contracts.deliveries import ActOnLink, LookAtLink, Purpose
from contracts.habits import DeleteHabit
from contracts.mails import HabitMarked
from contracts.message import new_id
from contracts.reminder_settings import GetReminderSettings
from contracts.users import DeleteMe
from storage.reminders import links
from storage.session import transaction
from tests.rooms.mailing import now
from tests.rooms.people import Carry, code_of
from tests.rooms.reminding import Reminded
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

Token = Callable[..., Awaitable[str]]


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


@pytest.fixture
def token(me: Reminded) -> Token:
    """Sign links for Ann."""

    async def sign(purpose: Purpose, **about: Any) -> str:
        async with transaction(me.engine) as tx:
            signing = Signing("", await links.signing_key(tx), now())
        claim = Claim(purpose, me.user_id, "en", **about)
        return signing.to(claim).rpartition("/")[2]

    return sign


async def marked(bus: LocalBus) -> list[HabitMarked]:
    """Collect what links have marked from now on."""
    told: list[HabitMarked] = []

    async def keep(fact: HabitMarked) -> None:
        told.append(fact)

    await bus.overhear(HabitMarked, keep)
    return told


async def test_done_checks_the_habit_in_once(bus: LocalBus, me: Reminded, token: Token) -> None:
    told = await marked(bus)
    read = await me.habit("Read")
    link = await token("done", habit_id=read, day=day(0))
    for _ in range(3):  # a scanner looks, and looks again
        shown = await bus.ask(LookAtLink(token=link))
        assert (shown.purpose, shown.habit, shown.used) == ("done", "Read", False)
    await me.carry()
    assert told == []
    assert not (await bus.ask(ActOnLink(token=link))).used
    await me.carry()
    assert (await me.tracker.on(read)).state == "done"
    assert (await bus.ask(ActOnLink(token=link))).used
    assert (await bus.ask(LookAtLink(token=link))).used
    await me.carry()
    assert len(told) == 1


async def test_skip_skips_the_day_of_the_mail(bus: LocalBus, me: Reminded, token: Token) -> None:
    read = await me.habit("Read", start_day=day(-5))
    link = await token("skip", habit_id=read, day=day(-1))
    await bus.ask(ActOnLink(token=link))
    await me.carry()
    (shown,) = (await me.ask(GetToday(day=day(-1)))).habits
    assert shown.state == "skipped"
    (today,) = (await me.ask(GetToday(day=day(0)))).habits
    assert today.state is None


async def test_a_habit_with_a_measure_takes_a_number(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    run = await me.habit("Run", measure="amount", unit="km", target={"value": 5, "per": "day"})
    link = await token("done", habit_id=run, day=day(0))
    shown = await bus.ask(LookAtLink(token=link))
    assert (shown.number, shown.unit, shown.usual) == (True, "km", 5)
    await bus.ask(ActOnLink(token=link, value=7.5))
    await me.carry()
    assert (await me.tracker.on(run)).value == 7.5


async def test_snooze_lets_a_reminder_come_later(bus: LocalBus, me: Reminded, token: Token) -> None:
    rule = await me.remind(text="Stretch", times=["12:00"])
    link = await token("snooze", reminder_id=rule.reminder_id)
    await bus.ask(ActOnLink(token=link, minutes=180))
    assert (await me.look(rule)).next_at == now().replace(hour=15, microsecond=0)
    other = await token("snooze", reminder_id=rule.reminder_id)
    await bus.ask(ActOnLink(token=other, until="tomorrow"))
    assert (await me.look(rule)).snoozed_until is not None


async def test_unsubscribing_ends_one_digest(bus: LocalBus, me: Reminded, token: Token) -> None:
    await me.settle(digests=["day", "week"])
    link = await token("unsubscribe", every="week")
    await bus.ask(LookAtLink(token=link))
    assert (await me.ask(GetReminderSettings())).digests == ("day", "week")
    for used in (False, True):
        assert (await bus.ask(ActOnLink(token=link))).used is used
    assert (await me.ask(GetReminderSettings())).digests == ("day",)


async def test_links_end(
    bus: LocalBus, me: Reminded, token: Token, clock: time_machine.Traveller
) -> None:
    read = await me.habit("Read")
    link = await token("done", habit_id=read, day=day(0))
    clock.shift(timedelta(days=8))
    assert await code_of(bus.ask(LookAtLink(token=link))) == "link_expired"
    assert await code_of(bus.ask(ActOnLink(token=link))) == "link_expired"


async def test_links_are_void_without_what_they_are_for(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    read = await me.habit("Read")
    link = await token("done", habit_id=read, day=day(0))
    gone = await token("snooze", reminder_id=new_id())
    assert await code_of(bus.ask(ActOnLink(token=gone))) == "link_void"
    await me.ask(DeleteHabit(habit_id=read))
    await me.carry()
    assert await code_of(bus.ask(ActOnLink(token=link))) == "link_void"


async def test_links_of_who_is_deleted_are_void(bus: LocalBus, me: Reminded, token: Token) -> None:
    told = await marked(bus)
    read = await me.habit("Read")
    link = await token("done", habit_id=read, day=day(0))
    await me.ask(DeleteMe())
    await me.carry()
    assert await code_of(bus.ask(ActOnLink(token=link))) == "link_void"
    await me.carry()
    assert told == []


@pytest.mark.parametrize("change", ["cut", "body", "signature"])
async def test_forged_links_are_unknown(
    bus: LocalBus, me: Reminded, token: Token, change: str
) -> None:
    read = await me.habit("Read")
    head, body, signature = (await token("done", habit_id=read, day=day(0))).split(".")
    other = (await token("skip", habit_id=read, day=day(0))).split(".")
    forged = {
        "cut": f"{head}.{body}.",
        "body": f"{head}.{other[1]}.{signature}",
        "signature": f"{head}.{body}.{other[2]}",
    }[change]
    assert await code_of(bus.ask(ActOnLink(token=forged))) == "link_unknown"


async def test_another_database_signs_with_another_key(me: Reminded, token: Token) -> None:
    async with transaction(me.engine) as tx:
        first = await links.signing_key(tx)
        assert len(first) == 32
        assert await links.signing_key(tx) == first
