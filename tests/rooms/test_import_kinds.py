"""Which room reads a file is found by what is in it; all imports of a person stand in one list."""

import base64
import io
import zipfile
from datetime import date
from uuid import UUID

import pytest

from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    GetImport,
    ImportKind,
    ListImports,
    ReadDiary,
    RunImport,
    StartImport,
)
from contracts.message import new_id
from storage import imports
from storage.outbox import tell
from tests.daylio_files import backup_of, daylio_backup, daylio_csv, moment, row
from tests.domain.test_calendar_file import event, ics
from tests.loop_backup import habitbull, loop_database
from tests.loop_zip import SomeHabit, loop_zip
from tests.rooms.people import Carry, code_of
from tests.rooms.tracking import Tracker
from tests.tracker_files import (
    beaver,
    beaver_habit,
    habitica,
    habitify,
    habittrove,
    millis,
    table_habit,
    table_records,
)

pytestmark = pytest.mark.asyncio


def in_folder(data: bytes, folder: str) -> bytes:
    """Put what a zip holds into a folder of it, beside a note that names other files."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as new:
        new.writestr(f"{folder}note.txt", "mood, backup.daylio, habitname")
        for name in old.namelist():
            new.writestr(folder + name, old.read(name))
    return held.getvalue()


READ = SomeHabit("Read")
LOOP = loop_zip([READ]).getvalue()
LONG = daylio_csv([row(note="x" * 100_000), row(note="y" * 100_000)], bom=False)

SCORED = {"date": millis("2024-03-01T12:00"), "value": 1, "scoredUp": 2}
MARCH = date(2024, 3, 1)

KNOWN: list[tuple[ImportKind, bytes]] = [
    ("loop", LOOP),
    ("loop", in_folder(LOOP, "Loop Habits CSV/")),
    ("loop", in_folder(LOOP, "a/b/")),
    ("loop", loop_database([READ])),
    ("habitbull", habitbull([("Read", "", "", "2024-03-01", 1, "")])),
    ("habitify", habitify([("Read", "2024-03-01", 1, "rep", "Completed", "r")])),
    ("habitica", habitica(habits=[{"text": "Read", "history": [SCORED]}])),
    ("habittrove", habittrove({"name": "Read", "completions": ["2024-03-01T22:30:00Z"]})),
    ("table_habit", table_habit({"name": "Read", "records": table_records((MARCH, 1, 1))})),
    ("beaver", beaver(beaver_habit("Read", ("2024-03-01", True)))),
    ("calendar", b"\xef\xbb\xbf" + ics(event("SUMMARY:Run", "RRULE:FREQ=DAILY"))),
    ("daylio", daylio_csv([row()])),
    ("daylio", LONG),
    ("daylio", daylio_csv([row()], delimiter=";")),
    ("daylio", daylio_backup(backup_of([moment()]))),
    ("daylio", in_folder(daylio_backup(backup_of([moment()])), "phone/")),
]


async def send(ann: Tracker, data: bytes, size: int = PART_BYTES) -> UUID:
    """Send a file in parts; begin nothing."""
    began = await ann.ask(StartImport(file_name="a file", size=len(data)))
    for number, start in enumerate(range(0, len(data), size)):
        part = base64.b64encode(data[start : start + size]).decode()
        await ann.ask(AddImportPart(import_id=began.import_id, number=number, data=part))
    return began.import_id


@pytest.mark.parametrize(("kind", "data"), KNOWN)
async def test_a_file_is_read_by_whom_it_concerns(
    ann: Tracker, carry: Carry, kind: ImportKind, data: bytes
) -> None:
    import_id = await send(ann, data, size=700 if len(data) < 100_000 else PART_BYTES)
    assert (await ann.ask(RunImport(import_id=import_id))).phase == "waiting"
    await carry()
    done = await ann.ask(GetImport(import_id=import_id))
    assert done.phase == "done"
    assert bool(done.entries) == (kind == "daylio")
    assert bool(done.habits) == (kind != "daylio")
    assert all(habit.imported == 1 or kind in ("loop", "calendar") for habit in done.habits)
    (listed,) = (await ann.ask(ListImports())).imports
    assert (listed.import_id, listed.kind, listed.phase) == (import_id, kind, "done")
    assert listed.ended_at is not None


@pytest.mark.parametrize(
    ("data", "code"),
    [
        *((data, "import_unknown_format") for data in (b"hello", b"PK\x03\x04 nothing", b"a,b\n")),
        (b"\x00" * 9, "import_unknown_format"),
        (daylio_backup({})[:200], "import_unknown_format"),
        (b"2024-03-01,1 March,Friday,9:15 pm,good,,\n", "import_without_header"),
        (b"01.03.2024;;;21:15;good;;\n", "import_without_header"),
    ],
)
async def test_a_file_that_nobody_reads_is_refused(ann: Tracker, data: bytes, code: str) -> None:
    import_id = await send(ann, data)
    failed = await ann.ask(RunImport(import_id=import_id))
    assert failed.refusal is not None
    assert (failed.phase, failed.refusal.code) == ("failed", code)
    assert await ann.ask(GetImport(import_id=import_id)) == failed
    assert await ann.told() == []
    async with ann.engine.begin() as tx:
        assert await imports.part_numbers(tx, import_id) == []
    # It is taken at its word, if somebody says what it is.
    again = await send(ann, data)
    assert (await ann.ask(RunImport(import_id=again, kind="loop"))).phase == "waiting"


async def test_an_empty_file_is_refused(ann: Tracker) -> None:
    assert await code_of(ann.ask(StartImport(size=0))) == "import_empty"


async def test_imports_are_listed_newest_first_and_only_to_their_owner(
    ann: Tracker, bob: Tracker
) -> None:
    begun = [await send(ann, data) for _, data in KNOWN[:5]]
    await send(bob, LOOP)
    first = await ann.ask(ListImports(limit=3))
    rest = await ann.ask(ListImports(limit=3, cursor=first.next))
    assert [one.import_id for one in (*first.imports, *rest.imports)] == begun[::-1]
    assert rest.next is None
    assert await code_of(ann.ask(ListImports(cursor="nonsense"))) == "wrong_cursor"


async def test_an_import_that_waited_before_kinds_were_kept_is_read(
    ann: Tracker, carry: Carry
) -> None:
    await ann.ask(RunImport(import_id=await send(ann, LONG)))
    await carry()
    import_id = new_id()
    async with ann.engine.begin() as tx:
        await imports.add(tx, ann.who.user_id, import_id, "from before")
        await imports.keep_part(tx, import_id, 0, daylio_csv([row(mood="fantastisch")]))
        old = {"phase": "waiting", "room": "journal", "dry_run": False}
        options = '{"moods":{"fantastisch":5},"unknown_moods":"refuse"}'
        await imports.change(tx, ann.who.user_id, import_id, options=options, **old)
        await tell(tx, ReadDiary(user_id=ann.who.user_id, import_id=import_id, dry_run=False))
    await carry()
    done = await ann.ask(GetImport(import_id=import_id))
    assert done.entries is not None
    assert (done.phase, done.entries.imported) == ("done", 1)
