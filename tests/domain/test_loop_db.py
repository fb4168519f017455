"""Loop's database of every schema, and hostile ones."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.habits.found import FoundHabit, HabitFile
from actors.habits.loop_db import MAX_ROWS
from actors.habits.loop_rows import FoundEntry
from contracts.habit import Target
from contracts.message import Invalid
from contracts.schedule import EveryDay, Times
from tests.habit_files import read
from tests.loop_backup import loop_database, millis
from tests.loop_zip import NO, SKIP, UNKNOWN, YES_AUTO, YES_MANUAL, SomeHabit, loop_zip, some_days

JUNE = date(2024, 6, 16)
READ = SomeHabit(
    "Read",
    some_days(30, (YES_MANUAL, NO, SKIP, YES_AUTO, UNKNOWN, YES_MANUAL), JUNE),
    {JUNE: "two books"},
    frequency=(3, 7),
    question="Did you read?",
    description="Anything",
)
RUN = SomeHabit(
    "Бег",
    some_days(10, (7350, 0, 2500), JUNE),
    numeric=True,
    target=("AT_LEAST", 5.0),
    unit="km",
    frequency=(1, 30),
    archived=True,
)


def opened(data: bytes) -> HabitFile:
    return read(io.BytesIO(data))


def entries_of(habit: FoundHabit) -> list[FoundEntry]:
    return [entry for chunk in habit.entries() for entry in chunk]


def refusal(data: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        opened(data)
    return caught.value


@pytest.mark.parametrize("schema", range(12, 27))
def test_every_schema_is_read(schema: int) -> None:
    file = opened(loop_database([READ, RUN] if schema >= 18 else [READ], schema))
    one, *others = file.habits
    assert file.tracker == "loop"
    assert one.create is not None
    assert (one.name, one.create.question) == ("Read", "Did you read?")
    assert one.create.description == ("Anything" if schema >= 23 else "")
    assert one.create.schedule == Times(times=3, per="week")
    done = sum(code == YES_MANUAL for code in READ.values.values())
    entries = entries_of(one)
    assert sum(entry.state == "done" for entry in entries) == done
    assert len(entries) == (done if schema < 16 else 20)
    assert entries[0].note == ("two books" if schema >= 25 else "")
    for other in others:
        assert other.create is not None
        assert (other.archived, other.create.unit) == (True, "km")
        assert (other.create.schedule, other.create.target) == (
            EveryDay(),
            Target(value=5, per="month"),
        )
        assert [entry.value for entry in entries_of(other)][:3] == [7350, 0, 2500]


def test_a_backup_and_an_export_say_the_same() -> None:
    both = (opened(loop_database([READ, RUN])), read(loop_zip([READ, RUN])))
    for there, here in zip(*(file.habits for file in both), strict=True):
        assert there.name == here.name
        assert entries_of(there) == entries_of(here)
        assert there.tally.read == here.tally.read
        assert there.create is not None
        assert here.create is not None
        assert there.create.model_dump(exclude={"colour"}) == here.create.model_dump(
            exclude={"colour"}
        )


@pytest.mark.parametrize(
    ("schema", "colour", "shown"),
    [
        (12, -16742021, "#00897B"),
        (13, -2937041, "#D32F2F"),
        (14, 5, "#00897B"),
        (20, 12, "#AAAAAA"),
        (21, 5, "#AFB42B"),
        (25, 19, "#AAAAAA"),
        (25, 20, ""),
        (14, 13, ""),
        (25, -1, ""),
    ],
)
def test_colours_of_three_kinds(schema: int, colour: int, shown: str) -> None:
    (habit,) = opened(loop_database([READ], schema, [colour])).habits
    assert habit.create is not None
    assert habit.create.colour == shown


def test_reminders_are_counted_as_left_out() -> None:
    data = loop_database([READ, RUN], 25, (), "UPDATE habits SET reminder_hour = 7 WHERE id = 7")
    assert opened(data).left_out == {"reminder": 1}


def test_a_database_in_write_ahead_mode_is_read() -> None:
    data = bytearray(loop_database([READ]))
    data[18:20] = b"\2\2"
    assert len(entries_of(opened(bytes(data)).habits[0])) == 20


def test_what_is_no_day_or_no_value_is_skipped() -> None:
    bad = (
        f"INSERT INTO repetitions (habit, timestamp, value) VALUES (7, {1 << 62}, 2),"
        f" (7, 'soon', 2), (7, 1.5, 2), (7, x'00', 2), (7, {millis(date(2024, 7, 1))}, 'much'),"
        f" (7, {millis(date(2024, 7, 2))}, x'00'), (7, -9000000000000, 2)"
    )
    (habit,) = opened(loop_database([READ], 25, (), bad)).habits
    assert len(entries_of(habit)) == 20
    assert habit.tally.skipped == {
        "date_unreadable": 4,
        "value_unreadable": 2,
        "day_out_of_range": 1,
    }


def rebuilt(*statements: str) -> bytes:
    """Take the plain tables away, and put something else there."""
    drop = ("ALTER TABLE habits RENAME TO h", "ALTER TABLE repetitions RENAME TO r")
    return loop_database([READ], 25, (), *drop, *statements)


COLUMNS = "id, archived, color, description, freq_den, freq_num, name, position, question"
ENDLESS = (
    "CREATE VIEW repetitions AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    " SELECT 7 AS habit, x AS timestamp, 2 AS value, '' AS notes FROM n"
)


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE h RENAME TO habits", ENDLESS),
        ("CREATE VIEW habits AS SELECT * FROM h", "ALTER TABLE r RENAME TO repetitions"),
        ("CREATE VIRTUAL TABLE habits USING fts5(name)", "ALTER TABLE r RENAME TO repetitions"),
        ("ALTER TABLE h RENAME TO habits",),
        (),
    ],
    ids=["endless view", "view", "virtual table", "no days", "another database"],
)
def test_what_is_no_plain_table_is_refused(statements: tuple[str, ...]) -> None:
    assert refusal(rebuilt(*statements)).code == "import_unreadable"


def test_code_in_a_database_is_not_run() -> None:
    computed = (
        "ALTER TABLE r RENAME TO repetitions",
        f"CREATE TABLE habits ({COLUMNS}, unit AS (hex(zeroblob(400000000))) VIRTUAL)",
        f"INSERT INTO habits ({COLUMNS}) SELECT {COLUMNS} FROM h",
    )
    (habit,) = opened(rebuilt(*computed)).habits
    assert habit.create is not None
    assert len(entries_of(habit)) == 20


def test_too_many_days_or_habits_are_refused() -> None:
    many = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x <= {most})"
        " INSERT INTO {table} SELECT x FROM n"
    )
    days = many.format(most=MAX_ROWS, table="repetitions (timestamp)")
    assert refusal(loop_database([READ], 25, (), days)).code == "import_too_large"
    habits = many.format(most=1_000, table="habits (position)")
    assert refusal(loop_database([READ], 25, (), habits)).code == "import_too_large"


def test_a_cell_that_is_too_large_is_refused() -> None:
    large = "UPDATE habits SET description = hex(zeroblob(1000000))"
    assert refusal(loop_database([READ], 25, (), large)).code == "import_unreadable"


def test_a_backup_of_another_time_or_without_habits() -> None:
    assert "too old" in str(refusal(loop_database([READ], 11)))
    assert refusal(loop_database([])).code == "import_empty"


def test_a_database_cut_anywhere_is_refused_in_words() -> None:
    whole = loop_database([READ])
    for length in {16, 17, 99, 100, 101, 4096, len(whole) // 2, len(whole) - 1}:
        try:
            for habit in opened(whole[:length]).habits:
                entries_of(habit)
        except Invalid as refused:
            assert refused.code in ("import_unreadable", "import_empty")


@given(places=st.lists(st.tuples(st.integers(16, 12_000), st.integers(0, 255)), max_size=20))
def test_damaged_bytes_are_refused_or_do_no_harm(places: list[tuple[int, int]]) -> None:
    whole = bytearray(loop_database([READ]))
    for at, byte in places:
        whole[16 + at % (len(whole) - 16)] = byte
    try:
        for habit in opened(bytes(whole)).habits:
            entries_of(habit)
    except Invalid as refused:
        assert refused.code in ("import_unreadable", "import_empty", "import_too_large")


def test_a_backup_is_never_written() -> None:
    data = loop_database(
        [READ], 25, (), "CREATE TRIGGER t AFTER UPDATE ON habits BEGIN SELECT 1; END"
    )
    file = io.BytesIO(data)
    read(file)
    assert file.getvalue() == data
