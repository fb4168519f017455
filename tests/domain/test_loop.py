"""The reader of Loop Habit Tracker's zips: every generation, its traps, and hostile files."""

import io
import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.habits.fit import SAYS
from actors.habits.found import CHUNK, FoundHabit, HabitFile
from actors.habits.loop import schedule_of
from actors.habits.loop_rows import FoundEntry, SkipReason
from actors.runtime.dates import order_of
from contracts.habit import Target
from contracts.message import Invalid
from contracts.schedule import EveryDay, Times
from contracts.speech import catalog
from tests.habit_files import read
from tests.loop_zip import (
    NO,
    SKIP,
    UNKNOWN,
    YES_AUTO,
    YES_MANUAL,
    Generation,
    SomeHabit,
    loop_zip,
    some_days,
)

GENERATIONS: tuple[Generation, ...] = ("2.3.1", "2.3.0", "2.0")
ALL_CODES = (YES_MANUAL, YES_AUTO, NO, SKIP, UNKNOWN)
HEADER = (
    "Position,Name,Type,Question,Description,FrequencyNumerator,FrequencyDenominator,Color,Unit,"
    "Target Type,Target Value,Archived?\n"
)
DAILY = HEADER + "001,Read,YES_NO,,,1,1,#1976D2,,,,false\n"
LITRES = HEADER + "001,Water,NUMERICAL,,,1,1,#1976D2,l,AT_LEAST,2.0,false\n"
JUNE = date(2024, 6, 16)


def zip_of(tables: dict[str, str | bytes]) -> io.BytesIO:
    """Zip tables as they are."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in tables.items():
            zipped.writestr(name, text)
    file.seek(0)
    return file


def entries_of(habit: FoundHabit) -> list[FoundEntry]:
    """Read all entries, checking after every chunk that the rows add up."""
    entries: list[FoundEntry] = []
    for chunk in habit.entries():
        assert len(chunk) <= CHUNK
        entries += chunk
        reconciled(habit, len(entries))
    reconciled(habit, len(entries))
    return entries


def reconciled(habit: FoundHabit, imported: int) -> None:
    """Check the law: read = imported + derived + skipped."""
    tally = habit.tally
    assert tally.imported == imported
    assert tally.read == imported + tally.derived.total() + tally.skipped.total()


def rows_of(table: str, habits: str = DAILY) -> tuple[list[FoundEntry], dict[str, int]]:
    """Read the table of the one habit: its entries, and what was skipped."""
    (habit,) = read(zip_of({"Habits.csv": habits, "001 Read/Checkmarks.csv": table})).habits
    return entries_of(habit), {str(reason): rows for reason, rows in habit.tally.skipped.items()}


def refusal(file: io.BytesIO) -> Invalid:
    """Read everything in a file that is refused."""
    with pytest.raises(Invalid) as caught:
        for habit in read(file).habits:
            entries_of(habit)
    return caught.value


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("own", [True, False])
def test_every_generation_says_the_same(generation: Generation, own: bool) -> None:
    habits = [
        SomeHabit("Читать 📚", some_days(10, ALL_CODES), frequency=(3, 7)),
        SomeHabit('Run, "fast", and far', some_days(10, (YES_MANUAL,))),
        SomeHabit("Water", some_days(10, (7350, 0, UNKNOWN, SKIP)), numeric=True),
    ]
    words, runs, water = read(loop_zip(habits, generation, own=own)).habits

    assert [one.name for one in (words, runs, water)] == [one.name for one in habits]
    first = [(e.value, e.state) for e in entries_of(words)[:3]]
    assert first == [(1000, "done"), (0, "failed"), (None, "skipped")]
    assert words.tally.derived == {"YES_AUTO": 2, "UNKNOWN": 2}
    assert words.create is not None
    assert words.create.schedule == Times(times=3, per="week")
    assert len(entries_of(runs)) == 10
    amounts = [(e.value, e.state) for e in entries_of(water)[:3]]
    assert amounts == [(7350, None), (0, None), (None, "skipped")]
    assert water.create is not None
    assert water.create.measure == "amount"


def test_a_folder_without_a_name_is_found_by_its_position() -> None:
    habits = [SomeHabit(f"h{n}") for n in range(3)] + [SomeHabit("бег", some_days(2, (SKIP,)))]
    file = loop_zip(habits, root=False)
    assert "004/Checkmarks.csv" in zipfile.ZipFile(file).namelist()
    assert len(entries_of(read(file).habits[3])) == 2


def test_words_of_a_habit_are_kept() -> None:
    told = SomeHabit(
        "Tea", question="Any tea?", description="a\nb", colour="#FF8F00", archived=True
    )
    (habit,) = read(loop_zip([told])).habits
    assert habit.create is not None
    assert habit.archived
    assert habit.position == 1
    assert habit.create.question == "Any tea?"
    assert habit.create.description == "a\nb"
    assert habit.create.colour == "#FF8F00"


def test_notes_are_kept_and_never_lost_silently() -> None:
    days = some_days(2, (YES_MANUAL, UNKNOWN))
    newer, older = days
    noted = SomeHabit("Run", days, {newer: 'wet, "cold"\nand far', older: "was ill"})
    (habit,) = read(loop_zip([noted])).habits
    assert [one.note for one in entries_of(habit)] == ['wet, "cold"\nand far']
    assert habit.tally.skipped == {SkipReason.NOTE_WITHOUT_CHECK_IN: 1}
    assert habit.tally.loose == [(older, "was ill")]


@pytest.mark.parametrize(
    ("times", "days", "schedule"),
    [
        (1, 1, EveryDay()),
        (7, 7, EveryDay()),
        (9, 7, EveryDay()),
        (1, 7, Times(times=1, per="week")),
        (10, 30, Times(times=10, per="month")),
        (10, 31, Times(times=10, per="days", days=31)),
        (1, 3, Times(times=1, per="days", days=3)),
        (3, 14, Times(times=3, per="days", days=14)),
    ],
)
def test_frequencies(times: int, days: int, schedule: EveryDay | Times) -> None:
    assert schedule_of(times, days) == schedule


@pytest.mark.parametrize(
    ("frequency", "per", "days"),
    [
        ((1, 1), "day", None),
        ((1, 7), "week", None),
        ((1, 30), "month", None),
        ((1, 31), "rolling", 31),
        ((1, 9), "rolling", 9),
    ],
)
def test_targets(frequency: tuple[int, int], per: str, days: int | None) -> None:
    wine = SomeHabit("Wine", numeric=True, unit="dl", target=("AT_MOST", 2.5), frequency=frequency)
    (habit,) = read(loop_zip([wine])).habits
    assert habit.create is not None
    expected = {"at": "most", "value": 2.5, "per": per, "days": days}
    assert habit.create.target == Target.model_validate(expected)
    assert habit.create.unit == "dl"


def test_at_most_nothing_is_quitting() -> None:
    (habit,) = read(loop_zip([SomeHabit("Wine", numeric=True, target=("AT_MOST", 0.0))])).habits
    assert habit.create is not None
    assert (habit.create.kind, habit.create.target) == ("quit", None)


@pytest.mark.parametrize("day", ["%m-%d-%y", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y/%m/%d"])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_dates_of_a_spreadsheet_with_a_byte_order_mark(generation: Generation, day: str) -> None:
    days = some_days(20, (YES_MANUAL,), JUNE)
    file = loop_zip([SomeHabit("Lire : l'été", days)], generation, bom=True, day=day)
    (habit,) = read(file).habits
    assert [one.day for one in entries_of(habit)] == list(days)


def test_dates_that_can_be_read_in_two_ways_are_skipped() -> None:
    assert rows_of("Date,Value,Notes\n06-11-24,NO,\n") == ([], {"date_ambiguous": 1})
    assert rows_of("Date,Value,Notes\n24-06-16,NO,\n") == ([], {"date_ambiguous": 1})
    assert order_of(["24-06-16", "1/2/2024", "x"]) is None


def test_the_dates_of_one_table_explain_those_of_another() -> None:
    old = DAILY + "002,Run,YES_NO,,,1,1,#1976D2,,,,false\n"
    first, second = "Date,Value,Notes\n6/11/2024,NO,\n", "Date,Value,Notes\n6/16/2024,NO,\n"
    file = zip_of({"Habits.csv": old, "001 R/Checkmarks.csv": first, "002/Checkmarks.csv": second})
    assert entries_of(read(file).habits[0])[0].day == date(2024, 6, 11)


def test_bad_rows_are_skipped_with_their_reason() -> None:
    table = (
        "Date,Value,Notes\n2024-06-16,YES_MANUAL,\n2024-06-16,NO,\n2024-02-30,NO,\nyesterday,NO,\n"
        "1777-01-01,NO,\n2024-06-15\n2024-06-14,NO,a,b\n2024-06-13,MAYBE,\n2024-06-12,12,\n"
        f"2024-06-11,NO,{'x' * 2001}\n2024-06-10,NO,a\0b\n\n2024-06-09,-7,\n"
    )
    entries, skipped = rows_of(table)
    noted = [(date(2024, 6, 11), "failed"), (date(2024, 6, 10), "failed")]
    assert [(one.day, one.state) for one in entries] == [(JUNE, "done"), *noted]
    assert [one.note[-2:] for one in entries] == ["", "x…", " b"]
    assert len(entries[1].note) == 2000
    assert skipped == {
        "duplicate_day": 1,
        "date_unreadable": 2,
        "day_out_of_range": 1,
        "column_count": 2,
        "value_unreadable": 2,
        "value_out_of_range": 1,
    }


def test_amounts_keep_zero_and_refuse_what_cannot_be() -> None:
    table = (
        "Date,Value,Notes\n2024-06-16,NO,\n2024-06-15,SKIP,\n2024-06-14,YES_MANUAL,\n"
        "2024-06-13,-2150000000,\n2024-06-12,1000000000001,\n2024-06-11,nan,\n2024-06-10,4,\n"
    )
    entries, skipped = rows_of(table, LITRES)
    assert [one[1:3] for one in entries] == [
        (0, None),
        (None, "skipped"),
        (None, "done"),
        (4, None),
    ]
    assert skipped == {"value_out_of_range": 2, "value_unreadable": 1}


def test_days_after_the_last_are_skipped() -> None:
    file = loop_zip([SomeHabit("Run", some_days(3, (YES_MANUAL,), JUNE))])
    (habit,) = read(file, last_day=date(2024, 6, 15)).habits
    assert len(entries_of(habit)) == 2
    assert habit.tally.skipped == {SkipReason.DAY_OUT_OF_RANGE: 1}


def test_reading_again_counts_anew() -> None:
    (habit,) = read(loop_zip([SomeHabit("Run", some_days(CHUNK * 2 + 1, (NO,)))])).habits
    assert entries_of(habit) == entries_of(habit)
    assert [len(chunk) for chunk in habit.entries()] == [CHUNK, CHUNK, 1]


@pytest.mark.parametrize(
    "row",
    [
        "001,Run,YES_NO,,,0,1,,,,,",
        "001,Run,YES_NO,,,1,,,,,,",
        "001,Run,SOMETIMES,,,1,1,,,,,",
        "001,Run,NUMERICAL,,,1,1,,,AT_LEAST,nan,",
        "001,Run,NUMERICAL,,,1,1,,,AT_LEAST,lots,",
        "001,Run,NUMERICAL,,,1,1,,,ABOUT,1,",
        "001,Run",
    ],
)
def test_a_habit_that_cannot_be_kept_is_refused_alone(row: str) -> None:
    other = "002,Fine,YES_NO,,,1,1,,,,,\n"
    table = "Date,Value,Notes\n2024-06-16,NO,\n"
    tables = {"001 Run/Checkmarks.csv": table, "002 Fine/Checkmarks.csv": table}
    refused, fine = read(zip_of({"Habits.csv": f"{HEADER}{row}\n{other}", **tables})).habits
    assert refused.refused is not None
    assert refused.refused.code == "import_habit_unfit"
    assert 1 <= len(refused.name) <= 200
    assert entries_of(refused) == []
    assert refused.tally.skipped == {SkipReason.HABIT_REFUSED: 1}
    assert len(entries_of(fine)) == 1


@pytest.mark.parametrize(
    ("row", "changed", "words"),
    [
        (f"{'x' * 201},YES_NO,,,1,1,,,,,", "name_changed", {"name": "x" * 199 + "…"}),
        (",YES_NO,,,1,1,,,,,", "name_changed", {"name": "001"}),
        ("Run\there,YES_NO,,,1,1,,,,,", "name_changed", {"name": "Run here"}),
        (f"Run,YES_NO,{'q' * 300},,1,1,,,,,", "question_cut", {"question": "q" * 199 + "…"}),
        (
            f"Run,YES_NO,,{'d' * 3000},1,1,,,,,",
            "description_cut",
            {"description": "d" * 1999 + "…"},
        ),
        (
            "Run,YES_NO,,,1,900,,,,,",
            "frequency_changed",
            {"schedule": Times(times=1, per="days", days=366)},
        ),
        (
            f"Run,NUMERICAL,,,1,1,,{'km' * 30},AT_LEAST,2.5,",
            "unit_cut",
            {"unit": "km" * 14 + "k…", "target": Target(value=2.5)},
        ),
        ("Run,NUMERICAL,,,1,1,,,AT_LEAST,-1,", "target_dropped", {"target": None, "kind": "build"}),
        ("Run,NUMERICAL,,,1,1,,,AT_MOST,-1,", "target_dropped", {"target": None, "kind": "quit"}),
    ],
)
def test_a_habit_that_does_not_fit_is_changed_so_that_it_does(
    row: str, changed: str, words: dict[str, object]
) -> None:
    table = "Date,Value,Notes\n2024-06-16,NO,\n"
    (habit,) = read(
        zip_of({"Habits.csv": f"{HEADER}001,{row}\n", "001/Checkmarks.csv": table})
    ).habits
    assert habit.refused is None
    assert habit.create is not None
    assert [one.code for one in habit.changes] == [changed]
    assert {name: getattr(habit.create, name) for name in words} == words
    assert len(entries_of(habit)) == 1


def test_every_change_can_be_said_in_russian() -> None:
    assert set(SAYS.values()) <= set(catalog("ru").sentences)


def test_tables_of_semicolons_are_read() -> None:
    whole = loop_zip([SomeHabit("Run", some_days(5, (YES_MANUAL, NO), JUNE))])
    with zipfile.ZipFile(whole) as zipped:
        saved = {name: zipped.read(name).replace(b",", b";") for name in zipped.namelist()}
    for left_out in ("", "001 Run/Checkmarks.csv"):
        tables: dict[str, str | bytes] = {
            name: data for name, data in saved.items() if name != left_out
        }
        (habit,) = read(zip_of(tables)).habits
        assert len(entries_of(habit)) == 5


def test_a_list_of_habits_without_its_header_row_says_so() -> None:
    refused = refusal(zip_of({"Habits.csv": DAILY.removeprefix(HEADER)}))
    assert (refused.code, "header row" in str(refused)) == ("import_without_header", True)


def test_columns_that_are_not_known_are_counted() -> None:
    listed = f"{HEADER.strip()},Reminder\n001,Read,YES_NO,,,1,1,,,,,,07:30\n"
    assert read(zip_of({"Habits.csv": listed})).left_out == {"column reminder": 1}


def test_a_list_without_habits_is_empty() -> None:
    assert refusal(zip_of({"Habits.csv": HEADER})).code == "import_empty"


def test_a_table_of_nobody_or_of_two_is_refused() -> None:
    table = "Date,Value,Notes\n2024-06-16,NO,\n"
    names = ("001 A/Checkmarks.csv", "001 B/Checkmarks.csv", "007 C/Checkmarks.csv")
    file = zip_of({"Habits.csv": DAILY, **dict.fromkeys(names, table)})
    unclear, unlisted = read(file).habits
    assert unclear.refused is not None
    assert unclear.refused.code == "import_habit_unclear"
    assert unlisted.refused is not None
    assert unlisted.refused.code == "import_habit_unlisted"
    assert (entries_of(unclear), entries_of(unlisted)) == ([], [])
    assert (unclear.tally.read, unlisted.tally.read) == (2, 1)


def test_a_root_table_that_fits_two_ways_is_refused() -> None:
    habits = (
        DAILY + "002,Run,YES_NO,,,1,1,,,,,\n003,Run,YES_NO,,,1,1,,,,,\n004,Tea,YES_NO,,,1,1,,,,,\n"
    )
    root = "Date,Run,Read,Run,\n2024-06-16,NO,YES_MANUAL,NO,\n2024-06-15,NO,NO,\n"
    first, *twins, absent = read(zip_of({"Habits.csv": habits, "Checkmarks.csv": root})).habits
    assert [one.state for one in entries_of(first)] == ["done"]
    assert first.tally.skipped == {SkipReason.COLUMN_COUNT: 1}
    for twin in twins:
        assert twin.refused is not None
        assert twin.refused.code == "import_habit_unclear"
        assert entries_of(twin) == []
        assert twin.tally.skipped == {SkipReason.HABIT_REFUSED: 2}
    assert (absent.refused, entries_of(absent), absent.tally.read) == (None, [], 0)


def test_an_export_in_a_folder_is_found() -> None:
    table = "Date,Value,Notes\n2024-06-16,NO,\n"
    names = ("Loop/Habits.csv", "Loop/001 Read/Checkmarks.csv", "__MACOSX/Loop/Habits.csv")
    file = zip_of(dict(zip(names, (DAILY, table, "junk"), strict=True)))
    assert len(entries_of(read(file).habits[0])) == 1


def test_names_that_lead_elsewhere_and_nested_zips_are_ignored() -> None:
    table = "Date,Value,Notes\n2024-06-16,NO,\n"
    inner = loop_zip([SomeHabit("Inner", some_days(3, (NO,)))]).getvalue()
    names = ("/002 A/Checkmarks.csv", "../003 B/Checkmarks.csv", "..\\004 C\\Checkmarks.csv")
    found = read(zip_of({"Habits.csv": DAILY, "more.zip": inner, **dict.fromkeys(names, table)}))
    assert [one.position for one in found.habits] == [1]


def test_a_zip_cut_anywhere_is_refused_in_words() -> None:
    whole = loop_zip([SomeHabit("Run", some_days(400, ALL_CODES))]).getvalue()
    for length in {0, 1, 21, 22, 100, len(whole) // 2, len(whole) - 23, len(whole) - 1}:
        assert refusal(io.BytesIO(whole[:length])).code == "import_unreadable"


def test_a_directory_that_points_before_the_file_is_refused() -> None:
    whole = bytearray(loop_zip([SomeHabit("Run", some_days(4, ALL_CODES))]).getvalue())
    offset = len(whole) - 6
    begin = int.from_bytes(whole[offset : offset + 4], "little")
    whole[offset : offset + 4] = (begin + 55).to_bytes(4, "little")
    assert refusal(io.BytesIO(whole)).code == "import_unreadable"


@given(at=st.integers(0, 1_200), byte=st.integers(0, 255))
def test_a_damaged_byte_is_refused_or_does_no_harm(at: int, byte: int) -> None:
    whole = bytearray(loop_zip([SomeHabit("Run", some_days(40, ALL_CODES))]).getvalue())
    whole[at % len(whole)] = byte
    try:
        for habit in read(io.BytesIO(whole)).habits:
            entries_of(habit)
    except Invalid as refused:
        assert refused.code in ("import_unreadable", "import_too_large")


@given(st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    assert refusal(io.BytesIO(noise)).code == "import_unreadable"


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ({"001 Read/Checkmarks.csv": "Date,Value,Notes\n"}, "import_unreadable"),
        ({"Habits.csv": ""}, "import_unreadable"),
        ({"Habits.csv": "a,b\n1,2\n"}, "import_unreadable"),
        ({"Habits.csv": HEADER + "one,Run,YES_NO,,,1,1,,,,,\n"}, "import_unreadable"),
        ({"Habits.csv": DAILY + "1,Again,YES_NO,,,1,1,,,,,\n"}, "import_unreadable"),
        ({"Habits.csv": DAILY.encode("utf-16")}, "import_unreadable"),
        ({"Habits.csv": DAILY, "001/Checkmarks.csv": b"2024-06-16,\xff\n"}, "import_unreadable"),
        ({"Habits.csv": DAILY, "001/Checkmarks.csv": '2024-06-16,NO,"open\n'}, "import_unreadable"),
        ({"Habits.csv": DAILY, "001/Checkmarks.csv": "x" * 200_000}, "import_unreadable"),
        ({"Habits.csv": DAILY, "001/Checkmarks.csv": '"\n",' * 100_000}, "import_unreadable"),
        ({"Habits.csv": DAILY, "bomb": b"\0" * (17 << 20)}, "import_too_large"),
        ({"Habits.csv": DAILY, **{f"{n}": "" for n in range(5_000)}}, "import_too_large"),
        (
            {"Habits.csv": HEADER + "".join(f"{n},h,YES_NO,,,1,1,,,,,\n" for n in range(1_001))},
            "import_too_large",
        ),
    ],
    ids=[
        "no list of habits",
        "an empty list",
        "another list",
        "a position that is no number",
        "a position twice",
        "UTF-16",
        "no UTF-8",
        "an open quote",
        "an endless cell",
        "endless rows",
        "a bomb",
        "too many files",
        "too many habits",
    ],
)
def test_hostile_and_foreign_files_are_refused(tables: dict[str, str | bytes], code: str) -> None:
    assert refusal(zip_of(tables)).code == code


def test_an_enormous_directory_is_never_read() -> None:
    members = zip_of({f"{n:0200}": "" for n in range(10_000)})
    assert refusal(members).code == "import_too_large"


def test_declared_sizes_count_before_anything_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as zipped:
        zipped.writestr("Habits.csv", DAILY)
    whole = bytearray(file.getvalue())
    size = whole.index(b"PK\x01\x02") + 24
    whole[size : size + 4] = (201 << 20).to_bytes(4, "little")
    assert refusal(io.BytesIO(whole)).code == "import_too_large"


def test_an_encrypted_member_is_refused() -> None:
    whole = bytearray(zip_of({"Habits.csv": DAILY}).getvalue())
    whole[whole.index(b"PK\x01\x02") + 8] |= 0x1
    refused = refusal(io.BytesIO(whole))
    assert refused.code == "import_unreadable"
    assert "password" in str(refused)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_what_loop_and_file_managers_use_is_unpacked(method: int) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        zipped.writestr("Habits.csv", DAILY)
    assert refusal(file).code == "import_unreadable"


ROWS = st.lists(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["2024-06-16", "06-15-24", "1/2/2024", "NO", "SKIP", "YES_AUTO", "UNKNOWN", "7350"]
            ),
            st.text(max_size=5),
        ),
        max_size=4,
    ),
    max_size=30,
)


@given(rows=ROWS, habits=st.sampled_from([DAILY, LITRES, DAILY.replace("YES_NO", "NEVER")]))
def test_rows_always_add_up(rows: list[list[str]], habits: str) -> None:
    lines = "".join(",".join(cells) + "\n" for cells in rows)
    try:
        file = read(zip_of({"Habits.csv": habits, "001 Read/Checkmarks.csv": lines.encode()}))
        for habit in file.habits:
            entries_of(habit)
    except Invalid as refused:
        assert refused.code == "import_unreadable"


@given(
    generation=st.sampled_from(GENERATIONS),
    own=st.booleans(),
    values=st.lists(
        st.dictionaries(
            st.dates(date(2015, 1, 1), date(2030, 1, 1)),
            st.sampled_from(ALL_CODES),
            max_size=20,
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_what_was_logged_is_what_is_read(
    generation: Generation, own: bool, values: list[dict[date, int]]
) -> None:
    habits = [SomeHabit(f"h{n}", days) for n, days in enumerate(values)]
    file: HabitFile = read(loop_zip(habits, generation, own=own))
    states = {YES_MANUAL: "done", NO: "failed", SKIP: "skipped"}
    for habit, days in zip(file.habits, values, strict=True):
        logged = {day: states[code] for day, code in days.items() if code in states}
        assert {one.day: one.state for one in entries_of(habit)} == logged
