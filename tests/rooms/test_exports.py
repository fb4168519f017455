"""What people take away: all that every room holds of them, and nothing of anybody else."""

import base64
import csv
import io
import json
import zipfile
from datetime import date

import pytest
import time_machine

from actors.habits.importers import IMPORTERS as HABIT_FILES
from actors.journal.daylio import Noted
from actors.journal.importers import IMPORTERS as DIARIES
from actors.runtime.imports import Look
from contracts.breaks import AddBreak
from contracts.exports import Archive, Export, GetExport, GetExportPart, StartExport, rows_of
from contracts.habits import DeleteHabit, UpdateHabit
from contracts.journal import CreateEntry
from contracts.users import DeleteMe
from tests.rooms.people import Carry, code_of
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio


async def taken(tracker: Tracker, carry: Carry, format: Archive = "ritmo") -> zipfile.ZipFile:
    """Ask for an export, wait for it, and open its file."""
    await tracker.ask(StartExport(format=format))
    await carry()
    done = await tracker.ask(GetExport())
    assert done.phase == "done"
    return zipfile.ZipFile(io.BytesIO(await file_of(tracker, done)))


async def file_of(tracker: Tracker, export: Export) -> bytes:
    """Fetch the file of an export."""
    asks = [GetExportPart(export_id=export.export_id, number=n) for n in range(export.parts)]
    data = b"".join([base64.b64decode((await tracker.ask(one)).data) for one in asks])
    assert len(data) == export.bytes
    return data


def rows_in(file: zipfile.ZipFile, section: str) -> list[dict[str, object]]:
    """Read the rows of a section."""
    return [json.loads(line) for line in file.read(f"data/{section}.jsonl").splitlines()]


async def live(tracker: Tracker, mark: str) -> None:
    """Use what there is to be used."""
    run = await tracker.begin(f"Run {mark}", measure="amount", unit="km", target={"value": 5})
    read = await tracker.begin(f"Read {mark}", tags=["=1+1"], start_day=day(-30))
    gone = await tracker.begin(f"Gone {mark}")
    await tracker.log(run.habit_id, value=7.5, note=mark)
    await tracker.log(read.habit_id, -1)
    await tracker.log(read.habit_id, -2, state="skipped")
    await tracker.log(gone.habit_id)
    await tracker.ask(UpdateHabit(habit_id=read.habit_id, archived=True))
    await tracker.ask(DeleteHabit(habit_id=gone.habit_id))
    rest = {"from": day(-9), "to": day(-8), "reason": mark}
    await tracker.ask(AddBreak.model_validate(rest))
    words = {"title": mark, "text": f"Dear diary\n{mark}", "mood": 4, "tags": ["home"]}
    await tracker.ask(CreateEntry.model_validate(words))


async def test_all_of_a_person_and_nobody_else_is_in_the_file(
    ann: Tracker, bob: Tracker, carry: Carry
) -> None:
    await live(ann, "annsmark")
    await live(bob, "bobsmark")
    await carry()
    file = await taken(ann, carry)
    assert file.testzip() is None
    names = [str(one["name"]) for one in rows_in(file, "habits/habits")]
    assert names == ["Run annsmark", "Read annsmark", "Gone annsmark"]
    check_ins = rows_in(file, "habits/check_ins")
    assert len(check_ins) == 4
    assert {"value": 7500, "state": "done", "note": "annsmark"}.items() <= check_ins[0].items()
    assert len(rows_in(file, "habits/history")) == 4
    (entry,) = rows_in(file, "journal/entries")
    assert entry["text"] == "Dear diary\nannsmark"
    (account,) = rows_in(file, "auth/account")
    assert account["email"] == f"{ann.who.user_id}@example.org"
    whole = b"".join(file.read(name) for name in file.namelist())
    assert b"bobsmark" not in whole
    assert str(bob.who.user_id).encode() not in whole
    assert b"no password" not in whole, "the hash of the password is a secret"
    table = csv.DictReader(io.StringIO(file.read("tables/habits/habits.csv").decode("utf-8-sig")))
    assert [(row["name"], row["tags"]) for row in table][1] == ("Read annsmark", '["=1+1"]')
    about = json.loads(file.read("ritmo.json"))
    assert about["form"] == "ritmo-1"
    assert about["rows"]["habits"] | {"habits": 3, "check_ins": 4} == about["rows"]["habits"]
    assert "# What Ritmo holds of you" in file.read("README.md").decode()
    pictures = [name for name in file.namelist() if name.startswith("charts/")]
    assert all(file.read(name).startswith(b"\x89PNG") for name in pictures)
    assert pictures


async def test_habits_are_written_as_loop_writes_them_and_entries_as_daylio_does(
    ann: Tracker, carry: Carry
) -> None:
    await live(ann, "annsmark")
    await carry()
    loop = await taken(ann, carry, "loop")
    held = loop.fp
    assert held is not None
    held.seek(0)
    data = held.read()
    opened = HABIT_FILES.choose(Look.of(data), None).read(io.BytesIO(data), date(2032, 1, 1))
    read = {
        one.name: [
            (entry.value, entry.state, entry.note) for chunk in one.entries() for entry in chunk
        ]
        for one in opened.habits
    }
    assert opened.tracker == "loop"
    assert read == {
        "Run annsmark": [(7500, None, "annsmark")],
        "Read annsmark": [(1000, "done", ""), (None, "skipped", "")],
    }
    run = opened.habits[0].create
    assert run is not None
    assert run.target is not None
    assert (run.unit, run.target.value, opened.habits[1].archived) == ("km", 5, True)
    daylio = await taken(ann, carry, "daylio")
    text = daylio.read("daylio_export.csv")
    diary = DIARIES.choose(Look.of(text), None).read(io.BytesIO(text), date(2032, 1, 1))
    (noted,) = diary.entries()
    assert isinstance(noted, Noted)
    assert (noted.label, noted.title, noted.tags) == ("good", "annsmark", ("home",))


async def test_an_export_is_written_once_kept_for_a_day_and_goes_with_its_owner(
    ann: Tracker, bob: Tracker, carry: Carry, clock: time_machine.Traveller
) -> None:
    assert await code_of(ann.ask(GetExport())) == "export_not_found"
    first = await ann.ask(StartExport())
    assert await ann.ask(StartExport(format="loop")) == first, "it is in hand"
    await carry()
    done = await ann.ask(GetExport())
    part = GetExportPart(export_id=done.export_id, number=0)
    assert (await ann.ask(part)).data
    assert await code_of(bob.ask(part)) == "export_not_found"
    assert await code_of(bob.ask(GetExport())) == "export_not_found"
    second = await ann.ask(StartExport(format="loop"))
    assert second.export_id != done.export_id
    assert await code_of(ann.ask(part)) == "export_not_found", "it made room for the next"
    await carry()
    clock.shift(25 * 3600)
    assert await code_of(ann.ask(GetExport())) == "export_not_found"
    await ann.ask(StartExport())
    await ann.ask(DeleteMe())
    await carry()
    assert await code_of(ann.ask(GetExport())) == "export_not_found"


async def test_nobody_asks_a_room_for_rows_but_the_backup_room(ann: Tracker) -> None:
    assert await code_of(ann.ask(rows_of("habits")())) == "denied"
