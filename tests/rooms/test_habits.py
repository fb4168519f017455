"""Habits over the bus: made, changed, ordered, listed, laid aside."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from actors.habits import plans
from actors.runtime.local import LocalBus
from contracts.breaks import AddBreak
from contracts.check_ins import GetHistory, GetStreaks, GetToday, ListCheckIns
from contracts.habit import Target
from contracts.habits import (
    CreateHabit,
    DeleteHabit,
    HabitChanged,
    ListHabits,
    ListTags,
    ReorderHabits,
    ReorderTags,
    UpdateHabit,
)
from contracts.message import Asked, Conflict, Invalid, NotFound, new_id
from contracts.schedule import EveryDay, EveryNDays, Times, Weekdays
from contracts.users import ChangeProfile, Profile, ProfileChanged
from storage.habits import TimeProfile
from storage.outbox import tell
from storage.session import transaction
from tests.rooms.people import Carry, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


async def test_a_name_is_enough(ann: Tracker) -> None:
    made = await ann.ask(CreateHabit(name="  Read  "))
    assert (made.name, made.kind, made.measure, made.unit) == ("Read", "build", "yes_no", "")
    assert (made.target, made.schedule, made.tags) == (None, EveryDay(), ())
    assert (made.colour, made.icon, made.cue, made.question) == ("", "", "", "")
    assert (made.description, made.archived, made.order, made.version) == ("", False, 1, 1)
    assert (made.streak, made.best_streak, made.score) == (0, 0, 0.0)
    assert made.start_day == TODAY
    (version,) = made.versions
    assert (version.effective_from, version.anchor, version.week_start) == (TODAY, TODAY, "mon")
    assert await ann.look(made.habit_id) == made
    (fact,) = await ann.told()
    assert fact["address"] == "habits.habit_created"
    assert (fact["habit_id"], fact["version"]) == (str(made.habit_id), 1)


async def test_words_stay_at_home(ann: Tracker) -> None:
    secrets = {"cue": "psst-1", "question": "psst-2", "description": "psst-3"}
    made = await ann.begin(**secrets)
    await ann.ask(UpdateHabit(habit_id=made.habit_id, cue="psst-4", icon="📖"))
    await ann.log(made.habit_id, note="psst-5")
    await ann.log(made.habit_id, note="psst-6", state="skipped")
    await ann.ask(DeleteHabit(habit_id=made.habit_id))
    facts = await ann.told()
    assert len(facts) == 5
    assert "psst" not in str(facts)
    assert "📖" in str(facts)


async def test_an_id_may_be_wished_for_once(ann: Tracker, bob: Tracker) -> None:
    wished = new_id()
    assert (await ann.begin(habit_id=wished)).habit_id == wished
    for somebody in (ann, bob):
        assert await code_of(somebody.begin("Again", habit_id=wished)) == "habit_exists"
    other = new_id()
    made = await asyncio.gather(
        *(ann.begin(habit_id=other) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in made) == 3


async def test_what_does_not_go_together_is_refused(ann: Tracker) -> None:
    least, most = Target(value=2), Target(at="most", value=2)
    for given, code in (
        ({"target": least}, "target_not_allowed"),
        ({"kind": "quit", "measure": "count", "target": least}, "target_not_at_most"),
        ({"measure": "count", "target": Target(value=0.5)}, "value_not_whole"),
        ({"schedule": {"every": "rule", "rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}}, None),
    ):
        assert await code_of(ann.begin(**given)) == (code or "schedule_never_due")
    assert (await ann.begin(kind="quit", measure="count", target=most)).target == most
    assert (await ann.addresses()) == ["habit_created"]


async def test_words_change_and_the_rest_stays(ann: Tracker) -> None:
    made = await ann.begin(tags=["home", "Home", "work"], colour="#aabbcc", cue="tea")
    assert made.tags == ("home", "work")
    await ann.told()
    change = UpdateHabit(habit_id=made.habit_id, name="Read on", tags=(), question="Did you?")
    after = await ann.ask(change)
    assert (after.name, after.tags, after.question) == ("Read on", (), "Did you?")
    assert (after.colour, after.cue, after.versions) == (made.colour, "tea", made.versions)
    (fact,) = await ann.told()
    assert fact["address"] == "habits.habit_changed"
    assert fact["habit"]["name"] == "Read on"  # type: ignore[index]
    cleared = await ann.ask(UpdateHabit(habit_id=made.habit_id, colour="", cue=""))
    assert (cleared.colour, cleared.cue) == ("", "")


async def test_a_change_of_nothing_is_no_change(ann: Tracker) -> None:
    made = await ann.begin(tags=["home"])
    await ann.told()
    same = UpdateHabit(habit_id=made.habit_id, name="Read", tags=("home",), schedule=EveryDay())
    for nothing in (UpdateHabit(habit_id=made.habit_id), same):
        assert await ann.ask(nothing) == made
    assert await ann.told() == []


async def test_only_the_expected_version_is_changed(ann: Tracker) -> None:
    made = await ann.begin()
    await ann.ask(UpdateHabit(habit_id=made.habit_id, name="One", expected_version=1))
    with pytest.raises(Conflict) as no:
        await ann.ask(UpdateHabit(habit_id=made.habit_id, name="Two", expected_version=1))
    assert (no.value.code, no.value.params["version"]) == ("version_conflict", 2)
    with pytest.raises(Conflict):
        await ann.ask(DeleteHabit(habit_id=made.habit_id, expected_version=1))
    assert (await ann.look(made.habit_id)).name == "One"


async def test_of_many_changes_of_one_version_one_wins(ann: Tracker) -> None:
    made = await ann.begin()
    changes = (
        UpdateHabit(habit_id=made.habit_id, name=f"Name {n}", expected_version=1) for n in range(8)
    )
    outcomes = await asyncio.gather(*map(ann.ask, changes), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in outcomes) == 7


async def test_a_new_schedule_leaves_the_past_alone(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-40))
    for number in range(-40, 0, 2):
        await ann.log(made.habit_id, number)
    past = [await ann.on(made.habit_id, day(n)) for n in range(-41, 0)]
    streaks = await ann.ask(GetStreaks(habit_id=made.habit_id))
    after = await ann.ask(UpdateHabit(habit_id=made.habit_id, schedule=EveryNDays(n=2)))
    assert [await ann.on(made.habit_id, day(n)) for n in range(-41, 0)] == past
    assert (await ann.ask(GetStreaks(habit_id=made.habit_id))).streaks == streaks.streaks
    assert [one.effective_from for one in after.versions] == [day(-40), TODAY]
    assert after.schedule == EveryNDays(n=2)
    assert (await ann.on(made.habit_id)).due
    assert not (await ann.on(made.habit_id, day(1))).due


async def test_a_target_may_begin_later_and_go_again(
    ann: Tracker, clock: time_machine.Traveller
) -> None:
    made = await ann.begin(measure="count", target=Target(value=2), start_day=day(-10))
    for number in range(-10, 1):
        await ann.log(made.habit_id, number, value=2)
    before = await ann.look(made.habit_id)
    assert before.streak == 11
    change = UpdateHabit(habit_id=made.habit_id, target=Target(value=5), effective_from=day(3))
    after = await ann.ask(change)
    assert (after.target, after.streak, after.score) == (before.target, 11, before.score)
    assert (await ann.on(made.habit_id, day(3))).needed == 5
    assert (await ann.on(made.habit_id, day(2))).needed == 2
    clock.shift(3 * 86400)
    assert (await ann.look(made.habit_id)).target == Target(value=5)
    dropped = await ann.ask(UpdateHabit(habit_id=made.habit_id, target=None))
    assert (dropped.target, len(dropped.versions)) == (None, 2)
    assert (await ann.on(made.habit_id, day(2))).needed == 2


async def test_the_past_cannot_be_planned(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-10))
    change = UpdateHabit(habit_id=made.habit_id, schedule=EveryNDays(n=2), effective_from=day(-1))
    assert await code_of(ann.ask(change)) == "effective_from_past"
    assert await ann.look(made.habit_id) == made


async def test_new_tags_take_their_breaks_along(ann: Tracker) -> None:
    made = await ann.begin(start_day=day(-30))
    for number in (-30, -29, -28, -20, -19):
        await ann.log(made.habit_id, number)
    await ann.ask(AddBreak(first=day(-27), last=day(-21), tag="СПОРТ"))
    apart = await ann.ask(GetStreaks(habit_id=made.habit_id))
    assert (apart.best_streak, len(apart.streaks)) == (3, 2)
    await ann.ask(UpdateHabit(habit_id=made.habit_id, tags=("Спорт",)))
    assert (await ann.look(made.habit_id)).best_streak == 5
    assert (await ann.ask(GetStreaks(habit_id=made.habit_id))).best_streak == 5
    again = await ann.ask(UpdateHabit(habit_id=made.habit_id, tags=("home",)))
    assert again.best_streak == 3
    assert (await ann.recomputed(made.habit_id, TODAY)).best_streak == 3


async def test_habits_are_laid_aside_and_taken_up(ann: Tracker) -> None:
    made, other = await ann.begin(tags=["a"]), await ann.begin("Run", tags=["a", "b"])
    await ann.told()
    aside = await ann.ask(UpdateHabit(habit_id=made.habit_id, archived=True))
    assert aside.archived
    assert await ann.addresses() == ["habit_changed", "habit_archived"]
    for archived, names in ((False, ["Run"]), (True, ["Read"]), (None, ["Read", "Run"])):
        page = await ann.ask(ListHabits(archived=archived))
        assert [one.name for one in page.habits] == names
    tags = (await ann.ask(ListTags())).tags
    assert [(one.tag, one.habits) for one in tags] == [("a", 1), ("b", 1)]
    shown = (await ann.ask(GetToday())).habits
    assert [one.habit_id for one in shown] == [other.habit_id]
    await ann.ask(UpdateHabit(habit_id=made.habit_id, archived=False))
    assert (await ann.ask(ListTags())).tags[0].habits == 2


async def test_a_past_day_shows_what_was_in_use_on_it(
    ann: Tracker, clock: time_machine.Traveller
) -> None:
    _kept, gone, never = [await ann.begin(name) for name in ("Read", "Run", "Rest")]
    clock.shift(timedelta(days=1))
    await ann.log(gone.habit_id, 1)
    for one in (gone, never):
        await ann.ask(UpdateHabit(habit_id=one.habit_id, archived=True))
    for today in (None, day(1)):
        assert [one.name for one in (await ann.ask(GetToday(day=today))).habits] == ["Read"]
    clock.shift(timedelta(days=20))
    shown = {
        number: [one.name for one in (await ann.ask(GetToday(day=day(number)))).habits]
        for number in (0, 1, 2, 20, 21)
    }
    assert shown == {
        0: ["Read", "Run", "Rest"],
        1: ["Read", "Run"],
        2: ["Read"],
        20: ["Read"],
        21: ["Read"],
    }
    assert (await ann.on(gone.habit_id, day(1))).state == "done"
    await ann.ask(UpdateHabit(habit_id=never.habit_id, archived=False))
    assert len((await ann.ask(GetToday(day=day(5)))).habits) == 2


async def test_a_tag_is_one_however_it_is_written(ann: Tracker) -> None:
    for name, tag in (("Walk", "Health"), ("Run", "health"), ("Swim", "Health"), ("Sleep", "СОН")):
        await ann.begin(name, tags=[tag])
    await ann.begin("Nap", tags=["сон", "Сон"])
    tags = (await ann.ask(ListTags())).tags
    assert [(one.tag.casefold(), one.habits) for one in tags] == [("health", 3), ("сон", 2)]
    assert tags[0].tag == "Health"
    found = (await ann.ask(ListHabits(tag="HEALTH"))).habits
    assert [one.name for one in found] == ["Walk", "Run", "Swim"]


async def test_some_come_first_and_the_others_follow(ann: Tracker) -> None:
    made = [await ann.begin(name) for name in "abcde"]
    await ann.ask(ReorderHabits(habit_ids=(made[3].habit_id, made[1].habit_id)))
    page = await ann.ask(ListHabits())
    assert "".join(one.name for one in page.habits) == "dbace"
    assert [one.order for one in page.habits] == [1, 2, 3, 4, 5]
    twice = (made[4].habit_id, made[4].habit_id)
    await ann.ask(ReorderHabits(habit_ids=twice))
    assert "".join(one.name for one in (await ann.ask(ListHabits())).habits) == "edbac"
    assert (await ann.begin("f")).order == 6


async def test_tags_stand_in_the_order_of_their_person(ann: Tracker, bob: Tracker) -> None:
    async def listed(one: Tracker) -> list[str]:
        return [found.tag for found in (await one.ask(ListTags())).tags]

    await ann.ask(ReorderTags(tags=("Later", "Дом")))  # before there is any habit
    for name, tags in (("Run", ["body", "Straße"]), ("Tidy", ["Дом", "body"]), ("Read", ["mind"])):
        await ann.begin(name, tags=tags)
    await bob.begin(tags=["mind", "body"])
    assert await listed(ann) == ["Дом", "body", "mind", "Straße"]
    await ann.ask(ReorderTags(tags=("STRASSE", "mind", "later", "strasse")))
    assert await listed(ann) == ["Straße", "mind", "body", "Дом"]
    assert await listed(bob) == ["body", "mind"]
    await ann.begin("Plan", tags=["later"])
    assert await listed(ann) == ["Straße", "mind", "later", "body", "Дом"]


async def test_pages_are_whole_whatever_happens_between(ann: Tracker) -> None:
    made = [await ann.begin(f"{n}", tags=["odd"] if n % 2 else []) for n in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = await ann.ask(ListHabits(limit=3, cursor=cursor))
        seen += [one.name for one in page.habits]
        await ann.log(made[0].habit_id, value=len(seen) / 10)
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"{n}" for n in range(7)]
    odd = await ann.ask(ListHabits(tag="ODD", limit=2))
    rest = await ann.ask(ListHabits(tag="odd", limit=2, cursor=odd.next))
    assert [one.name for one in (*odd.habits, *rest.habits)] == ["1", "3", "5"]
    assert rest.next is None


@pytest.mark.parametrize("cursor", ["x", "é", "AAAA", "WzEsMl0=", "W10=", "bnVsbA==", "\0"])
async def test_a_made_up_cursor_is_refused(ann: Tracker, cursor: str) -> None:
    made = await ann.begin()
    messages: tuple[Asked[Any], ...] = (
        ListHabits(cursor=cursor),
        ListCheckIns(habit_id=made.habit_id, cursor=cursor),
        GetHistory(habit_id=made.habit_id, cursor=cursor),
    )
    for message in messages:
        with pytest.raises(Invalid) as no:
            await ann.ask(message)
        assert no.value.code == "wrong_cursor"


async def test_a_deleted_habit_is_gone(ann: Tracker) -> None:
    made = await ann.begin()
    await ann.log(made.habit_id)
    await ann.told()
    await ann.ask(DeleteHabit(habit_id=made.habit_id, forever=True))
    (fact,) = await ann.told()
    assert (fact["address"], fact["version"]) == ("habits.habit_deleted", 3)
    with pytest.raises(NotFound):
        await ann.look(made.habit_id)
    assert (await ann.ask(ListHabits())).habits == ()


async def test_weeks_that_begin_elsewhere_move_no_past(
    bus: LocalBus, ann: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    made = await ann.begin(schedule=Times(times=2, per="week"), start_day=day(-28))
    for number in (-28, -22, -21, -15, -14, -8, -7, -1):
        await ann.log(made.habit_id, number)
    before = [await ann.on(made.habit_id, day(n)) for n in range(-28, 0)]
    planned = UpdateHabit(
        habit_id=made.habit_id, schedule=Weekdays(days=("sat",)), effective_from=day(10)
    )
    await ann.ask(planned)
    await ann.ask(ChangeProfile(week_start="sun"))
    await carry()
    after = await ann.look(made.habit_id)
    assert after.schedule == Times(times=2, per="week")
    weeks = [(one.effective_from, one.week_start, one.schedule.every) for one in after.versions]
    assert weeks == [
        (day(-28), "mon", "times"),
        (TODAY, "sun", "times"),
        (day(10), "sun", "weekdays"),
    ]
    assert [await ann.on(made.habit_id, day(n)) for n in range(-28, 0)] == before
    assert (await ann.begin("Run")).versions[0].week_start == "sun"
    now = await ann.look(made.habit_id)
    assert now.streak == (await ann.recomputed(made.habit_id, TODAY)).streak


async def test_weeks_that_begin_elsewhere_are_told(ann: Tracker, carry: Carry) -> None:
    made = await ann.begin()
    await carry()
    heard: list[HabitChanged] = []

    async def keep(fact: HabitChanged) -> None:
        heard.append(fact)

    await ann.bus.overhear(HabitChanged, keep)
    await ann.ask(ChangeProfile(week_start="sat"))
    await carry()
    (fact,) = heard
    assert (fact.habit_id, fact.version) == (made.habit_id, 2)
    assert fact.versions[-1].week_start == "sat"


async def test_old_news_of_a_person_is_no_news(ann: Tracker, carry: Carry) -> None:
    made = await ann.begin()
    await ann.ask(ChangeProfile(week_start="sat"))
    late = ProfileChanged(user_id=ann.who.user_id, profile=Profile(week_start="fri"))
    async with ann.engine.begin() as tx:
        await tell(tx, late)
    await carry()
    assert (await ann.look(made.habit_id)).versions[-1].week_start == "sat"


async def test_a_person_is_asked_for_once(bus: LocalBus, ann: Tracker, carry: Carry) -> None:
    await ann.ask(ChangeProfile(zone="Pacific/Kiritimati"))
    assert (await ann.begin()).start_day == day(1)
    await carry()
    await ann.ask(ChangeProfile(zone="UTC"))
    await carry()
    assert (await ann.begin()).start_day == TODAY


async def test_one_person_has_at_most_so_many(ann: Tracker, bob: Tracker) -> None:
    command = CreateHabit(name="Read")

    async def begin(who: Tracker) -> None:
        async with transaction(who.engine) as tx:
            person = TimeProfile("UTC", 0, "mon")
            await plans.create(tx, who.who, command, person, TODAY, max_habits=2)

    await begin(ann)
    await begin(ann)
    assert await code_of(begin(ann)) == "too_many_habits"
    await begin(bob)
    assert [len((await one.ask(ListHabits())).habits) for one in (ann, bob)] == [2, 1]


async def test_a_tag_is_one_however_it_is_composed(ann: Tracker) -> None:
    """A long s and a ligature have no case of one letter, an accent comes composed or not."""
    days = [day(-n) for n in (6, 5, 4)]
    for number, (here, there) in enumerate(
        [
            ("Fu\u00dfball", "FUSSBALL"),
            ("\ufb02\u00f6te", "FLO\u0308TE"),
            ("Ma\u00eftre", "mai\u0308TRE"),
        ]
    ):
        made = await ann.begin(f"{number}", tags=[here, there], start_day=day(-9))
        assert made.tags == (here,)
        for n in range(-9, 1):
            if n != -6 + number:
                await ann.log(made.habit_id, n)
        assert (await ann.look(made.habit_id)).streak == 6 - number
        await ann.ask(AddBreak(first=days[number], last=days[number], tag=there))
        assert (await ann.look(made.habit_id)).streak == 9
        (found,) = (await ann.ask(ListHabits(tag=there))).habits
        assert (found.habit_id, found.streak) == (made.habit_id, 9)
    assert (await ann.ask(ListHabits(tag="Fusball"))).habits == ()
    await ann.begin("3", tags=["FUSSBALL"])
    assert [one.habits for one in (await ann.ask(ListTags())).tags] == [1, 2, 1]
