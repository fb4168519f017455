"""What the bot says: every sentence is translated, and what people write is read."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from actors.telegram.commands import ABOUT, COMMANDS
from actors.telegram.domain import MAX_DATA, Press, chat_of, fit, pack, units, unpack
from actors.telegram.matches import NamedHabit, meant
from actors.telegram.plans import plan_of
from actors.telegram.workers import GONE
from actors.telegram.zones import PLACES, REGIONS, zones_at, zones_in
from contracts.speech import catalog

ROOT = Path(__file__).parents[2]
SPEAKING = {"say", "count"}


def sentences() -> set[str]:
    """Collect what is said anywhere in the room: arguments of `say`, and what is named `text`."""
    found: set[str] = set()
    for path in (ROOT / "actors/telegram").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in SPEAKING:
                    found |= {
                        one.value
                        for one in node.args
                        if isinstance(one, ast.Constant) and isinstance(one.value, str)
                    }
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                named = isinstance(node.targets[0], ast.Name) and node.targets[0].id == "text"
                if named and isinstance(node.value.value, str):
                    found.add(node.value.value)
    return found


def test_all_that_the_bot_says_is_translated() -> None:
    known = catalog("ru")
    named = {name for name, _ in REGIONS.values()}
    said = {*sentences(), *COMMANDS.values(), ABOUT, *named, *GONE.values()}
    plural = {one for pair in known.forms for one in pair}
    assert len(said) > 80
    assert sorted(said - known.sentences.keys() - plural) == []


@pytest.mark.parametrize(
    ("line", "name", "fields", "at"),
    [
        (
            "Run 3x/week 5 km",
            "Run",
            {
                "schedule": {"every": "times", "times": 3, "per": "week"},
                "measure": "amount",
                "unit": "km",
                "target": {"value": 5.0},
            },
            "",
        ),
        (
            "Бег 3 раза в неделю 5,5 км в 7:30",
            "Бег",
            {
                "schedule": {"every": "times", "times": 3, "per": "week"},
                "measure": "amount",
                "unit": "км",
                "target": {"value": 5.5},
            },
            "07:30",
        ),
        ("Read every day", "Read", {"schedule": {"every": "day"}}, ""),
        (
            "Медитация 10 минут каждый день в 21:05",
            "Медитация",
            {"schedule": {"every": "day"}, "measure": "duration", "target": {"value": 600.0}},
            "21:05",
        ),
        (
            "Gym mon, wed and fri",
            "Gym",
            {"schedule": {"every": "weekdays", "days": ["mon", "wed", "fri"]}},
            "",
        ),
        (
            "Поливать цветы каждые 3 дня",
            "Поливать цветы",
            {"schedule": {"every": "n_days", "n": 3}},
            "",
        ),
        ("Push-ups 20x", "Push-ups", {"measure": "count", "target": {"value": 20.0}}, ""),
        ("No sugar", "No sugar", {"kind": "quit"}, ""),
        ("Meditate", "Meditate", {}, ""),
        ("Monday", "Monday", {}, ""),
        ("Write <b>&", "Write <b>&", {}, ""),
    ],
)
def test_a_habit_is_read_from_one_line(
    line: str, name: str, fields: dict[str, object], at: str
) -> None:
    plan = plan_of(line)
    assert (plan.name, plan.fields, plan.at) == (name, fields, at)


HABITS = [
    NamedHabit(UUID(int=1), "Run", "amount", "km"),
    NamedHabit(UUID(int=2), "Read", "amount", "pages"),
    NamedHabit(UUID(int=3), "Вода", "count", ""),
    NamedHabit(UUID(int=4), "Медитация", "duration", ""),
]


@pytest.mark.parametrize(
    ("text", "name", "amount"),
    [
        ("ran 5 km", "Run", "5 km"),
        ("running 3.5 km today", "Run", "3.5 km"),
        ("пробежал 5 км", "Бег", "5 км"),
        ("read 12 pages", "Read", "12 pages"),
        ("помедитировал 10 минут", "Медитация", "10 минут"),
    ],
)
def test_what_was_done_is_matched_to_a_habit(text: str, name: str, amount: str) -> None:
    said = meant(text, [*HABITS, NamedHabit(UUID(int=5), "Бег", "amount", "км")])
    assert (said.sure, said.habits[0].name, said.amount) == (True, name, amount)


def test_what_is_unclear_is_not_guessed() -> None:
    two = [
        NamedHabit(uuid4(), "Run far", "yes_no", ""),
        NamedHabit(uuid4(), "Run fast", "yes_no", ""),
    ]
    assert not meant("run", two).sure
    assert len(meant("run", two).habits) == 2
    assert meant("hello there", HABITS).habits == ()


def test_a_button_says_what_it_is_for_in_few_bytes() -> None:
    press = Press("r_later", UUID(int=2**128 - 1), date(9999, 12, 31), "999999999999")
    assert len(pack(press).encode()) <= MAX_DATA
    for one in (press, Press("today"), Press("mood", extra="3"), Press("x", UUID(int=0))):
        assert unpack(pack(one)) == one
    for odd in ("", "a b", "done..9999999", "<script>", "d" * 64, "done...-" * 9):
        assert unpack(odd) is None


def test_texts_are_cut_by_the_units_that_telegram_counts() -> None:
    assert units("🔥") == 2
    assert fit("🔥" * 3000, 4096).endswith("🔥…")
    assert units(fit("🔥" * 3000, 4096)) <= 4096
    assert fit("short", 10) == "short"


def test_every_update_has_a_chat() -> None:
    assert chat_of({"update_id": 1, "message": {"chat": {"id": 5}, "from": {"id": 6}}}) == 5
    assert chat_of({"update_id": 1, "callback_query": {"from": {"id": 6}}}) == 6
    inside = {"from": {"id": 6}, "message": {"chat": {"id": 7}}}
    assert chat_of({"update_id": 1, "callback_query": inside}) == 7
    assert chat_of({"update_id": 1, "poll": {"id": "x"}, "odd": [1]}) == 0


def test_a_clock_tells_the_zone() -> None:
    now = datetime(2031, 1, 5, 12, 0, tzinfo=UTC)
    assert "Europe/Moscow" in zones_at("15:02", now)
    assert zones_at("europe/berlin", now) == ["Europe/Berlin"]
    assert zones_at("17:45", now) == ["Asia/Kathmandu"]
    assert zones_at("noon", now) == []


def test_every_zone_that_is_offered_lies_in_a_part_of_the_world() -> None:
    assert sorted(PLACES) == sorted(name for region in REGIONS for name in zones_in(region))
    assert all(len(region) <= 12 for region in REGIONS), "a button holds no more"
