"""Smart reminders, settings and digests over the bus; and facts that come in any order."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.reminders.handlers import room
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from contracts.message import Fact, new_id
from contracts.reminder_proposals import AcceptProposal, ExplainReminder, GetProposal
from contracts.reminder_settings import (
    GetReminderSettings,
    QuietHours,
    SetReminderSettings,
    StopDigest,
    UpdateReminderSettings,
)
from contracts.reminders import GiveFeedback, UpdateReminder
from contracts.users import ChangeProfile, DeleteMe, UserChanged
from storage.outbox import tell
from storage.session import transaction
from tests.rooms.people import Carry, code_of
from tests.rooms.reminding import Reminded, strike
from tests.rooms.tracking import Tracker

pytestmark = pytest.mark.asyncio


@pytest.fixture
def me(ann: Tracker, carry: Carry, clock: time_machine.Traveller) -> Reminded:
    return Reminded(ann, carry, clock)


async def mornings(me: Reminded, weeks: int = 10) -> Any:
    """Keep a habit for weeks: around 07:40, on Sundays around 10:00; then let it be noon again."""
    made = random.Random(3)
    habit_id = await me.habit("Run", start_day=datetime(2031, 1, 1).date())
    now = datetime(2031, 5, 5, 12, tzinfo=UTC)
    for number in range(1, weeks * 7 + 1):
        when = (now - timedelta(days=number)).replace(hour=7, minute=40)
        if when.weekday() == 6:
            when = when.replace(hour=10, minute=0)
        me.clock.move_to(when + timedelta(minutes=made.randrange(-15, 16)))
        await me.tracker.log(habit_id, -number)
    me.clock.move_to(now)
    await me.carry()
    return habit_id


async def test_it_proposes_and_explains_itself(me: Reminded) -> None:
    run = await mornings(me)
    rule = await me.remind(habit_id=run, kind="smart", times=["09:00"])
    assert (rule.learned, str(rule.next_at)) == ((), "2031-05-06 09:00:00+00:00")
    proposal = await me.ask(GetProposal(reminder_id=rule.reminder_id))
    tuesday, sunday = proposal.days[1], proposal.days[6]
    assert (tuesday.weekday, tuesday.times, tuesday.enough) == ("tue", 10, True)
    assert tuesday.usual is not None
    assert "07:30" <= tuesday.usual <= "07:50"
    assert sunday.usual is not None
    assert "09:50" <= sunday.usual <= "10:10"
    assert tuesday.within >= 8
    # Six days are alike, and Sunday is not: two sentences, not seven.
    week, rest = proposal.words
    assert (
        "on Mondays, on Tuesdays, on Wednesdays, on Thursdays, on Fridays, and on Saturdays" in week
    )
    assert "of 60 times between" in week
    assert f"around {sunday.usual} on Sundays" in rest
    accepted = await me.ask(AcceptProposal(reminder_id=rule.reminder_id))
    assert accepted.learned == tuple(one.proposed for one in proposal.days)
    assert accepted.next_at is not None
    assert accepted.next_at.strftime("%d %H:%M") == f"06 {tuesday.proposed}"
    why = await me.ask(ExplainReminder(reminder_id=rule.reminder_id))
    said = " ".join(why.words)
    assert f"You usually do this around {tuesday.usual} on Tuesdays" in said
    assert f"({tuesday.within} of 10 times between {tuesday.first} and {tuesday.last})" in said
    await me.ask(ChangeProfile(language="ru"))
    await me.carry()
    why = await me.ask(ExplainReminder(reminder_id=rule.reminder_id))
    assert "по вторникам" in " ".join(why.words)
    assert not any("You" in one for one in why.words)


async def test_it_follows_by_itself_and_obeys(me: Reminded) -> None:
    run = await mornings(me)
    rule = await me.remind(habit_id=run, kind="smart", mode="follow", times=["21:00"])
    assert rule.next_at is not None
    assert rule.next_at.strftime("%d %H") == "06 07"
    later = await me.ask(GiveFeedback(reminder_id=rule.reminder_id, feedback="later"))
    assert later.next_at == rule.next_at + timedelta(minutes=30)
    await me.become(later.next_at)
    (mail,) = await me.sent()
    assert mail.template == "reminder"
    await me.settle(quiet_hours={"from": "22:00", "to": "08:45"})
    await strike(me.engine, ["reminders.learn"])
    quiet = await me.look(rule)
    assert quiet.learned[2] is None
    assert quiet.next_at is not None
    assert quiet.next_at.strftime("%d %H:%M") == "07 21:30"


async def test_what_it_learned_changes_with_its_owner(me: Reminded, engine: AsyncEngine) -> None:
    run = await mornings(me, weeks=3)
    rule = await me.remind(habit_id=run, kind="smart", mode="follow")
    before = rule.learned[1]
    async with engine.begin() as tx:
        await tx.execute(text("UPDATE reminders.days SET at = at + interval '2 hours'"))
    me.clock.shift(timedelta(hours=23))
    await strike(engine, ["reminders.learn"])
    assert (await me.look(rule)).learned[1] == before
    me.clock.shift(timedelta(hours=2))
    await strike(engine, ["reminders.learn"])
    after = (await me.look(rule)).learned[1]
    assert before is not None
    assert after is not None
    assert int(after[:2]) == int(before[:2]) + 2


async def test_too_little_to_learn_from(me: Reminded) -> None:
    read = await me.habit()
    await me.log(read)
    rule = await me.remind(habit_id=read, kind="smart", mode="follow", times=["21:00"])
    assert rule.next_at is not None
    assert rule.next_at.strftime("%d %H:%M") == "05 21:00"
    proposal = await me.ask(GetProposal(reminder_id=rule.reminder_id))
    assert {(one.enough, one.times, one.needed) for one in proposal.days} == {(False, 1, 10)}
    assert proposal.words == ("There is not enough to learn from yet: 1 of the 10 times it takes.",)
    accept = AcceptProposal(reminder_id=rule.reminder_id)
    assert await code_of(me.ask(accept)) == "proposal_empty"
    fixed = await me.remind(habit_id=read)
    asked = GetProposal(reminder_id=fixed.reminder_id)
    assert await code_of(me.ask(asked)) == "reminder_not_smart"


async def test_why_of_every_kind(me: Reminded) -> None:
    read = await me.habit("Read")
    for words, said in (
        ({"habit_id": read, "times": ["08:00", "20:00"]}, "at 08:00, 20:00: Read"),
        ({"text": "Stretch"}, "at 09:00: Stretch"),
        ({"habit_id": read, "kind": "at_risk", "streak": 7}, "a streak of 7 or more"),
        ({"habit_id": read, "kind": "silence", "after_days": 4}, "after 4 days"),
        ({"text": "Off", "enabled": False}, "It is switched off."),
    ):
        rule = await me.remind(**words)
        why = await me.ask(ExplainReminder(reminder_id=rule.reminder_id))
        assert said in " ".join(why.words)
    await me.log(read)
    rule = await me.remind(habit_id=read, times=["13:00"])
    await me.become("2031-05-05T13:00:00+00:00")
    why = await me.ask(ExplainReminder(reminder_id=rule.reminder_id))
    assert why.words[-1] == "Last time it kept silent: it was done already."


# -- settings and digests -------------------------------------------------------------------------


async def digests(me: Reminded) -> list[dict[str, Any]]:
    told = await me.tracker.told()
    return [job for job in told if job["address"] == "notifications.send_digest"]


async def test_settings_have_versions(me: Reminded) -> None:
    assert (await me.ask(GetReminderSettings())).channels == ("email",)
    change = SetReminderSettings(digests=("week",), expected_version=1)
    assert (await me.ask(change)).version == 2
    assert await code_of(me.ask(change)) == "version_conflict"
    assert (await me.ask(GetReminderSettings())).digests == ("week",)
    twice = SetReminderSettings(digests=("month", "day", "month"))
    assert (await me.ask(twice)).digests == (await me.ask(GetReminderSettings())).digests
    some = UpdateReminderSettings(digests=("week", "week"))
    assert (await me.ask(some)).digests == ("week",)


async def test_what_is_listed_twice_in_settings_counts_once(me: Reminded) -> None:
    said = {"digests": ["month", "week", "month"], "channels": ["email", "email", "apprise"]}
    for command in (SetReminderSettings, UpdateReminderSettings):
        kept = await me.ask(command.model_validate(said))
        assert kept.digests == ("week", "month")
        assert kept.channels == ("email", "apprise")


async def test_a_change_of_settings_leaves_what_it_does_not_name(me: Reminded) -> None:
    quiet = {"from": "22:00", "to": "07:00"}
    words = {"quiet_hours": quiet, "channels": ["apprise"], "grace_minutes": 30, "digests": ["day"]}
    await me.settle(**words, digest_at="09:30")
    before = await me.ask(GetReminderSettings())
    for name, value in (
        ("digests", ("week", "month")),
        ("digests", ()),
        ("channels", ()),
        ("grace_minutes", 0),
        ("digest_at", "00:00"),
        ("quiet_hours", QuietHours.model_validate({"from": "01:00", "to": "02:00"})),
    ):
        changed = await me.ask(UpdateReminderSettings.model_validate({name: value}))
        before = before.model_copy(update={name: value, "version": before.version + 1})
        assert changed == before == await me.ask(GetReminderSettings())
    loud = await me.ask(UpdateReminderSettings(no_quiet_hours=True))
    assert loud.quiet_hours is None
    assert await me.ask(UpdateReminderSettings()) == loud
    stale = UpdateReminderSettings(grace_minutes=5, expected_version=1)
    assert await code_of(me.ask(stale)) == "version_conflict"
    assert await me.ask(GetReminderSettings()) == loud


async def test_a_weekly_digest_comes_once(me: Reminded) -> None:
    await me.ask(ChangeProfile(zone="America/New_York", language="ru"))
    await me.carry()
    await me.settle(digests=["week"], digest_at="08:00")
    await me.become("2031-05-12T11:59:59+00:00")
    assert await digests(me) == []
    for _ in range(2):
        await me.become("2031-05-12T12:00:00+00:00")
    (due,) = await digests(me)
    assert (due["every"], due["first"], due["last"]) == ("week", "2031-05-05", "2031-05-11")
    assert due["dedupe_key"] == f"digest:{me.user_id}:2031-W19"
    assert due["language"] == "ru"
    await me.become("2031-05-19T12:00:00+00:00")
    assert [one["first"] for one in await digests(me)] == ["2031-05-12"]


async def test_daily_and_monthly_digests(me: Reminded) -> None:
    await me.settle(digests=["month", "day"], digest_at="07:30")
    await me.become("2031-05-06T07:30:00+00:00")
    (daily,) = await digests(me)
    assert (daily["first"], daily["last"]) == ("2031-05-05", "2031-05-05")
    await me.become("2031-06-01T07:30:00+00:00")
    found = {str(one["dedupe_key"]).split(":")[2]: one for one in await digests(me)}
    assert found["2031-05"]["last"] == "2031-05-31"
    assert "2031-05-06" not in found


async def test_a_digest_that_is_too_late_is_left_out(me: Reminded) -> None:
    await me.settle(digests=["week", "day"])
    await me.become("2031-05-30T12:00:00+00:00")
    assert [one["first"] for one in await digests(me)] == []
    await me.become("2031-05-31T08:00:00+00:00")
    assert [one["first"] for one in await digests(me)] == ["2031-05-30"]


async def test_moving_does_not_repeat_a_digest(me: Reminded) -> None:
    await me.settle(digests=["week"])
    await me.become("2031-05-12T08:00:00+00:00")
    assert len(await digests(me)) == 1
    await me.ask(ChangeProfile(zone="America/New_York"))
    await me.carry()
    await me.become("2031-05-12T12:00:00+00:00")
    assert await digests(me) == []


async def test_a_digest_can_be_left(me: Reminded) -> None:
    await me.settle(digests=["week", "day"])
    for _ in range(2):
        async with transaction(me.engine) as tx:
            await tell(tx, StopDigest(user_id=me.user_id, every="week"))
        await me.carry()
    assert (await me.ask(GetReminderSettings())).digests == ("day",)
    await me.become("2031-05-12T08:00:00+00:00")
    assert [one["every"] for one in await digests(me)] == []


async def test_who_is_disabled_hears_nothing(me: Reminded, bus: LocalBus) -> None:
    rule = await me.remind(text="Stretch", times=["13:00"])
    await me.settle(digests=["day"])
    listener = room.hears["users.user_changed"]
    edge = Edge(room, me.engine, bus, 4)
    for version, disabled in ((5, True), (4, False)):
        fact = UserChanged(user_id=me.user_id, version=version, role="user", disabled=disabled)
        await edge.take_in(fact, lambda fact=fact: listener.call(fact))  # type: ignore[misc]
    await me.become("2031-05-06T13:00:00+00:00")
    assert (await me.last(rule)).reason == "account_disabled"
    assert await digests(me) == []
    assert await me.sent() == []


# -- facts ----------------------------------------------------------------------------------------


async def copied(engine: AsyncEngine) -> dict[str, list[tuple[object, ...]]]:
    """Return what the room knows from facts."""
    found = {}
    async with engine.begin() as tx:
        for table, key in (
            ("people", "user_id"),
            ("habits", "habit_id"),
            ("days", "habit_id, day"),
            ("breaks", "break_id"),
            ("entries", "entry_id"),
        ):
            rows = await tx.execute(text(f"SELECT * FROM reminders.{table} ORDER BY {key}"))
            found[table] = [tuple(row) for row in rows]
    return found


async def test_facts_count_in_any_order_and_twice(
    me: Reminded, bus: LocalBus, engine: AsyncEngine
) -> None:
    from contracts.breaks import AddBreak, RemoveBreak
    from contracts.check_ins import RemoveCheckIn
    from contracts.habits import DeleteHabit, UpdateHabit
    from contracts.journal import CreateEntry, DeleteEntry

    await me.ask(ChangeProfile(zone="Europe/Berlin", week_start="sun"))
    read, gone = await me.tracker.begin("Read"), await me.tracker.begin("Gone")
    for number in (0, 0, -1):
        await me.tracker.log(read.habit_id, number, state="skipped" if number else None)
        await me.tracker.log(gone.habit_id, number)
    await me.ask(RemoveCheckIn(habit_id=read.habit_id))
    await me.ask(UpdateHabit(habit_id=read.habit_id, name="Write", archived=True))
    await me.ask(UpdateHabit(habit_id=read.habit_id, archived=False))
    rest = await me.ask(AddBreak(first=me_day(1), last=me_day(3)))
    await me.ask(AddBreak(first=me_day(5), last=me_day(6), tag="x"))
    await me.ask(RemoveBreak(break_id=rest.break_id))
    entry = await me.ask(CreateEntry(text="Rain."))
    await me.ask(DeleteEntry(entry_id=entry.entry_id))
    lying = await me.tracker.begin("Lying in the bin")
    await me.ask(DeleteHabit(habit_id=lying.habit_id))
    await me.ask(DeleteHabit(habit_id=gone.habit_id, forever=True))
    told = [_fact(one) for one in await me.tracker.told()]
    facts = [fact for fact in told if fact is not None]
    assert len(facts) > 12
    expected: dict[str, list[tuple[object, ...]]] | None = None
    made = random.Random(11)
    for turn in range(6):
        async with engine.begin() as tx:
            for table in ("people", "habits", "days", "breaks", "entries"):
                await tx.execute(text(f"DELETE FROM reminders.{table}"))
            await tx.execute(text("DELETE FROM bus.inbox WHERE room = 'reminders'"))
        edge = Edge(room, engine, bus, 4)
        heard = facts if not turn else made.sample(facts + facts, 2 * len(facts))
        for fact in heard:
            handler = room.hears[fact.address]
            await edge.take_in(fact, lambda fact=fact, handler=handler: handler.call(fact))  # type: ignore[misc]
        now = await copied(engine)
        expected = expected or now
        assert now == expected
    assert expected is not None
    assert [row[1] for row in expected["days"]] == [read.habit_id] * 2
    await me.ask(DeleteMe())
    await me.carry()
    for late in facts:
        handler = room.hears[late.address]
        fresh = late.model_copy(update={"fact_id": new_id()})
        await edge.take_in(fresh, lambda fresh=fresh, handler=handler: handler.call(fresh))  # type: ignore[misc]
    left = await copied(engine)
    assert {name: len(rows) for name, rows in left.items()} == {
        "people": 1,
        "habits": 0,
        "days": 0,
        "breaks": 0,
        "entries": 0,
    }


def me_day(number: int) -> Any:
    return datetime(2031, 5, 5).date() + timedelta(days=number)


def _fact(told: dict[str, object]) -> Fact | None:
    """Read a fact that the room hears."""
    handler = room.hears.get(str(told["address"]))
    return handler.contract.model_validate_json(_json(told)) if handler else None


def _json(told: dict[str, object]) -> str:
    import json

    return json.dumps(told)


async def test_old_days_are_forgotten(me: Reminded, engine: AsyncEngine) -> None:
    read = await me.habit(start_day=me_day(-500))
    await me.tracker.log(read, -450)
    await me.log(read, -399)
    rule = await me.remind(text="Stretch", times=["13:00"])
    await me.become("2031-05-05T13:00:00+00:00")
    assert len((await copied(engine))["days"]) == 1
    me.clock.shift(timedelta(days=100))
    await me.ask(UpdateReminder(reminder_id=rule.reminder_id, enabled=False))
    await strike(engine, ["reminders.clean_up"])
    assert (await copied(engine))["days"] == []
    assert (await me.look(rule)).history == ()
