"""The story that is shown: somebody comes to Ritmo with a history, and lives a week with it."""

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from rich.console import Console

from ops.faults import CannotRun
from tests.show.tables import account, day_table

Json = dict[str, Any]

HABITS: tuple[Json, ...] = (
    {"name": "Read ten pages", "cue": "after dinner", "tags": ["mind"]},
    {
        "name": "Drink water",
        "measure": "count",
        "unit": "glasses",
        "target": {"value": 6},
        "tags": ["health"],
    },
    {
        "name": "Run",
        "measure": "amount",
        "unit": "km",
        "target": {"value": 15, "per": "week"},
        "schedule": {"every": "times", "times": 3, "per": "week"},
        "tags": ["health"],
    },
    {"name": "Meditate", "measure": "duration", "target": {"value": 600}, "tags": ["mind"]},
    {"name": "No cigarettes", "kind": "quit", "tags": ["health"]},
    {
        "name": "Walk to work",
        "schedule": {"every": "weekdays", "days": ["mon", "tue", "wed", "thu", "fri"]},
    },
    {"name": "Back up the photos", "schedule": {"every": "month_days", "days": [1, -1]}},
    {
        "name": "Plan the month",
        "schedule": {"every": "rule", "rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"},
    },
)
"""Habits of every kind and measure, on several schedules."""

WEEK: tuple[tuple[str, int, Json], ...] = (
    *(("Read ten pages", ago, {}) for ago in (6, 5, 4, 3, 1)),
    ("Read ten pages", 2, {"state": "skipped", "note": "on a night train"}),
    *(("Drink water", ago, {"value": 6 + ago % 2}) for ago in (5, 4, 3, 2)),
    ("Drink water", 1, {"value": 4}),
    ("Run", 5, {"value": 5.2}),
    ("Run", 3, {"value": 6.4, "note": "around the lake"}),
    ("Run", 1, {"value": 4.15}),
    *(("Meditate", ago, {"value": 600 + 60 * ago}) for ago in (4, 3, 1, 0)),
    ("No cigarettes", 4, {"value": 1, "note": "at the party"}),
    *(("Walk to work", ago, {}) for ago in range(1, 8)),
)
"""What is logged: the habit, how many days ago, and the words."""


def safe_zone() -> str:
    """Choose a time zone in which the day will not end while the show goes on."""
    return "Europe/London" if 1 <= datetime.now(UTC).hour < 22 else "Asia/Tokyo"


@dataclass(slots=True)
class Story:
    """Tells the story to a Ritmo at the other end of `client`, and to people on `console`.

    `seen` collects what must come out the same wherever it is told.
    """

    client: httpx.Client
    console: Console
    zone: str
    email: str = "ada@example.org"
    seen: Json = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def tell(self, export: bytes) -> Json:
        """Tell all of it, and return what was seen."""
        self.register()
        self.bring(export)
        self.begin_habits()
        self.live_a_week()
        self.change_ones_mind()
        self.show_today()
        return self.seen

    def ask(self, method: str, path: str, **words: Any) -> httpx.Response:
        """Ask, and return the answer. Raises `CannotRun` with the problem if there is one."""
        answer = self.client.request(method, path, **words)
        if answer.is_error:
            said = answer.json()
            raise CannotRun(f"{method} {path}: {answer.status_code} {said['detail']}")
        return answer

    def register(self) -> None:
        """Open an account; from here on its token comes along."""
        account = {
            "email": self.email,
            "password": "correct horse battery staple",
            "name": "Ada",
            "zone": self.zone,
        }
        opened = self.ask("POST", "/v1/auth/register", json=account).json()
        self.client.headers["Authorization"] = f"Bearer {opened['access_token']}"
        self.say(f"{opened['user']['name']} has an account; her days are those of {self.zone}.")

    def bring(self, export: bytes) -> None:
        """Import a history: what would happen, do it, and do it again, which changes nothing."""
        would = self.imported(export, dry_run=True)
        done = self.imported(export)
        again = self.imported(export)
        self.say("Her history from Loop comes along. What became of every row:")
        self.console.print(account(done))
        rows = [[one["imported"] for one in each] for each in (would, done, again)]
        if rows[0] != rows[1] or any(rows[2]):
            raise CannotRun("The dry run, the import and its repetition do not fit together.")
        self.say("The dry run had said the same, and importing it again changed nothing.")
        self.seen["import"] = [without_id(one) for one in done]

    def imported(self, export: bytes, *, dry_run: bool = False) -> list[Json]:
        """Import an export and return its account, habit by habit."""
        answer = self.ask(
            "POST",
            "/v1/import",
            params={"dry_run": str(dry_run).lower()},
            files={"file": ("Loop Habits CSV.zip", export, "application/zip")},
        )
        while answer.json()["phase"] not in ("done", "failed"):
            time.sleep(0.2)
            answer = self.ask("GET", answer.headers.get("Location", answer.url.path))
        now = answer.json()
        if now["phase"] == "failed":
            raise CannotRun(f"The import failed: {now['problem']}")
        habits: list[Json] = now["habits"]
        return habits

    def begin_habits(self) -> None:
        """Begin habits of every kind, a fortnight ago."""
        start = str(self.today() - timedelta(days=13))
        for words in HABITS:
            habit = self.ask("POST", "/v1/habits", json={**words, "start_day": start}).json()
            self.ids[habit["name"]] = habit["habit_id"]
        self.say(f"She begins {len(HABITS)} habits of her own.")

    def live_a_week(self) -> None:
        """Log the last days, and add up today's glasses one by one."""
        for name, ago, words in WEEK:
            self.ask("PUT", self.day_of(name, ago), json=words)
        for number in range(3):
            self.ask(
                "POST",
                f"{self.day_of('Drink water', 0)}/increment",
                json={"by": 1},
                headers={"Idempotency-Key": f"glass {number}"},
            )
        glass = self.ask(
            "POST",
            f"{self.day_of('Drink water', 0)}/increment",
            json={"by": 1},
            headers={"Idempotency-Key": "glass 2"},
        ).json()
        self.seen["glasses"] = glass["value"]
        self.say(
            f"She logs {len(WEEK)} days, one of them skipped, and three glasses one by one; "
            "the third was sent twice and counted once."
        )

    def change_ones_mind(self) -> None:
        """Log a wrong number, and take it back."""
        self.ask("PUT", self.day_of("Run", 0), json={"value": 42.195})
        run = {"habit_id": self.ids["Run"]}
        undone = self.ask("POST", "/v1/undo", json=run).json()
        changes = self.ask("GET", f"/v1/habits/{self.ids['Run']}/history").json()["changes"]
        self.seen["undone"] = [undone["value"], len(changes)]
        self.say("A marathon logged by mistake is undone; the history keeps both.")

    def show_today(self) -> None:
        """Show the day, as it stands."""
        today = self.ask("GET", "/v1/today").json()
        self.say(f"Her day, {date.fromisoformat(today['day']):%A, %d %B %Y}:")
        self.console.print(day_table(today["habits"]))
        self.seen["day"] = today["day"]
        self.seen["today"] = [without_id(habit) for habit in today["habits"]]

    def today(self) -> date:
        """Return which day it is for her."""
        return date.fromisoformat(self.ask("GET", "/v1/today").json()["day"])

    def day_of(self, name: str, ago: int) -> str:
        """Return the address of a habit's day."""
        return f"/v1/habits/{self.ids[name]}/check-ins/{self.today() - timedelta(days=ago)}"

    def say(self, sentence: str) -> None:
        """Say what happened."""
        self.console.print(f"[green]•[/green] {sentence}")


def without_id(words: Json) -> Json:
    """Leave out what is different each time."""
    return {name: value for name, value in words.items() if name != "habit_id"}
