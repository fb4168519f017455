"""Files of Beaver Habits, Habitica, Habitify, HabitTrove and Table Habit."""

import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.habits.found import FoundHabit, HabitFile, TimedFile
from contracts.habits import CreateHabit
from contracts.message import Invalid
from tests.habit_files import read
from tests.tracker_files import (
    HABITIFY,
    beaver,
    beaver_habit,
    habitica,
    habitify,
    habittrove,
    json_of,
    millis,
    table_habit,
    table_records,
)


def opened(data: bytes, tracker: str) -> HabitFile:
    file = read(io.BytesIO(data), date(2024, 12, 31))
    assert file.tracker == tracker
    return file


def made(habit: FoundHabit) -> CreateHabit:
    assert habit.create is not None, habit.refused
    return habit.create


def days_of(habit: FoundHabit) -> dict[str, object]:
    """Return by day what its entries say: a number, or a state."""
    entries = [entry for chunk in habit.entries() for entry in chunk]
    tally = habit.tally
    accounted = tally.imported + sum(tally.derived.values()) + sum(tally.skipped.values())
    assert tally.read == accounted
    return {
        f"{one.day:%m-%d}": one.state if one.value is None else one.value / 1000 for one in entries
    }


def schedule_of(habit: FoundHabit) -> str:
    return made(habit).schedule.to_rrule()


def test_beaver_ticks_misses_skips_and_notes_come_along() -> None:
    run = beaver_habit(
        "Run",
        ("2024-03-01", True, "5km"),
        ("2024-03-02", False),
        ("2024-03-03", False, "ill, no way"),
        ("2024-03-04", True, "#skip"),
        ("2024-03-05", "yes"),
        ("never", True),
        tags=["health"],
        star=True,
        period={"period_type": "W", "period_count": 1, "target_count": 3},
    )
    old = beaver_habit("Old", status="archive", period={**_period("M", 1, 5)})
    gone = beaver_habit("Gone", status="soft_delete")
    file = opened(beaver(run, old, gone), "beaver")
    first, second = file.habits
    assert days_of(first) == {"03-01": 1, "03-02": 0, "03-03": 0, "03-04": "skipped"}
    notes = [entry.note for chunk in first.entries() for entry in chunk]
    assert notes == ["5km", "", "ill, no way", "#skip"]
    assert first.tally.skipped == {"value_unreadable": 1, "date_unreadable": 1}
    assert (made(first).tags, schedule_of(first)) == (("★", "health"), "FREQ=WEEKLY")
    assert (second.archived, schedule_of(second)) == (True, "FREQ=MONTHLY")
    assert file.left_out == {"deleted habit": 1}


def _period(kind: str, count: int, times: int) -> dict[str, object]:
    return {"period_type": kind, "period_count": count, "target_count": times}


def test_beaver_disk_and_telegram_backups_are_the_same_file() -> None:
    inner = {
        "habits": [beaver_habit("Run", ("2024-03-01", True))],
        "order": [],
        "backup": {"telegram_bot_token": "hush"},
    }
    for data in (json_of(inner), json_of({"data": inner})):
        file = opened(data, "beaver")
        assert days_of(file.habits[0]) == {"03-01": 1}
        assert "hush" not in repr(vars(file))


def test_a_beaver_year_is_the_longest_time_there_is_and_nonsense_is_refused() -> None:
    habits = [
        beaver_habit("Move", period=_period("Y", 1, 2)),
        beaver_habit("?", period=_period("Q", 1, 2)),
    ]
    year, odd = opened(beaver(*habits), "beaver").habits
    assert (schedule_of(year), year.changes) == ("FREQ=DAILY;INTERVAL=365", ())
    assert odd.refused is not None
    assert odd.refused.code == "import_habit_unfit"


def test_habitica_ticks_are_of_their_day_and_misses_of_the_day_before() -> None:
    """The person is two hours east of Greenwich, and begins the day at three."""
    history = [
        {"date": millis("2024-03-01T22:30"), "value": 1.0, "isDue": True, "completed": True},
        {"date": millis("2024-03-03T07:00"), "value": 0.5, "isDue": True, "completed": False},
        {"date": millis("2024-03-04T07:00"), "value": 0.5, "isDue": False, "completed": False},
        {"date": millis("2024-03-05T00:30"), "value": 1.5, "isDue": True, "completed": True},
        {"date": "soon", "value": 1.5, "completed": True},
    ]
    week = {"m": True, "t": False, "w": True, "th": False, "f": False, "s": False, "su": False}
    daily: dict[str, object] = {
        "text": "Stretch",
        "notes": "slowly",
        "tags": ["a", "b"],
        "history": history,
    }
    daily |= {
        "tags": ["a", "b"],
        "frequency": "weekly",
        "everyX": 1,
        "repeat": week,
        "checklist": [{"text": "x"}],
    }
    file = opened(habitica([daily], tags=[{"id": "a", "name": "body"}]), "habitica")
    (habit,) = file.habits
    assert days_of(habit) == {"03-01": 1, "03-02": 0, "03-04": 1}
    assert habit.tally.derived == {"UNKNOWN": 1}
    assert habit.tally.skipped == {"date_unreadable": 1}
    assert (schedule_of(habit), made(habit).tags) == ("FREQ=WEEKLY;BYDAY=MO,WE", ("body",))
    assert made(habit).description == "slowly"
    assert file.left_out == {"to-do": 2, "reward": 1, "checklist": 1}
    assert "hush" not in repr(vars(file))


def test_habitica_old_rows_tell_by_their_value_and_scores_are_counted() -> None:
    old = [{"date": millis(f"2024-03-0{n}T12:00"), "value": v} for n, v in ((1, 0), (2, 1), (3, 0))]
    rows = [
        {"date": millis("2024-03-01T12:00"), "value": 1, "scoredUp": 2, "scoredDown": 1},
        {"date": millis("2024-03-01T18:00"), "value": 2, "scoredUp": 1, "scoredDown": 0},
        {"date": millis("2024-03-02T12:00"), "value": 1, "scoredUp": 0, "scoredDown": 1},
    ]
    dailys: list[dict[str, object]] = [
        {"text": "Old", "frequency": "daily", "everyX": 3, "history": old},
        {"text": "Never", "frequency": "daily", "everyX": 0},
        {"text": "Far", "frequency": "daily", "everyX": 9999},
    ]
    habits: list[dict[str, object]] = [
        {"text": "Water", "up": True, "down": True, "history": rows},
        {"text": "Smoke", "up": False, "down": True, "history": rows},
    ]
    first, never, far, water, smoke = opened(habitica(dailys, habits), "habitica").habits
    assert days_of(first) == {"03-02": 1}
    assert schedule_of(first) == "FREQ=DAILY;INTERVAL=3"
    assert never.archived
    assert [one.code for one in never.changes] == ["never_due"]
    assert far.refused is not None
    assert days_of(water) == {"03-01": 3}
    assert [one.code for one in water.changes] == ["downs_dropped"]
    assert days_of(smoke) == {"03-01": 1, "03-02": 1}
    assert (made(water).kind, made(smoke).kind) == ("build", "quit")


@pytest.mark.parametrize(
    ("task", "rule"),
    [
        ({"frequency": "monthly", "daysOfMonth": [1, 31]}, "FREQ=MONTHLY;BYMONTHDAY=1,31"),
        (
            {"frequency": "monthly", "weeksOfMonth": [1], "repeat": {"t": True}},
            "FREQ=MONTHLY;INTERVAL=1;BYDAY=2TU",
        ),
        (
            {"frequency": "weekly", "everyX": 2, "repeat": {"f": True}},
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
        ),
        (
            {"frequency": "yearly", "startDate": "2024-05-06T00:00:00Z"},
            "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=6",
        ),
    ],
)
def test_habitica_rhythms(task: dict[str, object], rule: str) -> None:
    (habit,) = opened(habitica([{"text": "x", **task}]), "habitica").habits
    assert schedule_of(habit) == rule


def test_habitify_amounts_time_and_ticks() -> None:
    rows = [
        ("Read", "2024-03-01T00:00:00+02:00", 30, "min", "Completed", "r"),
        ("Read", "2024-03-02", 0.25, "hr", "Failed", "r"),
        ("Read", "2024-03-03", 0, "min", "Skipped", "r"),
        ("Read", "2024-03-04", 3, "km", "Completed", "r"),
        ("Walk", "2024-03-01", 3.5, "kM", "Completed", "w"),
        ("Walk", "2024-03-02", "", "kM", "Failed", "w"),
        ("Pray", "2024-03-01", 1, "rep", "Completed", "p"),
        ("Pray", "2024-03-02", 0, "rep", "Failed", "p"),
        ("Pray", "2024-03-02", 0, "rep", "Failed", "p"),
        ("Pray", "2024-03-03", 0, "rep", "None", "p"),
        ("Pray", "2024-03-01", 5, "rep", "In Progress", "q"),
    ]
    pages, walk, pray, again = opened(habitify(rows), "habitify").habits
    assert days_of(pages) == {"03-01": 1800, "03-02": 900, "03-03": "skipped"}
    assert pages.tally.skipped == {"value_unreadable": 1}
    target = made(pages).target
    assert target is not None
    assert (made(pages).measure, target.value, made(pages).unit) == ("duration", 1800, "")
    assert [one.code for one in pages.changes] == ["target_guessed"]
    assert days_of(walk) == {"03-01": 3.5, "03-02": 0}
    assert (made(walk).measure, made(walk).unit, made(walk).target) == ("amount", "kM", None)
    assert days_of(pray) == {"03-01": 1, "03-02": 0}
    assert pray.tally.skipped == {"duplicate_day": 1}
    assert pray.tally.derived == {"UNKNOWN": 1}
    assert (made(pray).measure, made(again).measure) == ("yes_no", "count")
    assert days_of(again) == {"03-01": 5}


def test_habittrove_days_are_those_of_the_person() -> None:
    done = ["2024-03-01T22:30:00.000Z", "2024-03-02T08:00:00Z", "2024-03-02T09:00:00Z", "soon"]
    weekly = "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,FR"
    file = opened(
        habittrove(
            {"name": "Water", "targetCompletions": 2, "completions": done, "drawing": "x"},
            {"name": "Gym", "frequency": weekly, "completions": done[:1], "archived": True},
            {"name": "Taxes", "isTask": True, "frequency": "2024-03-01"},
            {"name": "Odd", "frequency": "FREQ=HOURLY"},
        ),
        "habittrove",
    )
    water, gym, odd = file.habits
    assert isinstance(file, TimedFile)
    assert days_of(water) == {"03-01": 1, "03-02": 2}
    file.live("Europe/Berlin", 0)
    assert days_of(water) == {"03-01": 1, "03-02": 2}
    file.live("Europe/Helsinki", 0)
    assert days_of(water) == {"03-02": 3}
    file.live("Europe/Helsinki", 180)
    assert days_of(water) == {"03-01": 1, "03-02": 2}
    assert water.tally.skipped == {"date_unreadable": 1}
    target = made(water).target
    assert target is not None
    assert target.value == 2
    assert (schedule_of(gym), gym.archived) == ("FREQ=WEEKLY;BYDAY=MO,FR", True)
    assert odd.refused is not None
    assert file.left_out == {"task": 1, "drawing": 1}


def test_table_habit_goals_limits_skips_and_groups() -> None:
    records = table_records(
        (date(2024, 3, 1), 1, 5, "well"),
        (date(2024, 3, 2), 1, 2.5),
        (date(2024, 3, 3), 2, 0, "ill"),
        (date(2024, 3, 4), 7, 1),
        (10**12, 1, 1),
    )
    ticks = table_records((date(2024, 3, 1), 1, 1), (date(2024, 3, 2), 1, 0))
    file = opened(
        table_habit(
            {"name": "Run", "daily_goal": 5, "daily_goal_unit": "km", "freq_type": 1,
             "freq_custom": "[3]", "group_id": "g", "records": records, "reminder": "{}"},
            {"name": "Floss", "freq_custom": "[3,5]", "records": ticks, "status": 3},
            {"name": "Coffee", "type": 2, "daily_goal": 2, "records": records[:1]},
            {"name": "Gone", "status": 2},
            {"name": "Odd", "freq_custom": "[]"},
        ),
        "table_habit",
    )  # fmt: skip
    run, floss, coffee, odd = file.habits
    assert days_of(run) == {"03-01": 5, "03-02": 2.5, "03-03": "skipped"}
    assert run.tally.skipped == {"value_unreadable": 1, "date_unreadable": 1}
    target = made(run).target
    assert target is not None
    assert (target.at, target.value, made(run).unit) == ("least", 5, "km")
    assert schedule_of(run) == "FREQ=WEEKLY"
    assert days_of(floss) == {"03-01": 1, "03-02": 0}
    assert floss.archived
    assert schedule_of(floss) == "FREQ=DAILY;INTERVAL=5"
    limit = made(coffee).target
    assert limit is not None
    assert (limit.at, made(coffee).kind) == ("most", "quit")
    assert odd.refused is not None
    assert file.left_out == {"deleted habit": 1, "reminder": 1}


@pytest.mark.parametrize("group", [7, "6f1d"])
def test_table_habit_groups_are_tags(group: object) -> None:
    habit = {"name": "Run", "group_id": group}
    file = opened(table_habit(habit, groups=[{"id": group, "name": "Body"}]), "table_habit")
    assert made(file.habits[0]).tags == ("Body",)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (beaver(), "import_empty"),
        (beaver(beaver_habit("x"))[:-4], "import_unreadable"),
        (beaver(*(beaver_habit("x") for _ in range(1001))), "import_too_large"),
        (beaver(beaver_habit("x")) + b" " * (16 << 20), "import_too_large"),
        (b'{"habits":[{"name":1}' + b",{}" * 800_000 + b"]}", "import_too_large"),
        (b'{"habits":"name","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "import_unreadable"),
        (habitify([]), "import_empty"),
        (habitify([], HABITIFY[:4]), "import_unreadable"),
        (habitica(), "import_empty"),
    ],
    ids=["none", "cut", "many", "long", "wide", "deep", "no rows", "no status", "no tasks"],
)
def test_hostile_and_empty_files_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(io.BytesIO(data))
    assert caught.value.code == code


_json: st.SearchStrategy[object] = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 10**30, -1.5, 1e300, "", "x", "[1,", "[1,1]", "#skip"),
        *("2024-03-01", "2024-03-01T10:00:00Z", "0000-00-00", "RRULE:FREQ=DAILY", "weekly", "W"),
        *([], {}, [None], [[]], [{}], {"period_type": "W", "target_count": 10**30}, {"m": 1}),
        [{"day": "2024-03-01", "done": True}, {"date": 1e300, "value": 1}, {"date": 1e12}],
        [{"record_date": -(10**12), "record_type": 1}, {"record_date": 19783, "record_value": []}],
    ]
)
_FIELDS = (
    *("name", "text", "records", "completions", "history", "period", "frequency", "freq_type"),
    *("freq_custom", "daily_goal", "everyX", "repeat", "tags", "status", "type", "up"),
)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(st.sampled_from(_FIELDS), _json), min_size=1, max_size=3))
def test_whatever_stands_in_a_field_each_habit_is_read_or_refused(
    habits: list[dict[str, object]],
) -> None:
    for data in (
        beaver(*({"name": "x"} | one for one in habits)),
        habitica(habits, habits),
        habittrove(*habits),
        table_habit(*habits),
    ):
        for habit in read(io.BytesIO(data)).habits:
            days_of(habit)
            assert (habit.create is None) == (habit.refused is not None)
