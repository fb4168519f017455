"""Loop exports over the bus: received, read, reconciled, and read again."""

import base64
import zipfile
from datetime import date
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import text

from actors.analytics.room import known
from actors.habits import habit_import, imports
from actors.habits.found import HabitFile
from actors.habits.habit_import import TOLD_AT_ONCE, HabitImport
from actors.habits.importers import IMPORTERS
from actors.habits.room import room
from actors.runtime.edge import Edge
from actors.runtime.imports import Open, Run
from actors.runtime.local import LocalBus
from contracts.analytics import GetSummary
from contracts.check_ins import CheckIn, GetToday, ListCheckIns, RemoveCheckIn
from contracts.habit import Target
from contracts.habits import DeleteHabit, ListHabits, RestoreHabit, UpdateHabit
from contracts.import_account import Account
from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    CheckInsImported,
    GetImport,
    HabitsImported,
    Import,
    ReadImport,
    RunImport,
    StartImport,
)
from contracts.message import Invalid
from contracts.schedule import EveryDay, Times
from contracts.speech import say
from contracts.users import ChangeProfile
from storage.session import transaction
from tests.loop_backup import habitbull, loop_database
from tests.loop_zip import SomeHabit, loop_zip, some_days
from tests.rooms.people import Carry, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio

UNKNOWN, NO, AUTO, YES, SKIP = -1, 0, 1, 2, 3


async def send(ann: Tracker, data: bytes, size: int = PART_BYTES) -> UUID:
    """Send a file in parts."""
    began = await ann.ask(StartImport(file_name="loop.zip", size=len(data)))
    assert (began.phase, began.total, began.rows) == ("receiving", None, 0)
    for number, start in enumerate(range(0, len(data), size)):
        await ann.ask(part(began.import_id, number, data[start : start + size]))
    return began.import_id


def part(import_id: UUID, number: int, data: bytes) -> AddImportPart:
    """Write a part down."""
    encoded = base64.b64encode(data).decode()
    return AddImportPart(import_id=import_id, number=number, data=encoded)


async def run(ann: Tracker, carry: Carry, file: BytesIO | bytes, *, dry: bool = False) -> Import:
    """Import a file and return the report, which must add up."""
    data = file if isinstance(file, bytes) else file.getvalue()
    import_id = await send(ann, data, size=200)
    waiting = await ann.ask(RunImport(import_id=import_id, dry_run=dry, kind="loop"))
    assert (waiting.phase, waiting.dry_run) == ("waiting", dry)
    await carry()
    done = await ann.ask(GetImport(import_id=import_id))
    for one in done.habits:
        assert one.read == one.imported + one.derived + sum(one.skipped.values())
    if done.phase == "done":
        assert done.rows == done.total == sum(one.read for one in done.habits)
    return done


def export() -> BytesIO:
    """Export four habits of some weeks, one laid aside and one without a day."""
    return loop_zip(
        [
            SomeHabit("Read", some_days(60, [YES, YES, NO, SKIP, AUTO, UNKNOWN], TODAY)),
            SomeHabit(
                "Run",
                some_days(30, [5000, 0, 2500], day(-1)),
                {day(-1): "rain"},
                numeric=True,
                target=("AT_LEAST", 5.0),
                unit="km",
            ),
            SomeHabit("Swim", some_days(20, [YES], day(-300)), frequency=(2, 7), archived=True),
            SomeHabit("Плавать"),
        ]
    )


async def test_a_file_whose_rest_never_came_is_dropped(ann: Tracker, carry: Carry) -> None:
    data = export().getvalue()
    left, read = await send(ann, data[:100]), await run(ann, carry, export())
    async with transaction(ann.engine) as tx:
        await tx.execute(text("UPDATE bus.imports SET created_at = now() - interval '25 hours'"))
    going_on = await send(ann, data[:100])
    (tick,) = [tick for tick in room.ticks if tick.name == "habits.drop_abandoned_imports"]
    await Edge(room, ann.engine, LocalBus(), 4).strike(tick)
    async with transaction(ann.engine) as tx:
        kept = (await tx.execute(text("SELECT import_id FROM bus.import_parts"))).scalars()
        assert set(kept) == {going_on}
    assert await code_of(ann.ask(GetImport(import_id=left))) == "import_not_found"
    assert (await ann.ask(GetImport(import_id=read.import_id))).phase == "done"


async def test_a_dry_run_writes_nothing(ann: Tracker, carry: Carry) -> None:
    said = await run(ann, carry, export(), dry=True)
    assert (said.phase, said.dry_run) == ("done", True)
    assert [one.imported for one in said.habits] == [40, 30, 20, 0]
    assert (await ann.ask(ListHabits(archived=None))).habits == ()
    assert await ann.told() == []


async def test_a_run_makes_habits_and_days(ann: Tracker, carry: Carry) -> None:
    heard: list[HabitsImported] = []

    async def keep(fact: HabitsImported) -> None:
        heard.append(fact)

    await ann.bus.overhear(HabitsImported, keep)
    done = await run(ann, carry, export())
    assert [(one.name, one.outcome, one.read, one.derived) for one in done.habits] == [
        ("Read", "created", 60, 20),
        ("Run", "created", 30, 0),
        ("Swim", "created", 20, 0),
        ("Плавать", "created", 0, 0),
    ]
    ids = [one.habit_id for one in done.habits]
    (fact,) = heard
    assert (list(fact.habit_ids), fact.check_ins) == (ids, 90)
    read, ran, swim, none = (await ann.ask(ListHabits(archived=None))).habits
    assert [one.habit_id for one in (read, ran, swim, none)] == ids
    assert (read.start_day, ran.start_day) == (day(-57), day(-30))
    assert (swim.archived, swim.start_day, swim.schedule) == (True, day(-319), Times(times=2))
    assert (none.start_day, none.schedule) == (TODAY, EveryDay())
    assert (ran.measure, ran.unit, ran.target) == ("amount", "km", Target(value=5))
    logged = (await ann.ask(ListCheckIns(habit_id=ran.habit_id, limit=500))).check_ins
    assert [(one.value, one.state, one.note) for one in logged[-3:]] == [
        (2.5, "partial", ""),
        (0, "failed", ""),
        (5, "done", "rain"),
    ]
    for one in (read, ran, swim):
        whole = await ann.recomputed(one.habit_id, TODAY)
        assert (one.streak, one.best_streak, one.score) == (
            (whole.streak, whole.best_streak, whole.score)
        )


async def test_habits_are_told_as_they_begin(ann: Tracker) -> None:
    import_id = await send(ann, export().getvalue())
    await ann.ask(RunImport(import_id=import_id))
    (requested,) = await ann.told()
    assert (requested["address"], requested["dry_run"]) == ("habits.read_import", False)
    async with ann.engine.begin() as tx:
        fact = ReadImport.model_validate(requested)
        await IMPORTERS.run(tx, fact, habit_import.keep)
    facts = await ann.told()
    changed = [one for one in facts if one["address"] == "habits.habit_changed"]
    last = {one["habit_id"]: one["start_day"] for one in changed}
    shown = (await ann.ask(ListHabits(archived=None))).habits[:3]
    assert last == {str(one.habit_id): one.start_day.isoformat() for one in shown}
    assert "rain" not in str(facts)


async def filled(ann: Tracker) -> tuple[list[CheckInsImported], int]:
    """Take the facts about filled days, and the highest version that the others told."""
    facts = await ann.told()
    days = [
        CheckInsImported.model_validate(one)
        for one in facts
        if one["address"] == CheckInsImported.address
    ]
    others = (one for one in facts if one["address"] != CheckInsImported.address)
    return days, max((int(str(one["version"])) for one in others if "habit_id" in one), default=0)


async def read_now(ann: Tracker, file: BytesIO, *, dry: bool = False) -> None:
    """Import a file without a courier: what is told waits."""
    import_id = await send(ann, file.getvalue())
    await ann.ask(RunImport(import_id=import_id, dry_run=dry))
    (requested,) = await ann.told()
    async with ann.engine.begin() as tx:
        await IMPORTERS.run(tx, ReadImport.model_validate(requested), habit_import.keep)


async def test_filled_days_are_told(ann: Tracker) -> None:
    values = some_days(6, [YES, NO, SKIP, AUTO, UNKNOWN, YES], TODAY)
    await read_now(ann, loop_zip([SomeHabit("Read", values), SomeHabit("None")]))
    (fact,), others = await filled(ann)
    habit = (await ann.ask(ListHabits())).habits[0]
    assert (fact.habit_id, fact.zone) == (habit.habit_id, "UTC")
    assert fact.version > others
    assert [(one.day, one.value, one.state) for one in fact.check_ins] == [
        (day(-5), 1, "done"),
        (day(-2), 0, "skipped"),
        (day(-1), 0, "failed"),
        (day(0), 1, "done"),
    ]


async def test_a_long_history_is_told_in_pieces(ann: Tracker) -> None:
    values = some_days(20 * TOLD_AT_ONCE, [YES], TODAY)
    await read_now(ann, loop_zip([SomeHabit("Read", values)]))
    facts, _ = await filled(ann)
    sizes = [len(one.check_ins) for one in facts]
    assert sizes == [TOLD_AT_ONCE] * (len(values) // TOLD_AT_ONCE)
    assert len({one.version for one in facts}) == 1
    told = [one.day for fact in facts for one in fact.check_ins]
    assert told == sorted(values)


async def test_only_days_that_were_empty_are_told(ann: Tracker) -> None:
    """A day that was taken back and is filled again is news, and newer than its going."""
    values = some_days(3, [YES], TODAY)
    file = loop_zip([SomeHabit("Read", values)])
    await read_now(ann, file)
    (first,), _ = await filled(ann)
    await ann.ask(RemoveCheckIn(habit_id=first.habit_id, day=day(-1)))
    _, removed = await filled(ann)
    await read_now(ann, file)
    (again,), others = await filled(ann)
    assert [one.day for one in again.check_ins] == [day(-1)]
    assert again.version > max(removed, others)
    assert removed > first.version
    await read_now(ann, file)
    assert await ann.told() == []


async def test_a_dry_run_tells_nothing(ann: Tracker) -> None:
    await read_now(ann, export(), dry=True)
    assert await ann.told() == []


async def test_the_score_is_loops(ann: Tracker, carry: Carry) -> None:
    """Against the formula written out: daily, and half of what is asked for twice a week."""
    daily = some_days(20, [YES], TODAY)
    weekly = {TODAY.fromordinal(TODAY.toordinal() - n): YES for n in range(0, 700, 7)}
    done = await run(
        ann, carry, loop_zip([SomeHabit("A", daily), SomeHabit("B", weekly, frequency=(2, 7))])
    )
    one, two = [await ann.look(found.habit_id) for found in done.habits if found.habit_id]
    assert one.score == pytest.approx(0.655747, abs=1e-6)
    score, memory = 0.0, 0.5 ** ((2 / 7) ** 0.5 / 13)
    for at in range(min(weekly).toordinal(), TODAY.toordinal() + 1):
        count = sum(at - 14 < found.toordinal() <= at for found in weekly)
        score = memory * score + (1 - memory) * min(1, count / 4)
    assert two.score == pytest.approx(score, abs=1e-9)


async def test_the_second_time_changes_nothing(ann: Tracker, carry: Carry) -> None:
    await run(ann, carry, export())
    before = (await ann.ask(ListHabits(archived=None))).habits
    await ann.told()
    again = await run(ann, carry, export())
    assert [(one.outcome, one.imported) for one in again.habits] == [("unchanged", 0)] * 4
    assert [one.skipped.get("already_there", 0) for one in again.habits] == [40, 30, 20, 0]
    assert (await ann.ask(ListHabits(archived=None))).habits == before
    assert await ann.told() == []


async def test_new_days_join_those_that_are_there(ann: Tracker, carry: Carry) -> None:
    values = some_days(10, [YES], day(-5))
    done = await run(ann, carry, loop_zip([SomeHabit("Read", values)]))
    habit_id = done.habits[0].habit_id
    assert habit_id is not None
    await ann.ask(CheckIn(habit_id=habit_id, day=day(-4), state="skipped", note="mine"))
    await ann.ask(UpdateHabit(habit_id=habit_id, name="Read more"))
    more = {**values, day(-4): YES, day(-3): YES, day(-40): YES}
    again = await run(ann, carry, loop_zip([SomeHabit("Read", more)]))
    (report,) = again.habits
    assert (report.outcome, report.imported, report.habit_id) == ("merged", 2, habit_id)
    assert report.skipped == {"already_there": 11}
    after = await ann.look(habit_id)
    assert (after.name, after.start_day) == ("Read more", day(-40))
    assert (await ann.on(habit_id, day(-4))).note == "mine"
    assert after.score == (await ann.recomputed(habit_id, TODAY)).score


async def test_two_of_one_name_stay_two(ann: Tracker, carry: Carry) -> None:
    both = loop_zip([SomeHabit("Read", some_days(n, [YES], TODAY)) for n in (3, 5)])
    done = await run(ann, carry, both)
    assert [one.imported for one in done.habits] == [3, 5]
    again = await run(ann, carry, both)
    assert [one.habit_id for one in again.habits] == [one.habit_id for one in done.habits]


async def test_two_of_one_name_are_told_apart_by_what_is_in_them(
    ann: Tracker, carry: Carry
) -> None:
    """Their order has changed since, and each has a new day."""
    english, french = some_days(20, [YES, NO], day(-2)), some_days(20, [NO, YES, YES], day(-2))
    files = [SomeHabit("Read", english), SomeHabit("Read", french)]
    first = [one.habit_id for one in (await run(ann, carry, loop_zip(files))).habits]
    more = [{**french, day(-1): YES}, {**english, day(-1): NO}]
    done = await run(ann, carry, loop_zip([SomeHabit("Read", days) for days in more]))
    assert [one.habit_id for one in done.habits] == first[::-1]
    assert [(one.outcome, one.imported) for one in done.habits] == [("merged", 1)] * 2
    for habit_id, state in zip(first, ("failed", "done"), strict=True):
        assert habit_id is not None
        assert (await ann.on(habit_id, day(-1))).state == state


async def test_two_that_cannot_be_told_apart_are_asked_for(ann: Tracker, carry: Carry) -> None:
    same = some_days(9, [YES], day(-2))
    await run(ann, carry, loop_zip([SomeHabit("Read", same), SomeHabit("Read", same)]))
    again = await run(ann, carry, loop_zip([SomeHabit("Read", same), SomeHabit("Read", same)]))
    assert [one.skipped for one in again.habits] == [{"already_there": 9}] * 2
    one, two = {**same, day(-1): YES}, {**same, day(-1): NO}
    twins = [SomeHabit("Read", one), SomeHabit("Read", two), SomeHabit("Run", one)]
    asked = await run(ann, carry, loop_zip(twins))
    assert [one.imported for one in asked.habits] == [0, 0, 10]
    for report in asked.habits[:2]:
        assert report.refused is not None
        assert (report.refused.code, report.habit_id) == ("import_habit_twin", None)
        assert report.skipped == {"habit_refused": 10}
    here = (await ann.ask(ListHabits())).habits
    for habit, name in zip(here, ("Read in May", "Read in June"), strict=False):
        await ann.ask(UpdateHabit(habit_id=habit.habit_id, name=name))
    told = [SomeHabit("Read in June", two), SomeHabit("Read in May", one)]
    done = await run(ann, carry, loop_zip(told))
    assert [one.habit_id for one in done.habits] == [here[1].habit_id, here[0].habit_id]
    assert [one.imported for one in done.habits] == [1, 1]


async def test_what_lies_in_the_bin_is_not_made_again(ann: Tracker, carry: Carry) -> None:
    days = some_days(9, [YES], day(-2))
    file = [SomeHabit("Read", days), SomeHabit("Run", days)]
    done = await run(ann, carry, loop_zip(file))
    read = done.habits[0].habit_id
    assert read is not None
    await ann.ask(DeleteHabit(habit_id=read))
    file.append(SomeHabit("Swim", days))
    again = await run(ann, carry, loop_zip(file))
    assert [one.outcome for one in again.habits] == ["unchanged", "unchanged", "created"]
    refused = again.habits[0].refused
    assert refused is not None
    assert refused.code == "import_habit_binned"
    assert "Read lies in the bin" in refused.says
    await ann.ask(RestoreHabit(habit_id=read))
    once_more = await run(ann, carry, loop_zip(file))
    assert [one.skipped for one in once_more.habits] == [{"already_there": 9}] * 3
    assert len((await ann.ask(ListHabits())).habits) == 3


async def test_archived_habits_are_not_missed_since(ann: Tracker, carry: Carry) -> None:
    old = SomeHabit("Swim", some_days(20, [YES], day(-300)), archived=True)
    done = await run(ann, carry, loop_zip([old, SomeHabit("Read", some_days(3, [YES], TODAY))]))
    swim = done.habits[0]
    assert [one.code for one in swim.remarks] == ["archived_since"]
    assert day(-299).isoformat() in swim.remarks[0].says
    for _ in range(2):
        year = await ann.ask(GetSummary(first=day(-360), last=day(-1)))
        assert {one.name: (one.asked, one.kept) for one in year.habits} == {
            "Swim": (20, 20),
            "Read": (2, 2),
        }
        assert [one.name for one in (await ann.ask(GetToday())).habits] == ["Read"]
        # Told once more, it says the same.
        async with ann.engine.begin() as tx:
            await tx.execute(
                text(
                    "UPDATE analytics.habits SET archived_at = NULL, archived = false,"
                    " archived_version = 0"
                )
            )
        async with ann.engine.begin() as tx:
            await known.backfill(tx, again=True)
        await carry()


async def test_the_account_says_what_is_otherwise_and_why(ann: Tracker, carry: Carry) -> None:
    await ann.ask(ChangeProfile(language="ru"))
    await carry()
    ill, long = day(-3), "x" * 3000
    weekly = SomeHabit(
        "Run\tfar",
        {day(-1): YES, day(-2): NO, ill: AUTO},
        {day(-1): long, ill: "was ill"},
        frequency=(2, 7),
        unit="",
    )
    odd = SomeHabit("Odd", some_days(3, [1500], TODAY), numeric=True, target=("AT_LEAST", 1e30))
    done = await run(ann, carry, loop_zip([weekly, odd]))
    ran, refused = done.habits
    assert [one.code for one in ran.remarks] == [
        "name_changed",
        "streak_in_weeks",
        "notes_cut",
        "notes_loose",
    ]
    assert "целыми неделями" in ran.remarks[1].says
    assert [(one.day, one.text) for one in ran.notes] == [(ill, "was ill")]
    assert (ran.imported, ran.skipped) == (2, {"note_without_check_in": 1})
    assert (refused.outcome, refused.habit_id, refused.remarks) == ("unchanged", None, ())
    assert refused.refused is not None
    assert refused.refused.says == (
        "Привычку 2 нельзя импортировать из-за поля «частота или цель»: "
        "цель — не число до миллиарда."
    )
    assert ran.name == "Run far"


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize(
    "habit",
    [
        SomeHabit("Odd", some_days(3, [1500], TODAY), numeric=True, target=("ABOUT", 1)),
        SomeHabit("Odd", {date(2190, 1, 1): YES}),
    ],
    ids=["no habit", "no day"],
)
async def test_a_file_of_which_nothing_comes_in_fails(
    ann: Tracker, carry: Carry, habit: SomeHabit, dry: bool
) -> None:
    failed = await run(ann, carry, loop_zip([habit]), dry=dry)
    assert (failed.phase, failed.refusal and failed.refusal.code) == ("failed", "import_nothing")
    (report,) = failed.habits
    assert (report.habit_id, report.imported, sum(report.skipped.values())) == (
        None,
        0,
        len(habit.values),
    )
    assert (await ann.ask(ListHabits(archived=None))).habits == ()
    assert await ann.told() == []


async def test_a_backup_joins_what_an_export_brought(ann: Tracker, carry: Carry) -> None:
    values = some_days(10, [YES, NO], day(-5))
    first = await run(ann, carry, loop_zip([SomeHabit("Read", values)]))
    more = SomeHabit("Read", {**values, day(-4): YES}, {day(-4): "at last"})
    done = await run(ann, carry, loop_database([more, SomeHabit("Old", archived=True)]))
    assert [(one.outcome, one.imported) for one in done.habits] == [("merged", 1), ("created", 0)]
    assert done.habits[0].habit_id == first.habits[0].habit_id
    assert done.habits[0].habit_id is not None
    assert (await ann.on(done.habits[0].habit_id, day(-4))).note == "at last"


async def test_habitbull_is_imported(ann: Tracker, carry: Carry) -> None:
    rows = [("Read", "", "Mind", day(-n), n % 2, "") for n in range(9)]
    for imported in (9, 0):
        done = await run(ann, carry, habitbull(rows))
        assert [one.imported for one in done.habits] == [imported]
    (habit,) = (await ann.ask(ListHabits())).habits
    assert (habit.name, habit.tags, habit.start_day) == ("Read", ("Mind",), day(-8))


@pytest.mark.parametrize("days", [30, 31])
async def test_the_score_of_so_many_times_a_month_is_loops(
    ann: Tracker, carry: Carry, days: int
) -> None:
    """Against the formula written out, for both lengths that Loop calls a month."""
    values = {TODAY.fromordinal(TODAY.toordinal() - n): YES for n in range(0, 400, 16)}
    done = await run(ann, carry, loop_zip([SomeHabit("A", values, frequency=(2, days))]))
    (found,) = done.habits
    assert found.habit_id is not None
    score, memory = 0.0, 0.5 ** ((2 / days) ** 0.5 / 13)
    for at in range(min(values).toordinal(), TODAY.toordinal() + 1):
        count = sum(at - 2 * days < one.toordinal() <= at for one in values)
        score = memory * score + (1 - memory) * min(1, count / 4)
    assert (await ann.look(found.habit_id)).score == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize("generation", ["2.3.1", "2.3.0", "2.0"])
async def test_every_generation_says_the_same(ann: Tracker, carry: Carry, generation: str) -> None:
    values = some_days(40, [YES, NO, YES, SKIP, UNKNOWN], TODAY)
    file = loop_zip([SomeHabit("Read", values)], generation)  # type: ignore[arg-type]
    done = await run(ann, carry, file)
    assert [(one.read, one.imported, one.derived) for one in done.habits] == [(40, 32, 8)]


async def test_what_a_plan_cannot_judge_is_left_out(ann: Tracker, carry: Carry) -> None:
    values = {day(-1): 7000, day(-2): YES}
    habit = SomeHabit("Run", values, numeric=True, frequency=(1, 7), target=("AT_LEAST", 20.0))
    done = await run(ann, carry, loop_zip([habit]))
    assert (done.phase, done.habits[0].imported) == ("done", 1)
    assert done.habits[0].skipped == {"value_missing": 1}


async def test_the_future_is_left_out(ann: Tracker, carry: Carry) -> None:
    values = {day(1): YES, day(2): YES, date(2190, 1, 1): YES}
    done = await run(ann, carry, loop_zip([SomeHabit("Read", values)]))
    assert done.habits[0].imported == 1
    assert done.habits[0].skipped == {"day_out_of_range": 2}


async def test_the_day_is_theirs_even_if_they_never_came_before(ann: Tracker, carry: Carry) -> None:
    await ann.ask(ChangeProfile(zone="Pacific/Kiritimati"))
    await carry()
    done = await run(ann, carry, loop_zip([SomeHabit("Read", {day(2): YES, day(3): YES})]))
    assert (done.habits[0].imported, done.habits[0].skipped) == (1, {"day_out_of_range": 1})


async def test_a_broken_file_leaves_nothing(ann: Tracker, carry: Carry) -> None:
    whole = export().getvalue()
    swapped = BytesIO()
    with zipfile.ZipFile(swapped, "w") as zipped, zipfile.ZipFile(BytesIO(whole)) as old:
        for name in old.namelist():
            data = old.read(name)
            zipped.writestr(name, b"\xff\xfe" + data if name.startswith("003") else data)
    for file in (whole[: len(whole) // 2], whole[:-1], b"hello", swapped.getvalue()):
        failed = await run(ann, carry, file)
        assert (failed.phase, failed.habits) == ("failed", ())
        assert failed.problem is not None
        assert failed.problem.endswith(("more.", "UTF-8."))
        assert (await ann.ask(ListHabits(archived=None))).habits == ()
    assert await ann.told() == []


async def test_a_failure_in_the_middle_takes_all_back(ann: Tracker) -> None:
    import_id = await send(ann, export().getvalue())
    await ann.ask(RunImport(import_id=import_id))
    (requested,) = await ann.told()
    asked = ReadImport.model_validate(requested)
    async with transaction(ann.engine) as tx:
        await IMPORTERS.run(
            tx, asked, lambda run, opened: HabitImport(run, max_habits=2).keep(opened)
        )
    failed = await ann.ask(GetImport(import_id=import_id))
    assert failed.phase == "failed"
    assert failed.problem == "You have 2 habits; delete one first."
    assert (await ann.ask(ListHabits(archived=None))).habits == ()


async def test_parts_must_be_whole(ann: Tracker) -> None:
    began = await ann.ask(StartImport())
    about = {"import_id": began.import_id}
    assert await code_of(ann.ask(RunImport(**about))) == "import_incomplete"
    for data in ("not base64!", "", base64.b64encode(b"x").decode()[:-1], "é" * 4):
        wrong = AddImportPart(**about, number=0, data=data)
        assert await code_of(ann.ask(wrong)) == "import_part_malformed"
    await ann.ask(part(began.import_id, 0, b"a"))
    await ann.ask(part(began.import_id, 2, b"c"))
    assert await code_of(ann.ask(RunImport(**about))) == "import_incomplete"
    await ann.ask(part(began.import_id, 1, b"b"))
    await ann.ask(part(began.import_id, 1, b"B"))
    assert (await ann.ask(RunImport(**about, kind="loop"))).phase == "waiting"
    for message in (RunImport(**about), part(began.import_id, 3, b"d")):
        assert await code_of(ann.ask(message)) == "import_begun"


async def test_a_file_has_a_largest_size(ann: Tracker) -> None:
    assert await code_of(ann.ask(StartImport(size=51 * 2**20))) == "import_too_large"
    async with transaction(ann.engine) as tx:
        assert (
            await code_of(imports.start(tx, ann.who, StartImport(size=1001), 1000))
            == "import_too_large"
        )
        began = await imports.start(tx, ann.who, StartImport(size=1), 1000)
        await imports.add(tx, ann.who, part(began.import_id, 0, b"x" * 600), 1000)
    more = part(began.import_id, 1, b"x" * 600)
    with pytest.raises(Invalid) as refused:
        async with transaction(ann.engine) as tx:
            await imports.add(tx, ann.who, more, 1000)
    assert refused.value.code == "import_too_large"
    async with transaction(ann.engine) as tx:
        await imports.add(tx, ann.who, part(began.import_id, 0, b"x" * 900), 1000)


async def test_one_can_see_how_far_it_is(ann: Tracker) -> None:
    """The transaction that does the work is still open when the row says so."""
    habits = [SomeHabit(f"{n}", some_days(50, [YES], TODAY)) for n in range(3)]
    import_id = await send(ann, loop_zip(habits).getvalue())
    await ann.ask(RunImport(import_id=import_id))
    (requested,) = await ann.told()
    seen: list[tuple[str, int, int | None]] = []

    class Watching(HabitImport):
        async def _show(self) -> None:
            await super()._show()
            shown = await ann.ask(GetImport(import_id=import_id))
            seen.append((shown.phase, shown.rows, shown.total))

    async with ann.engine.begin() as tx:
        asked = ReadImport.model_validate(requested)
        await IMPORTERS.run(tx, asked, lambda run, opened: Watching(run).keep(opened))
    assert seen[0] == ("running", 0, None)
    assert seen[1:] == [("running", rows, 150) for rows in (0, 50, 100, 150)]
    done = await ann.ask(GetImport(import_id=import_id))
    assert (done.phase, done.rows, done.total) == ("done", 150, 150)


async def test_what_breaks_on_our_side_is_said_in_the_language_of_the_reader(ann: Tracker) -> None:
    import_id = await send(ann, export().getvalue())
    await ann.ask(RunImport(import_id=import_id))
    (requested,) = await ann.told()

    async def fall_over(run: Run, opened: Open[HabitFile]) -> Account:
        raise ZeroDivisionError

    async with ann.engine.begin() as tx:
        asked = ReadImport.model_validate(requested)
        await IMPORTERS.run(tx, asked, fall_over)
    failed = await ann.ask(GetImport(import_id=import_id))
    assert (failed.phase, failed.habits) == ("failed", ())
    assert failed.refusal is not None
    said = say("ru", failed.refusal.text, failed.refusal.params)
    assert said.startswith("При чтении файла у нас")


async def test_parts_go_when_the_file_was_read(ann: Tracker, carry: Carry) -> None:
    await run(ann, carry, export())
    await run(ann, carry, b"broken")
    async with ann.engine.begin() as tx:
        assert not (await tx.execute(text("SELECT count(*) FROM bus.import_parts"))).scalar()
