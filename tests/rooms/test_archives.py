"""Bringing an export of Ritmo back: the same comes out again, and nothing foreign comes in."""

import base64
import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from uuid import UUID

import pytest

from contracts.breaks import AddBreak
from contracts.check_ins import GetToday, ListCheckIns
from contracts.exports import GetExport, StartExport
from contracts.habits import DeleteHabit, ListHabits, ReorderTags, UpdateHabit
from contracts.imports import PART_BYTES, AddImportPart, GetImport, Import, RunImport, StartImport
from contracts.journal import CreateEntry, DeleteEntry, UpdateEntry
from contracts.message import new_id
from contracts.prompts import AddPrompt
from contracts.reminders import CreateReminder
from contracts.templates import AddTemplate
from contracts.users import ChangeProfile, GetProfile
from tests.rooms.people import Carry
from tests.rooms.test_exports import file_of, live
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

IDS = {"id", "habit_id", "entry_id", "habit_ids", "prompt_id"}
RESTORED: Mapping[str, frozenset[str]] = {
    "users/profile": frozenset({"name", "language", "zone", "day_start", "week_start"}),
    "habits/habits": frozenset(
        {
            *("id", "position", "name", "kind", "measure", "unit", "tags", "colour", "icon"),
            *("cue", "question", "description", "archived", "start_day", "start_given"),
            *("imported_from", "versions", "created_at", "binned_at", "archived_at"),
        }
    ),
    "habits/check_ins": frozenset(
        {"habit_id", "day", "value", "state", "note", "at", "zone", "source"}
    ),
    "habits/history": frozenset(
        {
            *("id", "habit_id", "day", "before", "after", "source", "made_by", "made_at"),
            "undone",
        }
    ),
    "habits/breaks": frozenset(
        {"id", "first_day", "last_day", "habit_id", "tag", "reason", "created_at"}
    ),
    "habits/preferences": frozenset({"tag_order"}),
    "journal/entries": frozenset(
        {
            *("id", "day", "at", "zone", "title", "text", "mood", "energy", "tags", "habit_ids"),
            *("prompt_id", "question", "favourite", "version", "created_at", "changed_at"),
            *("deleted_at", "import_key"),
        }
    ),
    "journal/revisions": frozenset(
        {
            *("entry_id", "version", "day", "at", "zone", "title", "text", "mood", "energy"),
            *("tags", "habit_ids", "prompt_id", "question", "favourite", "changed_at"),
        }
    ),
    "journal/prompts": frozenset({"id", "question"}),
    "journal/templates": frozenset({"id", "name", "body", "tags"}),
    "journal/moods": frozenset({"names"}),
    "reminders/reminders": frozenset(
        {
            *("id", "habit_id", "kind", "text", "times", "weekdays", "streak", "after_days"),
            *("mode", "unless_written", "channels", "enabled", "created_at"),
        }
    ),
    "reminders/settings": frozenset({"quiet_from", "quiet_to", "channels", "grace", "digest_at"}),
    "reminders/digests": frozenset({"every"}),
}
"""What comes back of each section. The others tell of an account, or are worked out."""

Row = dict[str, object]


async def exported(tracker: Tracker, carry: Carry) -> bytes:
    """Take everything away."""
    await carry()
    await tracker.ask(StartExport())
    await carry()
    return await file_of(tracker, await tracker.ask(GetExport()))


async def brought(tracker: Tracker, carry: Carry, data: bytes, *, dry_run: bool = False) -> Import:
    """Bring a file back."""
    begun = await tracker.ask(StartImport(file_name="ritmo.zip", size=len(data)))
    for number, start in enumerate(range(0, len(data), PART_BYTES)):
        part = base64.b64encode(data[start : start + PART_BYTES]).decode()
        await tracker.ask(AddImportPart(import_id=begun.import_id, number=number, data=part))
    await tracker.ask(RunImport(import_id=begun.import_id, dry_run=dry_run))
    await carry()
    return await tracker.ask(GetImport(import_id=begun.import_id))


def content(data: bytes) -> dict[str, list[Row]]:
    """Read what comes back of an export: ids become numbers, by their order."""
    numbers: dict[str, int] = {}

    def numbered(value: object) -> object:
        if isinstance(value, list):
            return [numbered(one) for one in value]
        try:
            UUID(str(value))
        except ValueError:
            return value
        return numbers.setdefault(str(value), len(numbers))

    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for section, names in RESTORED.items():
            rows = [json.loads(line) for line in file.read(f"data/{section}.jsonl").splitlines()]
            found[section] = [
                {name: numbered(row[name]) if name in IDS else row[name] for name in sorted(names)}
                for row in rows
            ]
    return found


async def grow(tracker: Tracker, carry: Carry, seed: int) -> None:
    """Generate a person's life."""
    chance = random.Random(seed)
    changes = {"week_start": chance.choice(["mon", "sun"]), "day_start": chance.choice([0, 180])}
    zone = chance.choice(["UTC", "Europe/Berlin", "America/New_York"])
    await tracker.ask(ChangeProfile.model_validate({"name": f"P{seed}", "zone": zone, **changes}))
    await carry()
    ids = []
    for n in range(chance.randint(1, 4)):
        measure = chance.choice(["yes_no", "amount", "count"])
        more: dict[str, object] = {"measure": measure, "tags": chance.sample(["a", "b", "c"], 2)}
        if measure != "yes_no" and chance.random() < 0.7:
            more["target"] = {"value": float(chance.randint(1, 9))}
        if chance.random() < 0.5:
            more["schedule"] = {"every": "weekdays", "days": ["mon", "thu"]}
        habit = await tracker.begin(f"Habit {n} ✓", start_day=day(-40), **more)
        ids.append(habit.habit_id)
        for number in chance.sample(range(-39, 1), chance.randint(1, 12)):
            said: dict[str, object] = {"state": "skipped"}
            if chance.random() < 0.8:
                said = {"value": float(chance.randint(0, 1 if measure == "yes_no" else 12))}
            await tracker.log(habit.habit_id, number, note=chance.choice(["", "n\nö"]), **said)
        fate = chance.random()
        if fate < 0.2:
            await tracker.ask(UpdateHabit(habit_id=habit.habit_id, archived=True))
        elif fate < 0.4:
            await tracker.ask(DeleteHabit(habit_id=habit.habit_id))
            ids.pop()
        elif fate < 0.7:
            change = {"habit_id": habit.habit_id, "schedule": {"every": "n_days", "n": 2}}
            await tracker.ask(UpdateHabit.model_validate(change))
    await tracker.ask(ReorderTags(tags=("c", "a")))
    for one in [*ids[:1], None]:
        rest = {"from": day(-20), "to": day(-18), "habit_id": one, "reason": "ill"}
        await tracker.ask(AddBreak.model_validate(rest))
    prompt = await tracker.ask(AddPrompt(question="What made you laugh?"))
    await tracker.ask(AddTemplate(name="Evening", body="## Went well", tags=("home",)))
    await carry()
    for n in range(chance.randint(1, 4)):
        words = {"title": f"E{n}", "text": "a *b*\nc", "mood": 1 + n, "habit_ids": ids[:1]}
        words |= {"prompt_id": prompt.prompt_id, "tags": ["x"]}
        entry = await tracker.ask(CreateEntry.model_validate(words))
        if chance.random() < 0.5:
            await tracker.ask(UpdateEntry(entry_id=entry.entry_id, text="again"))
        if chance.random() < 0.3:
            await tracker.ask(DeleteEntry(entry_id=entry.entry_id))
    for one in [*ids[:1], None]:
        await tracker.ask(CreateReminder(habit_id=one, text="now", times=("07:00", "19:30")))
    await carry()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_was_taken_away_comes_back_as_it_was(
    ann: Tracker, bob: Tracker, carry: Carry, seed: int
) -> None:
    await grow(ann, carry, seed)
    first = await exported(ann, carry)
    done = await brought(bob, carry, first)
    assert done.phase == "done", done.problem
    assert all(not one.refused and not one.there for one in done.sections), done.sections
    second = await exported(bob, carry)
    assert content(second) == content(first)
    # Not the rows alone: what is worked out of them is the same, too.
    assert await shown(bob) == await shown(ann)
    again = await brought(bob, carry, second)
    assert sum(one.restored for one in again.sections) == 0
    assert content(await exported(bob, carry)) == content(first)


async def shown(tracker: Tracker) -> list[object]:
    """Show what a person sees of their habits."""
    hidden = {"habit_id", "version"}
    today = await tracker.ask(GetToday())
    habits = await tracker.ask(ListHabits(archived=None))
    days = await tracker.ask(ListCheckIns(first=day(-50), last=day(1)))
    assert days.check_ins or not habits.habits
    return [
        *(one.model_dump(exclude=hidden) for one in today.habits),
        *(one.model_dump(exclude=hidden) for one in habits.habits),
    ]


def forged(data: bytes, section: str, change: Callable[[Row], Row]) -> bytes:
    """Change the rows of a section."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == f"data/{section}.jsonl":
                rows = [change(json.loads(line)) for line in content.splitlines()]
                content = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
            new.writestr(name, content)
    return held.getvalue()


async def test_forged_rows_are_refused_one_by_one(ann: Tracker, bob: Tracker, carry: Carry) -> None:
    await live(ann, "annsmark")
    data = await exported(ann, carry)
    stolen = await bob.begin("Mine")
    await carry()
    forgeries: dict[str, tuple[str, Callable[[Row], Row], str]] = {
        "another's habit": (
            "habits/check_ins",
            lambda row: row | {"habit_id": str(stolen.habit_id)},
            "habit_not_found",
        ),
        "done without doing": (
            "habits/check_ins",
            lambda row: row | {"value": 0, "state": "done"},
            "state_contradicts_value",
        ),
        "the future": (
            "habits/check_ins",
            lambda row: row | {"day": "2099-01-01"},
            "day_out_of_range",
        ),
        "no number": ("habits/check_ins", lambda row: row | {"value": "9"}, "row_unreadable"),
        "a strange door": (
            "habits/history",
            lambda row: row | {"made_by": "<script>"},
            "row_unreadable",
        ),
        "no versions": ("habits/habits", lambda row: row | {"versions": "[]"}, "row_unreadable"),
        "a target that is none": (
            "habits/habits",
            lambda row: row | {"measure": "duration", "unit": "km"},
            "unit_not_allowed",
        ),
        "controls": ("journal/entries", lambda row: row | {"title": "\x00"}, "row_unreadable"),
        "no entry": (
            "journal/revisions",
            lambda row: row | {"entry_id": str(new_id())},
            "entry_not_found",
        ),
    }
    for what, (section, change, code) in forgeries.items():
        carol = ann if section == "habits/none" else await stranger(bob)
        done = await brought(carol, carry, forged(data, section, change))
        assert done.phase == "done", what
        refused = {one.section: one.refused for one in done.sections}
        if section != "journal/revisions":
            assert code in refused[section], (what, refused)
    assert [one.name for one in (await bob.ask(ListHabits())).habits] == ["Mine"]


async def stranger(of: Tracker) -> Tracker:
    """Let somebody else come."""
    from tests.rooms.tracking import newcomer

    return await newcomer(of.bus, of.engine)


async def test_ids_of_an_archive_name_nobody_else_s_rows(
    ann: Tracker, bob: Tracker, carry: Carry
) -> None:
    await live(ann, "annsmark")
    data = await exported(ann, carry)
    before = content(data)
    evil = forged(data, "habits/habits", lambda row: row | {"name": "taken over"})
    await brought(bob, carry, evil)
    assert content(await exported(ann, carry)) == before
    # Brought back to whose it is, everything is there.
    again = await brought(ann, carry, data)
    assert sum(one.restored for one in again.sections) == 0
    assert content(await exported(ann, carry)) == before


def packed(members: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return held.getvalue()


ABOUT = {"ritmo.json": b'{"form": "ritmo-1"}'}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (packed({"ritmo.json": b"{}"}), "import_unreadable"),
        (packed({"ritmo.json": b"[" * 100_000}), "import_unreadable"),
        (packed(ABOUT | {"data/habits/habits.jsonl": b"0" * (20 << 20)}), "import_too_large"),
        (packed(ABOUT | {"data/habits/habits.jsonl": b"\xff\xfe\n"}), "import_unreadable"),
        (packed(ABOUT | {"data/habits/habits.jsonl": b"x" * 500_000}), "import_too_large"),
    ],
    ids=["no form", "deep", "a bomb", "no UTF-8", "a long row"],
)
async def test_hostile_zips_are_refused(ann: Tracker, carry: Carry, data: bytes, code: str) -> None:
    failed = await brought(ann, carry, data)
    assert failed.refusal is not None
    assert (failed.phase, failed.refusal.code) == ("failed", code)


async def test_paths_that_lead_elsewhere_and_a_dry_run_change_nothing(
    ann: Tracker, bob: Tracker, carry: Carry
) -> None:
    paths = {"../data/habits/habits.jsonl": b"{}", "/data/habits/habits.jsonl": b"{}"}
    done = await brought(bob, carry, packed(ABOUT | paths))
    assert (done.phase, done.sections) == ("done", ())
    await live(ann, "annsmark")
    data = await exported(ann, carry)
    tried = await brought(bob, carry, data, dry_run=True)
    assert (tried.phase, tried.dry_run) == ("done", True)
    assert {one.section: one.read for one in tried.sections}["habits/check_ins"] == 4
    assert (await bob.ask(ListHabits())).habits == ()
    assert (await bob.ask(GetProfile())).name == ""
