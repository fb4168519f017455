"""Daylio's files over the bus: received, reconciled, read again; and diaries taken away."""

import base64
import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
import yaml
from sqlalchemy import text

from contracts.import_account import EntriesReport, MoodFound
from contracts.imports import PART_BYTES, AddImportPart, GetImport, Import, RunImport, StartImport
from contracts.journal import (
    CreateEntry,
    DeleteEntry,
    EntriesImported,
    JournalEntry,
    ListEntries,
)
from contracts.journal_transfer import ExportedPage, ExportEntries, ExportFormat
from contracts.message import Invalid
from contracts.moods import GetMoods, NameMoods
from contracts.users import ChangeProfile, DeleteMe
from tests.daylio_files import PIN, SCALED, backup_of, daylio_backup, daylio_csv, moment, row
from tests.rooms.people import Carry, code_of
from tests.rooms.tracking import TODAY, Tracker

pytestmark = pytest.mark.asyncio

SOME = (
    row(activities="friends | good meal", note="A walk<br>with <b>Ada</b>", note_title="Harbour"),
    row(time="08:05", mood="rad"),
    row(full_date="2024-02-29", mood="awful", note="<script>alert(1)</script>"),
    row(full_date="2024-02-28", mood="", note="no mood"),
)


async def send(ann: Tracker, data: bytes) -> UUID:
    began = await ann.ask(StartImport(file_name="daylio.csv", size=len(data)))
    for number, start in enumerate(range(0, len(data), PART_BYTES)):
        part = base64.b64encode(data[start : start + PART_BYTES]).decode()
        await ann.ask(AddImportPart(import_id=began.import_id, number=number, data=part))
    return began.import_id


async def run(ann: Tracker, carry: Carry, data: bytes, **chosen: object) -> Import:
    """Import a file and return how it ended; its report must add up."""
    import_id = await send(ann, data)
    command = RunImport.model_validate({"import_id": import_id, "kind": "daylio", **chosen})
    assert (await ann.ask(command)).phase == "waiting"
    await carry()
    done = await ann.ask(GetImport(import_id=import_id))
    if done.entries is not None:
        assert done.entries.read == done.entries.imported + sum(done.entries.skipped.values())
        assert done.rows == done.total == done.entries.read
    return done


def report(done: Import) -> EntriesReport:
    assert (done.phase, done.problem) == ("done", None)
    assert done.entries is not None
    return done.entries


async def listed(ann: Tracker, search: str = "") -> list[JournalEntry]:
    return list((await ann.ask(ListEntries(search=search, limit=100))).entries)


async def heard(ann: Tracker) -> list[EntriesImported]:
    """Overhear what is told of imported entries from now on."""
    facts: list[EntriesImported] = []

    async def keep(fact: EntriesImported) -> None:
        facts.append(fact)

    await ann.bus.overhear(EntriesImported, keep)
    return facts


async def test_a_diary_is_imported(ann: Tracker, carry: Carry) -> None:
    facts = await heard(ann)
    done = report(await run(ann, carry, daylio_csv(SOME)))
    assert (done.read, done.imported, done.skipped) == (4, 4, {})
    assert (done.first, done.last) == (date(2024, 2, 28), date(2024, 3, 1))
    assert done.moods == (
        MoodFound(label="awful", entries=1, mood=1),
        MoodFound(label="good", entries=1, mood=4),
        MoodFound(label="rad", entries=1, mood=5),
    )
    walk, morning, scripted, moodless = await listed(ann)
    assert (walk.title, walk.text) == ("Harbour", "A walk\nwith **Ada**")
    assert (walk.mood, walk.tags, walk.version) == (4, ("friends", "good meal"), 1)
    assert (walk.day, walk.at) == (date(2024, 3, 1), datetime(2024, 3, 1, 21, 15, tzinfo=UTC))
    assert (morning.mood, morning.at.hour, scripted.mood) == (5, 8, 1)
    assert (moodless.mood, moodless.text) == (None, "no mood")
    (fact,) = facts
    assert (fact.version, len(fact.entries)) == (1, 4)
    assert fact.entries[0].model_dump() == {
        "entry_id": walk.entry_id,
        "day": walk.day,
        "at": walk.at,
        "zone": "UTC",
        "mood": 4,
        "energy": None,
        "tags": walk.tags,
        "habit_ids": (),
    }
    assert "Ada" not in fact.model_dump_json()
    assert [one.entry_id for one in await listed(ann, "walking")] == [walk.entry_id]


async def test_a_dry_run_does_all_and_takes_it_back(ann: Tracker, carry: Carry) -> None:
    facts = await heard(ann)
    would = report(await run(ann, carry, daylio_csv(SOME), dry_run=True))
    assert (await listed(ann), facts) == ([], [])
    assert would == report(await run(ann, carry, daylio_csv(SOME)))
    again = report(await run(ann, carry, daylio_csv(SOME), dry_run=True))
    assert (again.imported, again.skipped) == (0, {"already_there": 4})


async def test_the_second_time_changes_nothing(ann: Tracker, carry: Carry) -> None:
    await run(ann, carry, daylio_csv(SOME))
    before, facts = await listed(ann), await heard(ann)
    again = report(await run(ann, carry, daylio_csv(SOME)))
    assert (again.imported, again.skipped, again.first) == (0, {"already_there": 4}, None)
    assert (await listed(ann), facts) == (before, [])


async def test_later_exports_join_in(ann: Tracker, carry: Carry) -> None:
    await run(ann, carry, daylio_csv(SOME))
    more = [row(full_date="2024-03-05"), *SOME]
    joined = report(await run(ann, carry, daylio_csv(more)))
    assert (joined.imported, joined.skipped) == (1, {"already_there": 4})
    assert joined.first == joined.last == date(2024, 3, 5)


async def test_the_zone_may_have_changed_meanwhile(ann: Tracker, carry: Carry) -> None:
    await run(ann, carry, daylio_csv(SOME))
    await ann.ask(ChangeProfile(zone="Asia/Tokyo"))
    await carry()
    assert report(await run(ann, carry, daylio_csv(SOME))).imported == 0


async def test_what_was_thrown_away_stays_away(ann: Tracker, carry: Carry) -> None:
    await run(ann, carry, daylio_csv(SOME))
    gone = (await listed(ann))[0]
    await ann.ask(DeleteEntry(entry_id=gone.entry_id))
    assert report(await run(ann, carry, daylio_csv(SOME))).imported == 0
    assert len(await listed(ann)) == 3


async def test_two_of_the_same_minute_stay_two(ann: Tracker, carry: Carry) -> None:
    twice = [row(mood="rad"), row(mood="bad"), row(mood="rad", note="x")]
    assert report(await run(ann, carry, daylio_csv(twice))).imported == 3
    assert report(await run(ann, carry, daylio_csv(twice))).imported == 0
    assert sorted(one.mood or 0 for one in await listed(ann)) == [2, 5, 5]


async def test_a_csv_and_a_backup_of_one_diary(ann: Tracker, carry: Carry) -> None:
    kept = backup_of([moment(note="A <b>walk</b>"), moment(2, hour=22)])
    written = [row(note="A <b>walk</b>"), row(full_date="2024-01-01")]
    assert report(await run(ann, carry, daylio_backup(kept))).imported == 2
    joined = report(await run(ann, carry, daylio_csv(written)))
    assert (joined.imported, joined.skipped) == (1, {"already_there": 1})


async def test_a_backup_is_imported(ann: Tracker, carry: Carry) -> None:
    moments = [moment(mood=7, tags=[12], assets=[1]), moment(2, mood=9, day=0), {}]
    done = report(await run(ann, carry, daylio_backup(backup_of(moments))))
    assert (done.read, done.imported) == (3, 1)
    assert done.skipped == {"date_unreadable": 1, "entry_unreadable": 1}
    assert done.left_out == {"photo": 1, "goal": 1, "goal_reached": 2}
    assert done.moods == (MoodFound(label="Fantastisch", entries=1, mood=5),)
    (only,) = await listed(ann)
    assert (only.mood, only.tags, only.zone) == (5, ("Чтение",), "Etc/GMT-2")
    assert only.at == datetime(2024, 3, 1, 19, 15, tzinfo=UTC)
    async with ann.engine.begin() as tx:
        kept = [*(await tx.execute(text("SELECT e::text FROM journal.entries e"))).scalars()]
        kept += (await tx.execute(text("SELECT i::text FROM bus.imports i"))).scalars().all()
        left = (await tx.execute(text("SELECT count(*) FROM bus.import_parts"))).scalar_one()
    assert not any(PIN in one for one in kept)
    assert left == 0


async def test_unknown_moods_are_listed_then_refused(ann: Tracker, carry: Carry) -> None:
    data = daylio_csv(
        [row(mood="blau"), row(mood="rot", time="1:00"), row(mood="blau", time="2:00")]
    )
    would = report(await run(ann, carry, data, dry_run=True))
    assert (would.imported, would.skipped) == (0, {"mood_unknown": 3})
    assert [(one.label, one.entries, one.mood) for one in would.moods] == [
        ("blau", 2, None),
        ("rot", 1, None),
    ]
    failed = await run(ann, carry, data)
    assert failed.phase == "failed"
    assert failed.refusal is not None
    assert failed.refusal.code == "import_moods_unknown"
    assert (failed.problem or "").endswith(": blau, rot.")
    assert await listed(ann) == []
    told = await run(ann, carry, data, moods={"Blau": 2})
    assert (told.problem or "").endswith(": rot.")
    done = report(await run(ann, carry, data, moods={"Blau": 2}, unknown_moods="none"))
    assert (done.imported, done.skipped) == (3, {})
    # The entry in red says nothing else, so its mood is kept in words.
    said = {(one.mood, one.text) for one in await listed(ann)}
    assert said == {(2, ""), (None, "rot")}


async def test_unknown_moods_may_be_none(ann: Tracker, carry: Carry) -> None:
    data = daylio_csv([row(mood="blau", note="sea"), row(mood="rad")])
    assert report(await run(ann, carry, data, unknown_moods="none")).imported == 2
    assert {one.text: one.mood for one in await listed(ann)} == {"sea": None, "": 5}


async def test_moods_are_known_by_ones_own_names(ann: Tracker, carry: Carry) -> None:
    scale = (await ann.ask(GetMoods())).moods
    own = tuple(one.model_copy(update={"name": f"Stufe {one.mood}"}) for one in scale)
    await ann.ask(NameMoods(moods=own))
    done = report(await run(ann, carry, daylio_csv([row(mood="stufe 2"), row(mood="rad")])))
    assert {one.label: one.mood for one in done.moods} == {"stufe 2": 2, "rad": 5}


async def test_rows_that_make_no_sense_are_named(ann: Tracker, carry: Carry) -> None:
    await ann.ask(ChangeProfile(language="ru"))
    await carry()
    rows = [row(), row(full_date="soon"), row(full_date="2190-01-01"), row(mood="", time="3:00")]
    done = report(await run(ann, carry, daylio_csv(rows)))
    assert (done.imported, done.skipped) == (
        1,
        {"date_unreadable": 1, "day_out_of_range": 1, "entry_empty": 1},
    )
    assert [(one.row, one.reason) for one in done.rows] == [
        (3, "date_unreadable"),
        (4, "day_out_of_range"),
        (5, "entry_empty"),
    ]
    assert done.rows[0].says == "Дату в строке 3 не удаётся прочитать."


async def test_entries_without_a_time_are_kept_and_counted(ann: Tracker, carry: Carry) -> None:
    rows = [row(time="noon"), row(time="8:05", full_date="2024-03-02"), row(time="", mood="bad")]
    done = report(await run(ann, carry, daylio_csv(rows)))
    assert (done.imported, done.untimed, done.skipped) == (3, 2, {})
    assert {(one.day.day, one.at.hour) for one in await listed(ann)} == {(1, 12), (2, 8)}
    again = report(await run(ann, carry, daylio_csv(rows)))
    assert (again.imported, again.untimed) == (0, 0)
    kept = daylio_backup(backup_of([moment(hour=-1, minute=-1), moment(2, day=3)]))
    done = report(await run(ann, carry, kept))
    assert (done.imported, done.untimed) == (2, 1)


async def test_a_text_that_is_too_long_is_cut_and_counted(ann: Tracker, carry: Carry) -> None:
    done = report(await run(ann, carry, daylio_csv([row(note="x" * 60_000)])))
    assert (done.imported, done.cut) == (1, 1)
    (only,) = await listed(ann)
    assert (only.mood, len(only.text)) == (4, 50_000)


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row(full_date="soon"), row(full_date="32.13.2024")], "The date of row 2 cannot be read."),
        ([row(mood="", time="1:00")], "Row 2 says nothing"),
    ],
)
async def test_a_file_of_which_nothing_comes_in_fails(
    ann: Tracker, carry: Carry, rows: list[dict[str, str]], reason: str, dry: bool
) -> None:
    failed = await run(ann, carry, daylio_csv(rows), dry_run=dry)
    assert (failed.phase, failed.refusal and failed.refusal.code) == ("failed", "import_nothing")
    assert failed.refusal is not None
    assert failed.refusal.fields[0].detail.startswith(reason)
    assert failed.entries is not None
    assert sum(failed.entries.skipped.values()) == failed.rows == len(rows)
    assert await listed(ann) == []


async def test_a_backup_without_entries_is_empty(ann: Tracker, carry: Carry) -> None:
    failed = await run(ann, carry, daylio_backup(backup_of([])))
    assert failed.refusal is not None
    assert failed.refusal.code == "import_empty"


async def test_a_broken_file_leaves_nothing(ann: Tracker, carry: Carry) -> None:
    many = [row(full_date="2024-01-01", note=f"{n}") for n in range(1200)]
    broken = daylio_csv(many) + b'2024-01-01,,,8:00,"good\n'
    for data in (broken, b"hello", daylio_csv([])):
        failed = await run(ann, carry, data)
        assert (failed.phase, failed.entries) == ("failed", None)
        assert failed.problem is not None
        assert failed.refusal is not None
        assert failed.problem == failed.refusal.text.format(**failed.refusal.params)
    assert await listed(ann) == []
    assert await ann.told() == []


async def test_a_long_diary_is_told_in_pieces(ann: Tracker, carry: Carry) -> None:
    facts = await heard(ann)
    many = [row(note=f"{n}") for n in range(1100)]
    assert report(await run(ann, carry, daylio_csv(many))).imported == 1100
    assert [len(one.entries) for one in facts] == [100] * 11
    assert len({one.entry_id for fact in facts for one in fact.entries}) == 1100


async def test_a_day_begins_when_its_owner_says(ann: Tracker, carry: Carry) -> None:
    await ann.ask(ChangeProfile(zone="Europe/Berlin", day_start=180))
    await carry()
    await run(ann, carry, daylio_csv([row(time="1:30 am", full_date="2024-03-02")]))
    (late,) = await listed(ann)
    assert (late.day, late.zone) == (date(2024, 3, 1), "Europe/Berlin")


async def test_imports_belong_to_a_person(ann: Tracker, bob: Tracker) -> None:
    diary = (await ann.ask(StartImport())).import_id
    part = AddImportPart(import_id=diary, number=0, data="eA==")
    for theirs in (GetImport(import_id=diary), RunImport(import_id=diary), part):
        assert await code_of(bob.ask(theirs)) == "import_not_found"


async def test_nothing_outlives_its_owner(ann: Tracker, carry: Carry) -> None:
    import_id = await send(ann, daylio_csv(SOME))
    await ann.ask(RunImport(import_id=import_id))
    requested = [one for one in await ann.told() if one["address"] == "journal.read_import"]
    await ann.ask(DeleteMe())
    await carry()
    late = json.dumps(requested[0] | {"job_id": str(import_id)})
    statement = (
        "INSERT INTO bus.outbox (message_id, address, user_id, body) VALUES (:f, :a, :u, :b)"
    )
    async with ann.engine.begin() as tx:
        address = requested[0]["address"]
        values = {"f": import_id, "a": address, "u": ann.who.user_id, "b": late}
        await tx.execute(text(statement), values)
    await carry()
    async with ann.engine.begin() as tx:
        for table in ("journal.entries", "bus.imports", "bus.import_parts", "bus.parked"):
            assert (await tx.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0


# -- taken away -----------------------------------------------------------------------------------


async def exported(ann: Tracker, format: ExportFormat) -> list[ExportedPage]:
    """Take all pages away."""
    pages = [await ann.ask(ExportEntries(format=format))]
    while pages[-1].next is not None:
        pages.append(await ann.ask(ExportEntries(format=format, cursor=pages[-1].next)))
    return pages


async def test_entries_are_written_as_markdown(ann: Tracker) -> None:
    habit = await ann.begin("Run: far")
    odd = 'A "note": #1\x85 – \U0001f600 ../../etc/passwd'.replace("\x85", "\u2028")
    await ann.ask(
        CreateEntry(
            title=odd,
            text="---\nfirst: no head",
            mood=4,
            energy=2,
            tags=("no", "1: 2", "- x"),
            habit_ids=(habit.habit_id,),
            favourite=True,
            question="How?",
            day=date(2031, 5, 4),
            zone="Europe/Berlin",
        )
    )
    (page,) = await exported(ann, "markdown")
    (piece,) = page.pieces
    assert piece.name == "2031/2031-05-04 1200 A note #1 – \U0001f600 .. .. etc passwd.md"
    _, head, body = piece.text.split("---\n", 2)
    assert body == "\n---\nfirst: no head\n"
    assert yaml.safe_load(head) == {
        "day": date(2031, 5, 4),
        "at": datetime.fromisoformat("2031-05-04T12:00:00+02:00"),
        "zone": "Europe/Berlin",
        "title": odd,
        "mood": 4,
        "energy": 2,
        "tags": ["no", "1: 2", "- x"],
        "habits": ["Run: far"],
        "favourite": True,
        "question": "How?",
    }


async def test_entries_are_written_as_json_and_read_again(ann: Tracker, bob: Tracker) -> None:
    await ann.ask(CreateEntry(text="a\n\n**b**", title="T", mood=1, tags=("x",), favourite=True))
    await ann.ask(CreateEntry(mood=5, day=date(2030, 1, 1), zone="Asia/Tokyo", question="Why?"))
    (page,) = await exported(ann, "json")
    said = [json.loads(piece.text) for piece in page.pieces]
    assert [one["day"] for one in said] == ["2030-01-01", TODAY.isoformat()]
    for one in said:
        await bob.ask(CreateEntry.model_validate(one))
    (again,) = await exported(bob, "json")
    own = {"entry_id", "created_at", "changed_at"}
    for before, after in zip(said, (json.loads(piece.text) for piece in again.pieces), strict=True):
        assert {k: v for k, v in before.items() if k not in own} == {
            k: v for k, v in after.items() if k not in own
        }


async def test_all_entries_leave_page_by_page_once(ann: Tracker, carry: Carry) -> None:
    many = [row(note=f"{n} " + "x" * 4000) for n in range(230)]
    await run(ann, carry, daylio_csv(many, SCALED))
    gone = (await listed(ann))[0]
    await ann.ask(DeleteEntry(entry_id=gone.entry_id))
    pages = await exported(ann, "json")
    assert len(pages) == 3
    ids = [json.loads(piece.text)["entry_id"] for page in pages for piece in page.pieces]
    assert len(ids) == len(set(ids)) == 229
    assert str(gone.entry_id) not in ids
    assert await exported(ann, "json") == pages


async def test_a_strange_cursor_is_refused(ann: Tracker) -> None:
    far = ("0001-01-01T00:00:00+09:00", "9999-12-31T23:00:00-09:00")
    known = [f"2024-01-01~{at}~{ann.who.user_id}" for at in ("2024-01-01T00:00:00", *far)]
    for cursor in ("x", "2024-01-01~x~y", *known):
        with pytest.raises(Invalid, match="cursor"):
            await ann.ask(ExportEntries(format="json", cursor=cursor))


async def test_an_activity_that_shows_nothing_holds_up_no_import(
    ann: Tracker, carry: Carry
) -> None:
    rows = [
        row(activities="\u2063|\u3164|sea", note="ebb"),
        row(time="08:05", activities="\U000e0062"),
    ]
    assert report(await run(ann, carry, daylio_csv(rows))).imported == 2
    assert sorted(one.tags for one in await listed(ann)) == [(), ("sea",)]
