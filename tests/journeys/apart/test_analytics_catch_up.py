"""Analytics is away, and comes back; it is told all anew beside a Ritmo that goes on."""

import json
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.journeys.running import Up, register, ritmo, until

DAYS = 30
OTHERS = 2
"""A profile and a habit."""

FACTS = "/v1/analytics/facts"


def logged(client: httpx.Client, habit_id: str) -> set[str]:
    """Return the days of a habit that analytics knows."""
    answer = client.get(FACTS, params={"format": "jsonl"})
    assert answer.status_code == 200, answer.text
    told = [json.loads(line) for line in answer.text.splitlines()]
    return {
        one["body"]["day"]
        for one in told
        if one["fact"] == "habits.habit_checked_in" and one["body"]["habit_id"] == habit_id
    }


def exported(client: httpx.Client) -> list[dict[str, object]]:
    """Return all that analytics knows, but for the versions by which it was told."""
    answer = client.get(FACTS, params={"format": "jsonl"})
    told = [json.loads(line) for line in answer.text.splitlines()]
    return [{name: value for name, value in one.items() if name != "version"} for one in told]


def check_in(client: httpx.Client, habit_id: str, back: int) -> str:
    """Log a day some days ago; return it."""
    day = (datetime.now(UTC) - timedelta(days=back)).date().isoformat()
    answer = client.put(f"/v1/habits/{habit_id}/check-ins/{day}", json={})
    assert answer.status_code == 200, answer.text
    return day


def begin(client: httpx.Client, email: str) -> str:
    """Begin to keep a habit."""
    client.headers.update(register(client, email))
    habit: str = client.post("/v1/habits", json={"name": "Read"}).json()["habit_id"]
    return habit


def told_again(data: Path) -> int:
    """Have analytics told all that it follows; return how many things it was told of."""
    done = ritmo("backfill", "analytics", data=data)
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.search(r"Told analytics of (\d+) things", done.stdout)
    assert told is not None, done.stdout
    return int(told[1])


def test_analytics_is_away_and_catches_up(apart: Up, guest: httpx.Client) -> None:
    client = guest
    habit_id = begin(client, "ada@catch-up.example.org")
    known = {check_in(client, habit_id, DAYS)}
    until(lambda: logged(client, habit_id) == known, "analytics hears")
    room = apart.part("run", "analytics")
    assert room is not None
    room.send_signal(signal.SIGSTOP)
    known |= {check_in(client, habit_id, back) for back in range(DAYS)}
    assert client.get(f"/v1/habits/{habit_id}").json()["streak"] == DAYS + 1
    problem = client.get(FACTS)
    assert (problem.status_code, problem.json()["code"]) == (504, "unanswered")
    room.kill()

    def back_again() -> bool:
        answer = client.get(FACTS)
        assert answer.status_code in (200, 503, 504), answer.text
        return answer.status_code == 200

    until(back_again, "the room is back")
    until(lambda: logged(client, habit_id) == known, "analytics has caught up")
    data = apart.output.parent / "data"
    assert told_again(data) >= DAYS + 1 + OTHERS
    assert logged(client, habit_id) == known


def test_told_anew_beside_a_running_ritmo(own: Up) -> None:
    client, data = own.client, own.output.parent / "data"
    habit_id = begin(client, "ada@example.org")
    known = {check_in(client, habit_id, back) for back in reversed(range(DAYS))}
    until(lambda: logged(client, habit_id) == known, "analytics hears")
    before = exported(client)
    assert told_again(data) == DAYS + OTHERS
    assert exported(client) == before
    seen = ritmo("doctor", data=data)
    assert "✓ analytics" in seen.stdout, seen.stdout + seen.stderr
    for wrong, sentence in (("secrets", "There is no room called"), ("auth", "keeps nothing")):
        refused = ritmo("backfill", wrong, data=data)
        assert refused.returncode == 1
        assert sentence in " ".join(refused.stderr.split())
