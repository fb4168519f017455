"""HabitBull's CSV export."""

import io
from datetime import date

import pytest

from actors.habits.found import FoundHabit
from actors.habits.loop_rows import FoundEntry
from contracts.message import Invalid
from contracts.schedule import EveryDay
from tests.habit_files import read
from tests.loop_backup import HABITBULL, habitbull


def habits_of(data: bytes) -> tuple[FoundHabit, ...]:
    file = read(io.BytesIO(data))
    assert file.tracker == "habitbull"
    return file.habits


def entries_of(habit: FoundHabit) -> list[FoundEntry]:
    return [entry for chunk in habit.entries() for entry in chunk]


def test_habits_of_both_kinds_are_read() -> None:
    rows = [
        ("Breed dragons", "with love and fire", "Diet & Food", "2016-03-18", 1, ""),
        ("Breed dragons", "with love and fire", "Diet & Food", "2016-03-19", 0, "away"),
        ("Water", "", "", "2016-03-18", 3, ""),
        ("Water", "", "", "2016-03-19", 0, ""),
        ("Water", "", "", "2016-03-20", 1, ""),
        ("Water", "", "", "2016-03-21", "2.5", ""),
    ]
    dragons, water = habits_of(habitbull(rows))
    assert dragons.create is not None
    assert (dragons.create.name, dragons.create.measure) == ("Breed dragons", "yes_no")
    assert (dragons.create.description, dragons.create.tags) == (
        "with love and fire",
        ("Diet & Food",),
    )
    assert dragons.create.schedule == EveryDay()
    assert [(one.day.day, one.state, one.note) for one in entries_of(dragons)] == [
        (18, "done", ""),
        (19, "failed", "away"),
    ]
    assert water.create is not None
    assert (water.create.measure, water.create.target) == ("amount", None)
    assert [one.value for one in entries_of(water)] == [3000, 0, 1000, 2500]


@pytest.mark.parametrize(
    ("shapes", "day"),
    [
        (["2016-03-04", "2016-03-18"], date(2016, 3, 4)),
        (["3/4/2016", "3/18/2016"], date(2016, 3, 4)),
        (["04.03.2016", "18.03.2016"], date(2016, 3, 4)),
    ],
)
def test_dates_of_many_shapes(shapes: list[str], day: date) -> None:
    (habit,) = habits_of(habitbull([("Read", "", "", shape, 1, "") for shape in shapes]))
    assert [one.day for one in entries_of(habit)] == [day, day.replace(day=18)]


def test_junk_is_skipped_and_counted() -> None:
    values = ("-2150000000", "-2.15E+09", "", "x", "nan", "1e300", "1", 1)
    rows = [("Read", "", "", f"2016-03-{n:02}", v, "") for n, v in enumerate(values, start=1)]
    (habit,) = habits_of(habitbull([*rows, ("Read", "", "", "2016-03-07", 0, "")]))
    assert len(entries_of(habit)) == 2
    assert habit.tally.read == 9
    assert habit.tally.skipped == {
        "value_out_of_range": 2,
        "value_unreadable": 4,
        "duplicate_day": 1,
    }


def test_other_delimiters_columns_and_missing_cells() -> None:
    data = (
        b"HabitName;CalendarDate;Value;CommentText;Mood2\nRead;2016-03-01;1\nRead;2016-03-02;0;;x"
    )
    file = read(io.BytesIO(data))
    assert len(entries_of(file.habits[0])) == 2
    assert file.left_out == {"column mood2": 1}


def test_one_name_in_two_categories_is_two_habits() -> None:
    rows = [("Read", "", "Work", "2016-03-01", 1, ""), ("Read", "", "Home", "2016-03-01", 1, "")]
    assert [one.create and one.create.tags for one in habits_of(habitbull(rows))] == [
        ("Work",),
        ("Home",),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (habitbull([]), "import_empty"),
        (habitbull([], HABITBULL[:4]), "import_unreadable"),
        (
            habitbull([("Rêve", "", "", "2016-03-01", 1, "")]).decode().encode("cp1252"),
            "import_unreadable",
        ),
        (habitbull([]) + b'Read,"open', "import_unreadable"),
        (
            habitbull((f"h{n}", "", "", "2016-03-01", 1, "") for n in range(1001)),
            "import_too_large",
        ),
    ],
    ids=["empty", "no values", "no UTF-8", "an open quote", "too many habits"],
)
def test_other_files_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        habits_of(data)
    assert caught.value.code == code


@pytest.mark.parametrize("unseen", ["\u2063", "\u3164 \u200e", "\U000e0062", "\u0308"])
def test_a_category_that_shows_nothing_is_none(unseen: str) -> None:
    rows = [("Breathe", "", unseen, "2016-03-18", 1, ""), (unseen, "", "Calm", "2016-03-18", 1, "")]
    breathe, nameless = habits_of(habitbull(rows))
    assert breathe.create is not None
    assert nameless.create is not None
    assert (breathe.create.name, breathe.create.tags) == ("Breathe", ())
    assert (nameless.create.name, nameless.create.tags) == ("002", ("Calm",))
    assert len(entries_of(breathe)) == len(entries_of(nameless)) == 1
