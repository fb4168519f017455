"""Links in mails over the bus: looking changes nothing, pressing acts once, as its owner."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
import time_machine

from actors.auth.handlers import room as auth_room
from actors.habits.handlers import room as habits_room
from actors.notifications.handlers import room as notifications_room
from actors.notifications.link_token import Claim, Signing
from actors.reminders.handlers import room as reminders_room
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.users.handlers import room as users_room
from contracts.check_ins import GetHistory, GetToday, HabitCheckedIn
from contracts.habits import DeleteHabit
from contracts.links import ActOnLink, LookAtLink, Purpose
from contracts.marks import Logged
from contracts.message import Conflict, new_id
from contracts.reminder_settings import GetReminderSettings
from contracts.users import ChangeUser, DeleteMe
from storage.notifications import links
from storage.session import transaction
from tests.rooms.mailing import now
from tests.rooms.people import ADMIN, PATIENCE, Carry, code_of
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


async def marked(bus: LocalBus) -> list[HabitCheckedIn]:
    """Collect what links have logged from now on."""
    told: list[HabitCheckedIn] = []

    async def keep(fact: HabitCheckedIn) -> None:
        if fact.source == "mail":
            told.append(fact)

    await bus.overhear(HabitCheckedIn, keep)
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
    acted = await bus.ask(ActOnLink(token=link))
    logged = Logged(value=1.0, state="done")
    assert (acted.outcome, acted.wanted, acted.logged) == ("done", logged, logged)
    assert (await me.tracker.on(read)).state == "done"  # at once, before any fact is carried
    again = await bus.ask(ActOnLink(token=link))
    assert (again.outcome, again.used, again.logged) == ("as_it_was", True, logged)
    (change,) = (await me.ask(GetHistory(habit_id=read))).changes
    assert (change.source, change.made_by) == ("mail", "notifications")
    await me.carry()
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


async def walk(me: Reminded, **words: Any) -> UUID:
    """Begin to walk 8 000 steps a day."""
    target = {"value": 8000, "per": "day", **words}
    return await me.habit("Walk", measure="count", unit="steps", target=target)


async def test_what_only_a_number_can_tell_is_asked_for_and_the_link_stays_good(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    told = await marked(bus)
    week = {"value": 20, "per": "week"}
    run = await me.habit("Run", measure="amount", unit="km", target=week)
    link = await token("done", habit_id=run, day=day(0))
    assert await code_of(bus.ask(ActOnLink(token=link))) == "value_missing"
    steps = await token("done", habit_id=await walk(me), day=day(0))
    assert await code_of(bus.ask(ActOnLink(token=steps, value=2.5))) == "value_not_whole"
    await me.carry()
    assert told == []
    assert (await bus.ask(ActOnLink(token=link, value=4.25))).outcome == "done"
    assert (await bus.ask(ActOnLink(token=steps, value=8500))).outcome == "done"
    await me.carry()
    assert (await me.tracker.on(run)).value == 4.25


async def test_what_is_done_in_part_is_shown_so(bus: LocalBus, me: Reminded, token: Token) -> None:
    link = await token("done", habit_id=await walk(me), day=day(0))
    acted = await bus.ask(ActOnLink(token=link, value=3000))
    assert acted.wanted == Logged(value=3000.0, state="partial")
    await me.carry()
    shown = await bus.ask(LookAtLink(token=link))
    assert (shown.logged, shown.used) == (Logged(value=3000.0, state="partial"), False)


@pytest.mark.parametrize(("purpose", "value"), [("done", 8000), ("done", 0), ("skip", None)])
async def test_an_older_mark_takes_nothing_away_unasked(
    bus: LocalBus, me: Reminded, token: Token, purpose: Purpose, value: float | None
) -> None:
    told = await marked(bus)
    steps = await walk(me)
    link = await token(purpose, habit_id=steps, day=day(0))
    await me.log(steps, 0, value=12000.0)
    shown = await bus.ask(LookAtLink(token=link))
    assert shown.logged == Logged(value=12000.0, state="done")
    for seen in (None, Logged(value=8000.0, state="done"), Logged(value=12000.0, state="partial")):
        asked = await bus.ask(ActOnLink(token=link, value=value, replaces=seen))
        assert (asked.outcome, asked.logged) == ("asks", shown.logged)
    await me.carry()
    assert told == []
    assert (await me.tracker.on(steps)).value == 12000
    acted = await bus.ask(ActOnLink(token=link, value=value, replaces=shown.logged))
    await me.carry()
    assert acted.outcome == "done"
    assert (await bus.ask(LookAtLink(token=link))).logged == acted.wanted


async def test_done_without_a_number_leaves_more_than_was_asked(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    steps = await walk(me)
    link = await token("done", habit_id=steps, day=day(0))
    await me.log(steps, 0, value=12000.0)
    assert (await bus.ask(ActOnLink(token=link))).outcome == "as_it_was"
    await me.log(steps, 0, value=3000.0)
    assert (await bus.ask(ActOnLink(token=link))).outcome == "done"
    await me.carry()
    assert (await me.tracker.on(steps)).value == 8000


@pytest.mark.parametrize("state", ["skipped", "failed"])
async def test_what_was_said_otherwise_since_is_asked_about(
    bus: LocalBus, me: Reminded, token: Token, state: str
) -> None:
    read = await me.habit("Read")
    link = await token("done", habit_id=read, day=day(0))
    await me.log(read, 0, state=state)
    assert (await bus.ask(ActOnLink(token=link))).outcome == "asks"
    await me.carry()
    assert (await me.tracker.on(read)).state == state


@pytest.mark.parametrize("kind", ["build", "quit"])
async def test_a_limit_is_not_raised_unasked(
    bus: LocalBus, me: Reminded, token: Token, kind: str
) -> None:
    target = {"value": 2, "at": "most"}
    coffee = await me.habit("Coffee", kind=kind, measure="count", target=target)
    link = await token("done", habit_id=coffee, day=day(0))
    assert (await bus.ask(LookAtLink(token=link))).usual is None
    await me.log(coffee, 0, value=1.0)
    assert (await bus.ask(ActOnLink(token=link, value=5))).outcome == "asks"
    assert (await bus.ask(ActOnLink(token=link, value=0))).outcome == "asks"
    assert (await bus.ask(ActOnLink(token=link))).outcome == "as_it_was"


async def test_undo_takes_back_what_the_mail_logged_and_nothing_else(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    steps = await walk(me)
    link = await token("done", habit_id=steps, day=day(0))
    await me.log(steps, 0, value=3000.0, note="slowly")
    await bus.ask(ActOnLink(token=link))
    await me.carry()
    assert (await me.tracker.on(steps)).value == 8000
    for _ in range(2):  # the second time there is nothing of the mail's left
        await bus.ask(ActOnLink(token=link, undo=True))
        await me.carry()
        today = await me.tracker.on(steps)
        assert (today.value, today.state, today.note) == (3000, "partial", "slowly")
    await bus.ask(ActOnLink(token=link))
    await me.carry()
    await me.log(steps, 0, value=9000.0)
    await bus.ask(ActOnLink(token=link, undo=True))
    await me.carry()
    assert (await me.tracker.on(steps)).value == 9000


async def test_undo_empties_a_day_that_was_empty(bus: LocalBus, me: Reminded, token: Token) -> None:
    read = await me.habit("Read")
    link = await token("skip", habit_id=read, day=day(0))
    assert (await bus.ask(ActOnLink(token=link, undo=True))).outcome == "as_it_was"
    await bus.ask(ActOnLink(token=link))
    await me.carry()
    await bus.ask(ActOnLink(token=link, undo=True))
    await me.carry()
    assert (await me.tracker.on(read)).state is None
    assert (await bus.ask(ActOnLink(token=link))).outcome == "done"


async def test_what_was_logged_a_moment_ago_is_asked_about_before_anybody_has_heard_of_it(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    steps = await walk(me)
    link = await token("done", habit_id=steps, day=day(0))
    await me.tracker.log(steps, 0, value=12000.0)
    asked = await bus.ask(ActOnLink(token=link, value=8000))
    assert (asked.outcome, asked.logged) == ("asks", Logged(value=12000.0, state="done"))
    acted = await bus.ask(ActOnLink(token=link, value=8000, replaces=asked.logged))
    assert (acted.outcome, acted.logged) == ("done", Logged(value=8000.0, state="done"))
    await me.tracker.log(steps, 0, value=9000.0)
    kept = await bus.ask(ActOnLink(token=link, undo=True))
    assert (kept.outcome, kept.logged) == ("as_it_was", Logged(value=9000.0, state="done"))


async def test_a_link_stays_good_while_the_room_that_logs_is_away(
    me: Reminded, token: Token
) -> None:
    read = await me.habit("Read")
    link = await token("done", habit_id=read, day=day(0))
    for missing in (habits_room, auth_room):
        half = LocalBus()
        for room in (auth_room, users_room, habits_room, reminders_room, notifications_room):
            if room is not missing:
                half.open_room(Edge(room, me.engine, half, 8, limit=PATIENCE))
        for command in (ActOnLink(token=link), ActOnLink(token=link, undo=True)):
            assert await code_of(half.ask(command)) == "room_down"
    assert (await me.tracker.on(read)).state is None
    assert (await me.tracker.bus.ask(ActOnLink(token=link))).outcome == "done"


async def test_nothing_is_logged_for_who_is_disabled_until_they_are_not(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    read = await me.habit("Read")
    link = await token("done", habit_id=read, day=day(0))
    assert (await bus.ask(ActOnLink(token=link))).outcome == "done"
    await bus.ask(ChangeUser(user_id=me.user_id, disabled=True), ADMIN)
    await me.carry()
    assert await code_of(bus.ask(ActOnLink(token=link, undo=True))) == "may_not_act_for"
    assert (await me.tracker.on(read)).state == "done"
    await bus.ask(ChangeUser(user_id=me.user_id, disabled=False), ADMIN)
    await me.carry()
    assert (await bus.ask(ActOnLink(token=link, undo=True))).logged is None


async def test_a_day_that_cannot_be_logged_says_why(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    read = await me.habit("Read", start_day=day(0))
    link = await token("done", habit_id=read, day=day(-3))
    assert await code_of(bus.ask(ActOnLink(token=link))) == "day_out_of_range"


async def test_a_reminder_is_moved_or_switched_off_once(
    bus: LocalBus, me: Reminded, token: Token
) -> None:
    rule = await me.remind(text="Stretch", times=["12:00"])
    for purpose, shift in (("later", 30), ("earlier", 0), ("earlier", -30)):
        link = await token(cast(Purpose, purpose), reminder_id=rule.reminder_id)
        assert (await bus.ask(LookAtLink(token=link))).habit == "Stretch"
        for outcome in ("done", "as_it_was"):
            assert (await bus.ask(ActOnLink(token=link))).outcome == outcome
        assert (await me.look(rule)).shift_minutes == shift
    while (await me.look(rule)).shift_minutes > -180:
        await bus.ask(ActOnLink(token=await token("earlier", reminder_id=rule.reminder_id)))
    link = await token("earlier", reminder_id=rule.reminder_id)
    for _ in range(2):
        with pytest.raises(Conflict) as refused:
            await bus.ask(ActOnLink(token=link))
        assert refused.value.code == "reminder_at_limit"
    never = await token("never", reminder_id=rule.reminder_id)
    await bus.ask(ActOnLink(token=never))
    assert not (await me.look(rule)).enabled


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
        await me.carry()
    assert (await me.ask(GetReminderSettings())).digests == ("day",)


async def test_who_is_disabled_can_leave_a_list(bus: LocalBus, me: Reminded, token: Token) -> None:
    await me.settle(digests=["day", "week"])
    link = await token("unsubscribe", every="day")
    await bus.ask(ChangeUser(user_id=me.user_id, disabled=True), ADMIN)
    await me.carry()
    assert (await bus.ask(ActOnLink(token=link))).outcome == "done"
    await me.carry()
    await bus.ask(ChangeUser(user_id=me.user_id, disabled=False), ADMIN)
    await me.carry()
    assert (await me.ask(GetReminderSettings())).digests == ("week",)


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
