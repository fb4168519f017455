"""Whatever is asked over HTTP in whatever order: the answers are what the whole history gives."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
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
PLANS = ("plan", "aim", "rest", "work", "week")
KINDS = (*["log"] * 5, "add", "skip", *["empty"] * 2, "undo", *PLANS)
"""What can happen to a habit, by how often it does."""

ROUNDS = 3
"""Times that all of it happens, in whatever order."""


class Life:
    """Somebody's habits, and what happens to them; `seed` decides what."""

    def __init__(self, client: httpx.Client, seed: int) -> None:
        self.client, self.chance = client, Random(seed)
        self.worked: Counter[str] = Counter()
        self.today = date.fromisoformat(self.ask("GET", "/today")["day"])

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Ask, and return what is answered; a refusal is no error: then nothing happens."""
        answer = self.client.request(method, f"/v1{path}", **more)
        assert answer.status_code < 500, answer.text
        self.refused = answer.status_code >= 400
        return answer.json() if answer.content and answer.status_code < 400 else None

    def did(self, kind: str, method: str, path: str, **more: Any) -> Any:
        """Ask as `ask` does, and count what was not refused by its kind."""
        said = self.ask(method, path, **more)
        self.worked[kind] += not self.refused
        return said

    def day(self, first: int, last: int = 0) -> str:
        """Choose a day between two, counted from today."""
        return (self.today + timedelta(days=self.chance.randint(first, last))).isoformat()

    def happen(self, kind: str, habit: dict[str, Any]) -> Any:
        """Let one thing happen to a habit; return the answer, if it says how the habit stands."""
        at = f"/habits/{habit['habit_id']}"
        on = f"{at}/check-ins/{self.day(-60)}"
        done = {"value": self.chance.randint(0, 1 if habit["measure"] == "yes_no" else 6)}
        match kind:
            case "log":
                return self.did(kind, "PUT", on, json=done)
            case "add":
                return self.did(kind, "POST", f"{on}/increment", json={"by": 1})
            case "skip":
                return self.did(kind, "PUT", on, json={"state": "skipped"})
            case "empty":
                return self.did(kind, "DELETE", on)
            case "undo":
                return self.did(kind, "POST", "/undo", json={"habit_id": habit["habit_id"]})
            case "plan":
                plan = {"schedule": self.chance.choice(SCHEDULES)}
                self.did(kind, "PATCH", at, json={**plan, "effective_from": self.day(0, 9)})
            case "aim":
                aim = {
                    "value": self.chance.randint(1, 9),
                    "per": self.chance.choice(["day", "week"]),
                }
                self.did(kind, "PATCH", at, json={"target": aim})
            case "rest":
                self.rest(habit)
            case "work":
                for one in self.ask("GET", "/breaks")["breaks"][:1]:
                    self.did(kind, "DELETE", f"/breaks/{one['break_id']}")
            case "week":
                self.turn(self.chance.choice(["mon", "sat", "sun"]))
        return None

    def rest(self, habit: dict[str, Any]) -> None:
        """Take a break: from the habit, from a tag, or from everything."""
        first = self.day(-50, 5)
        last = date.fromisoformat(first) + timedelta(days=self.chance.randint(0, 12))
        whose = self.chance.choice([{"habit_id": habit["habit_id"]}, {"tag": "OUT"}, {}])
        self.did("rest", "POST", "/breaks", json={"from": first, "to": last.isoformat(), **whose})

    def turn(self, week_start: str) -> None:
        """Let weeks begin on another day, and wait until all habits have heard of it."""
        self.did("week", "PATCH", "/me", json={"week_start": week_start})

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


def zone_of_noon() -> str:
    """Name a zone in which it is about noon, so that no day ends while somebody lives in it."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


@pytest.fixture(scope="module")
def people(embedded: Up) -> httpx.Client:
    zone = zone_of_noon()
    embedded.client.headers.update(register(embedded.client, "laws@example.org", zone=zone))
    return embedded.client


@pytest.mark.parametrize("seed", [20_260_101, 99])
def test_what_is_answered_is_what_the_whole_history_gives(people: httpx.Client, seed: int) -> None:
    life = Life(people, seed)
    begun = [life.ask("POST", "/habits", json=one) for one in HABITS]
    compared = 0
    kinds = [*KINDS] * ROUNDS
    life.chance.shuffle(kinds)
    for step, kind in enumerate(kinds):
        # A target is of what is counted or measured.
        habit = life.chance.choice(begun[2:4] if kind == "aim" else begun)
        said = life.happen(kind, habit)
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
    assert compared > len(begun)
    never = {*KINDS} - {kind for kind, times in life.worked.items() if times}
    assert never == set(), "this is only looked at if it happens"
    for one in life.ask("GET", "/today")["habits"]:
        shown = Habit.model_validate(life.ask("GET", f"/habits/{one['habit_id']}"))
        whole = life.worked_out(shown)
        assert (one["streak"], one["score"]) == (whole.streak, whole.score)
        assert (one["done"], one["needed"], one["due"]) == (whole.done, whole.needed, whole.due)
    for habit in begun:
        life.ask("DELETE", f"/habits/{habit['habit_id']}")
