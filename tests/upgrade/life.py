"""Lives of made-up people over HTTP, in the words of the oldest API; and a record of all it says.

It uses nothing of Ritmo: it is told to a Ritmo of any age.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

Json = dict[str, Any]
PASSWORD = "a password that opens nothing"
PATIENCE = 120.0
"""Seconds in which a reminder must come."""

SCHEDULES: dict[str, Json] = {
    "Stretch": {"every": "day"},
    "Walk to work": {"every": "weekdays", "days": ["mon", "tue", "wed", "thu", "fri"]},
    "Water the plants": {"every": "n_days", "n": 3},
    "Swim": {"every": "times", "times": 2, "per": "week"},
    "Call a friend": {"every": "times", "times": 3, "per": "days", "days": 14},
    "Pay the rent": {"every": "month_days", "days": [1, 15, -1]},
    "Book club": {"every": "nth_weekday", "weekday": "tue", "nth": 2},
    "Check the roof": {"every": "year", "month": 10, "day": 3},
    "Plan the month": {"every": "rule", "rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"},
}
"""A yes/no habit on every kind of schedule."""

MEASURED: tuple[Json, ...] = (
    {"name": "Drink water", "measure": "count", "unit": "glasses", "target": {"value": 6}},
    {
        "name": "Run",
        "measure": "amount",
        "unit": "km",
        "target": {"value": 15, "per": "week"},
        "schedule": {"every": "times", "times": 3, "per": "week"},
        "tags": ["health", "outside"],
        "cue": "before breakfast",
    },
    {"name": "Meditate", "measure": "duration", "target": {"value": 600}, "tags": ["mind"]},
    {
        "name": "Read",
        "measure": "count",
        "unit": "pages",
        "target": {"value": 100, "per": "rolling", "days": 10},
        "tags": ["mind"],
    },
    {
        "name": "Coffee",
        "measure": "count",
        "unit": "cups",
        "target": {"value": 3, "at": "most"},
        "colour": "#7B1FA2",
        "icon": "☕",
    },
    {"name": "No cigarettes", "kind": "quit", "tags": ["health"]},
    {"name": "Floss", "question": "Did you floss?"},
)
"""Habits of every measure and kind."""

DAYS = 75
"""How long people have kept habits."""


@dataclass
class Person:
    """Somebody with an account; `ids` are those of their habits, by name."""

    client: httpx.Client
    email: str
    zone: str
    language: str = "en"
    ids: dict[str, str] = field(default_factory=dict)
    tokens: Json = field(default_factory=dict)

    def ask(self, method: str, path: str, json: Any = None, **words: Any) -> Any:
        """Ask; return the answer, which must be none of refusal."""
        headers = {"Accept-Language": self.language}
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        headers |= words.pop("headers", {})
        answer = self.client.request(method, path, json=json, headers=headers, **words)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        kind = answer.headers.get("content-type", "")
        return answer.json() if "json" in kind else answer.text

    def register(self) -> None:
        """Open an account."""
        name = self.email.split("@")[0].capitalize()
        words = {"email": self.email, "password": PASSWORD, "name": name, "zone": self.zone}
        self.ask("POST", "/v1/auth/register", words | {"language": self.language})
        self.log_in()

    def log_in(self) -> None:
        """Begin a session."""
        words = {"email": self.email, "password": PASSWORD}
        self.tokens = {}
        self.tokens = self.ask("POST", "/v1/auth/login", words)

    def begin(self, start: date, **words: Any) -> None:
        """Begin a habit."""
        made = self.ask("POST", "/v1/habits", {**words, "start_day": str(start)})
        self.ids[made["name"]] = made["habit_id"]

    def log(self, name: str, day: date, **words: Any) -> None:
        """Log a day of a habit."""
        self.ask("PUT", f"/v1/habits/{self.ids[name]}/check-ins/{day}", words)

    def today(self) -> date:
        """Return which day it is for them."""
        return date.fromisoformat(self.ask("GET", "/v1/today")["day"])


def live(client: httpx.Client) -> list[Person]:
    """Let people live with Ritmo for some weeks; return them."""
    ann = Person(client, "ann@example.org", "Europe/Berlin")
    boris = Person(client, "boris@example.org", "Asia/Tokyo", "ru")
    cleo = Person(client, "cleo@example.org", "America/New_York")
    for one in (ann, boris, cleo):
        one.register()
    keep_all_habits(ann)
    rest_and_regret(ann)
    write_a_diary(ann)
    live_in_russian(boris)
    cleo.begin(cleo.today() - timedelta(days=3), name="Floss")
    cleo.log("Floss", cleo.today() - timedelta(days=1))
    be_reminded(ann)
    return [ann, boris, cleo]


def keep_all_habits(who: Person) -> None:
    """Keep habits of every kind on every schedule, some well, some badly."""
    today = who.today()
    start = today - timedelta(days=DAYS)
    for name, schedule in SCHEDULES.items():
        who.begin(start, name=name, schedule=schedule, question=f"{name} today?")
    for words in MEASURED:
        who.begin(start, **words)
    days = [start + timedelta(days=n) for n in range(DAYS)]
    for n, day in enumerate(days):
        if n % 7 != 5:
            who.log("Stretch", day, **({"note": "on the balcony"} if n % 20 == 0 else {}))
        if day.weekday() < 5 and n % 11:
            who.log("Walk to work", day)
        if n % 3 == 0:
            who.log("Water the plants", day, state="failed" if n % 18 == 0 else "done")
        if day.weekday() in (1, 5):
            who.log("Swim", day, state="skipped" if n % 30 < 7 else "done")
        if n % 5 == 2:
            who.log("Call a friend", day)
        if day.day in (1, 15):
            who.log("Pay the rent", day)
        if n % 2:
            who.log("Drink water", day, value=4 + n % 5)
        if n % 3 == 1:
            who.log("Run", day, value=4.25 + n % 4)
        if n % 4:
            who.log("Meditate", day, value=300 + 60 * (n % 9))
        who.log("Read", day, value=n * 7 % 19)
        who.log("Coffee", day, value=n % 5)
        if n in (10, 33, 34, 60):
            who.log("No cigarettes", day, value=1, note="at the party")
    for number in range(3):
        path = f"/v1/habits/{who.ids['Drink water']}/check-ins/{today}/increment"
        who.ask("POST", path, {"by": 1}, headers={"Idempotency-Key": f"glass {number}"})


def rest_and_regret(who: Person) -> None:
    """Take breaks, change plans, undo, archive, delete."""
    today = who.today()

    def ago(days: int) -> str:
        return str(today - timedelta(days=days))

    who.ask("POST", "/v1/breaks", {"from": ago(30), "to": ago(24), "reason": "in the mountains"})
    who.ask("POST", "/v1/breaks", {"from": ago(12), "to": ago(11), "tag": "health"})
    swim = {"habit_id": who.ids["Swim"], "reason": "an ear that hurts"}
    who.ask("POST", "/v1/breaks", {"from": ago(2), "to": str(today + timedelta(days=5)), **swim})
    weekly = {"schedule": {"every": "times", "times": 4, "per": "week"}}
    who.ask("PATCH", f"/v1/habits/{who.ids['Stretch']}", weekly)
    more = {"target": {"value": 900}, "effective_from": str(today + timedelta(days=9))}
    who.ask("PATCH", f"/v1/habits/{who.ids['Meditate']}", more)
    who.log("Run", today, value=42.195)
    who.ask("POST", "/v1/undo", {"habit_id": who.ids["Run"]})
    who.ask("DELETE", f"/v1/habits/{who.ids['Coffee']}/check-ins/{ago(3)}")
    who.begin(today - timedelta(days=40), name="Learn the flute")
    for number in range(20):
        who.log("Learn the flute", today - timedelta(days=40 - number))
    who.ask("PATCH", f"/v1/habits/{who.ids['Learn the flute']}", {"archived": True})
    who.begin(today, name="A mistake")
    who.ask("DELETE", f"/v1/habits/{who.ids.pop('A mistake')}")
    order = [who.ids["Run"], who.ids["Meditate"]]
    who.ask("PUT", "/v1/habit-order", {"habit_ids": order})


def write_a_diary(who: Person) -> None:
    """Write entries with moods, answer a prompt, name moods, change and throw away."""
    today = who.today()
    names = ("awful", "meh", "so-so", "fine", "splendid")
    moods = [{"mood": n, "name": name} for n, name in enumerate(names, start=1)]
    who.ask("PUT", "/v1/journal/moods", {"moods": moods})
    who.ask("POST", "/v1/journal/templates", {"name": "Evening", "body": "## Today\n\n- \n"})
    prompt = who.ask("POST", "/v1/journal/prompts", {"question": "What did you see?"})
    made = []
    for n in range(0, DAYS, 2):
        words: Json = {"day": str(today - timedelta(days=n)), "mood": 1 + n * 7 % 5}
        if n % 4 == 0:
            words |= {"text": f"Walked around the *lake*, number {n}.", "tags": ["outside"]}
        if n % 6 == 0:
            words |= {"title": f"Day {n}", "energy": 1 + n % 5, "habit_ids": [who.ids["Run"]]}
        if n % 10 == 0:
            words |= {"prompt_id": prompt["prompt_id"], "text": "A heron.", "favourite": True}
        made.append(who.ask("POST", "/v1/journal/entries", words)["entry_id"])
    who.ask("PATCH", f"/v1/journal/entries/{made[2]}", {"text": "Rewritten.", "mood": 5})
    who.ask("PATCH", f"/v1/journal/entries/{made[2]}", {"text": "Rewritten twice."})
    for entry in made[5:7]:
        who.ask("DELETE", f"/v1/journal/entries/{entry}")
    who.ask("DELETE", f"/v1/journal/entries/{made[8]}", params={"forever": "true"})


def be_reminded(who: Person) -> None:
    """Set up reminders of every kind, and wait until one of them has come."""
    who.ask("PUT", "/v1/channels/apprise", {"url": "json://127.0.0.1:9/nobody"})
    quiet = {"quiet_hours": {"from": "03:00", "to": "03:30"}}
    digests = {"digests": ["week"], "digest_at": "03:33"}
    who.ask("PUT", "/v1/reminders/settings", quiet | digests)
    ids = who.ids
    soon = _soon(who.zone)
    for words in (
        {"habit_id": ids["Walk to work"], "times": ["03:40", "04:10"], "weekdays": ["mon", "fri"]},
        {"habit_id": ids["Stretch"], "kind": "at_risk", "streak": 2, "times": ["03:50"]},
        {"habit_id": ids["Swim"], "kind": "silence", "after_days": 5, "times": ["03:45"]},
        {"habit_id": ids["Meditate"], "kind": "smart", "times": ["03:20"]},
        {"text": "Write something", "unless_written": True, "times": ["03:55"]},
        {"text": "Off", "enabled": False},
        {"habit_id": ids["Floss"], "times": [soon], "channels": ["email", "apprise"]},
    ):
        made = who.ask("POST", "/v1/reminders", words)
    path = f"/v1/reminders/{made['reminder_id']}"
    until = time.monotonic() + PATIENCE
    while len(_settled(who)) < 2 or not who.ask("GET", path)["history"]:
        if time.monotonic() > until:
            raise RuntimeError("The reminder does not come.")
        time.sleep(0.5)
    who.ask("PATCH", path, {"times": ["03:35"]})
    flute = who.ask("POST", "/v1/reminders", {"text": "The flute", "times": ["03:15"]})
    later = {"feedback": "later"}
    who.ask("POST", f"/v1/reminders/{flute['reminder_id']}/feedback", later)
    who.ask("POST", f"/v1/reminders/{flute['reminder_id']}/snooze", {"until": "tomorrow"})


def _settled(who: Person) -> list[Json]:
    """Return the deliveries that were tried."""
    found = who.ask("GET", "/v1/deliveries")["deliveries"]
    return [one for one in found if one["attempts"] > 0]


def _soon(zone: str) -> str:
    """Return the next minute but one, on the clock of a zone."""
    return f"{datetime.now(UTC).astimezone(ZoneInfo(zone)) + timedelta(minutes=1):%H:%M}"


def live_in_russian(who: Person) -> None:
    """Live on the other side of the world, with days that begin at four."""
    who.ask("PATCH", "/v1/me", {"day_start": 240, "week_start": "sun"})
    today = who.today()
    start = today - timedelta(days=20)
    who.begin(start, name="Читать", measure="count", unit="страниц", target={"value": 10})
    who.begin(start, name="Без сахара", kind="quit")
    for n in range(1, 20):
        who.log("Читать", today - timedelta(days=n), value=n * 3 % 14)
    who.log("Без сахара", today - timedelta(days=6), value=2)
    words = {"text": "Сегодня видел **цаплю** у озера.", "mood": 5, "tags": ["прогулка"]}
    who.ask("POST", "/v1/journal/entries", words)
    who.ask("POST", "/v1/reminders", {"habit_id": who.ids["Читать"], "times": ["21:30"]})


def record(who: Person) -> dict[str, Any]:
    """Ask for all that a person may see, and keep what is answered, by path."""
    who.log_in()
    answers = {path: who.ask("GET", path) for path in paths(who)}
    for path in [*more(answers)]:
        answers[path] = who.ask("GET", path)
    return answers


def paths(who: Person) -> Iterator[str]:
    """Name what there is without an id, and with some."""
    today = who.today()
    long_ago, lately = today - timedelta(days=DAYS + 5), today - timedelta(days=20)
    ranged = f"from={long_ago}&to={today}"
    yield from ("/v1/me", "/v1/today", "/v1/tags", "/v1/breaks", "/v1/habits?limit=500")
    yield from (f"/v1/today?day={today - timedelta(days=n)}" for n in (1, 12, 27, 50))
    yield "/v1/habits?archived=true"
    yield from (f"/v1/journal/{name}" for name in ("tags", "moods", "prompts", "prompts/today"))
    yield from ("/v1/journal/templates", f"/v1/journal/calendar?{ranged}")
    yield f"/v1/journal/on-this-day?day={today}"
    yield from ("/v1/journal/entries?limit=100", "/v1/journal/entries?deleted=true")
    yield from ("/v1/journal/entries?q=lake", "/v1/journal/entries?q=цапля")
    yield from (f"/v1/analytics/summary?{ranged}", f"/v1/analytics/moods?{ranged}")
    yield f"/v1/analytics/summary?from={lately}&to={today}"
    yield f"/v1/analytics/associations?{ranged}"
    yield from ("/v1/channels", "/v1/deliveries", "/v1/reminders", "/v1/reminders/settings")
    for habit in who.ids.values():
        yield from (f"/v1/habits/{habit}", f"/v1/habits/{habit}/streaks")
        yield f"/v1/habits/{habit}/check-ins?{ranged}&limit=200"
        yield f"/v1/habits/{habit}/history?limit=20"
        yield f"/v1/analytics/habits/{habit}?{ranged}"


def more(answers: dict[str, Any]) -> Iterator[str]:
    """Name what the answers lead to."""
    for one in answers["/v1/reminders"]["reminders"]:
        yield from (f"/v1/reminders/{one['reminder_id']}{end}" for end in ("", "/why"))
        if one["kind"] == "smart":
            yield f"/v1/reminders/{one['reminder_id']}/proposal"
    for one in answers["/v1/deliveries"]["deliveries"]:
        yield f"/v1/deliveries/{one['delivery_id']}"
    for path in ("/v1/journal/entries?limit=100", "/v1/journal/entries?deleted=true"):
        for one in answers[path]["entries"][:10]:
            yield from (f"/v1/journal/entries/{one['entry_id']}{end}" for end in ("", "/history"))
