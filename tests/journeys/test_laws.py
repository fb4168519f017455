"""Whatever is asked over HTTP in whatever order: the answers are what the whole history gives."""

from datetime import date, timedelta
from random import Random
from typing import Any

import httpx
import pytest

from contracts.habit import Habit
from contracts.keeping.progress import Standing, begin, entries_of, standing
from contracts.keeping.promise import Promise
from tests.journeys.running import Up, register, until

HABITS: list[dict[str, Any]] = [
    {"name": "Read"},
    {"name": "Run", "schedule": {"every": "times", "times": 3, "per": "week"}, "tags": ["out"]},
    {"name": "Sip", "measure": "count", "target": {"value": 4}, "tags": ["in"]},
    {"name": "Row", "measure": "amount", "unit": "km", "target": {"value": 9, "per": "week"}},
    {"name": "Smoke", "kind": "quit"},
]
SCHEDULES: list[dict[str, Any]] = [
    {"every": "day"},
    {"every": "weekdays", "days": ["tue", "sat"]},
    {"every": "times", "times": 2, "per": "month"},
    {"every": "times", "times": 4, "per": "week"},
    {"every": "days", "n": 3},
]
STEPS = 6
"""Things that happen to each habit before it is looked at for the last time."""


class Life:
    """Somebody's habits, and what happens to them; `seed` decides what."""

    def __init__(self, client: httpx.Client, seed: int) -> None:
        self.client, self.chance = client, Random(seed)
        self.today = date.fromisoformat(self.ask("GET", "/today")["day"])

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Ask, and return what is answered; a refusal is no error: then nothing happens."""
        answer = self.client.request(method, f"/v1{path}", **more)
        assert answer.status_code < 500, answer.text
        return answer.json() if answer.content and answer.status_code < 400 else None

    def day(self, first: int, last: int = 0) -> str:
        """Choose a day between two, counted from today."""
        return (self.today + timedelta(days=self.chance.randint(first, last))).isoformat()

    def happen(self, habit: dict[str, Any]) -> Any:
        """Let one thing happen to a habit; return the answer, if it says how the habit stands."""
        at = f"/habits/{habit['habit_id']}"
        on = f"{at}/check-ins/{self.day(-60)}"
        done = {"value": self.chance.randint(0, 1 if habit["measure"] == "yes_no" else 6)}
        match self.chance.choice([*["log"] * 5, "add", "skip", *["empty"] * 2, "undo", *PLANS]):
            case "log":
                return self.ask("PUT", on, json=done)
            case "add":
                return self.ask("POST", f"{on}/increment", json={"by": 1})
            case "skip":
                return self.ask("PUT", on, json={"state": "skipped"})
            case "empty":
                return self.ask("DELETE", on)
            case "undo":
                return self.ask("POST", "/undo", json={"habit_id": habit["habit_id"]})
            case "plan":
                plan = {"schedule": self.chance.choice(SCHEDULES)}
                self.ask("PATCH", at, json={**plan, "effective_from": self.day(0, 9)})
            case "aim":
                aim = {
                    "value": self.chance.randint(1, 9),
                    "per": self.chance.choice(["day", "week"]),
                }
                self.ask("PATCH", at, json={"target": aim})
            case "rest":
                self.rest(habit)
            case "work":
                for one in self.ask("GET", "/breaks")["breaks"][:1]:
                    self.ask("DELETE", f"/breaks/{one['break_id']}")
            case "week":
                self.turn(self.chance.choice(["mon", "sat", "sun"]))
        return None

    def rest(self, habit: dict[str, Any]) -> None:
        """Take a break: from the habit, from a tag, or from everything."""
        first = self.day(-50, 5)
        last = date.fromisoformat(first) + timedelta(days=self.chance.randint(0, 12))
        whose = self.chance.choice([{"habit_id": habit["habit_id"]}, {"tag": "OUT"}, {}])
        self.ask("POST", "/breaks", json={"from": first, "to": last.isoformat(), **whose})

    def turn(self, week_start: str) -> None:
        """Let weeks begin on another day, and wait until all habits have heard of it."""
        self.ask("PATCH", "/me", json={"week_start": week_start})

        def heard() -> bool:
            shown = self.ask("GET", "/habits")["habits"]
            return all(one["versions"][-1]["week_start"] == week_start for one in shown)

        until(heard, "the week begins elsewhere")

    def worked_out(self, shown: Habit) -> Standing:
        """Work out where a habit stands from all that is told of it."""
        logged = self.ask("GET", f"/habits/{shown.habit_id}/check-ins?limit=500")["check_ins"]
        rests = [
            (date.fromisoformat(one["from"]), date.fromisoformat(one["to"]))
            for one in self.ask("GET", "/breaks")["breaks"]
            if one["habit_id"] in (None, str(shown.habit_id))
            and (one["tag"] is None or one["tag"].casefold() in shown.tags)
        ]
        entries = entries_of(
            (date.fromisoformat(one["day"]), round(one["value"] * 1000), one["state"])
            for one in logged
        )
        promise = Promise(shown.kind, shown.measure, shown.start_day, shown.versions)
        return standing(begin(promise), promise, entries, rests, self.today)


PLANS = ("plan", "aim", "rest", "work", "week")


@pytest.fixture(scope="module")
def people(embedded: Up) -> httpx.Client:
    embedded.client.headers.update(register(embedded.client, "laws@example.org", zone="UTC"))
    return embedded.client


@pytest.mark.parametrize("seed", [20_260_101, 99])
def test_what_is_answered_is_what_the_whole_history_gives(people: httpx.Client, seed: int) -> None:
    life = Life(people, seed)
    begun = [life.ask("POST", "/habits", json=one) for one in HABITS]
    compared = 0
    for step in range(STEPS * len(begun)):
        habit = life.chance.choice(begun)
        said = life.happen(habit)
        if said is None and step % 5:
            continue
        shown = Habit.model_validate(life.ask("GET", f"/habits/{habit['habit_id']}"))
        whole = life.worked_out(shown)
        right = (whole.streak, whole.best_streak, whole.unit.per, whole.score)
        assert (shown.streak, shown.best_streak, shown.streak_unit, shown.score) == right
        if said is not None:
            names = ("streak", "best_streak", "streak_unit", "score")
            assert tuple(said[name] for name in names) == right, said
            compared += 1
    assert compared > STEPS
    for one in life.ask("GET", "/today")["habits"]:
        shown = Habit.model_validate(life.ask("GET", f"/habits/{one['habit_id']}"))
        whole = life.worked_out(shown)
        assert (one["streak"], one["score"]) == (whole.streak, whole.score)
        assert (one["done"], one["needed"], one["due"]) == (whole.done, whole.needed, whole.due)
    for habit in begun:
        life.ask("DELETE", f"/habits/{habit['habit_id']}")
