"""Analytics is away, and comes back; its history is folded anew beside a Ritmo that goes on."""

import json
import re
import signal
from datetime import UTC, datetime, timedelta

import httpx

from tests.journeys.running import Up, register, ritmo, until

DAYS = 30
OTHERS = 3
"""A profile, a habit, and that it begins with the first day logged."""

FACTS = "/v1/analytics/facts"


def logged(client: httpx.Client, habit_id: str) -> set[str]:
    """Return the days of a habit of which analytics has heard."""
    answer = client.get(FACTS, params={"format": "jsonl"})
    assert answer.status_code == 200, answer.text
    told = [json.loads(line) for line in answer.text.splitlines()]
    return {
        one["body"]["day"]
        for one in told
        if one["fact"] == "habits.habit_checked_in" and one["body"]["habit_id"] == habit_id
    }


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
    done = ritmo("analytics", "rebuild", data=data)
    assert done.returncode == 0, done.stdout + done.stderr
    rebuilt = re.search(r"Rebuilt: ([\d ,]+) facts", done.stdout)
    assert rebuilt is not None, done.stdout
    assert int(re.sub(r"\D", "", rebuilt[1])) >= DAYS + 1 + OTHERS
    assert logged(client, habit_id) == known


def test_folded_anew_beside_a_running_ritmo(own: Up) -> None:
    client, data = own.client, own.output.parent / "data"
    habit_id = begin(client, "ada@example.org")
    known = {check_in(client, habit_id, back) for back in reversed(range(DAYS))}
    until(lambda: logged(client, habit_id) == known, "analytics hears")
    before = client.get(FACTS).text
    done = ritmo("analytics", "rebuild", data=data)
    assert f"Rebuilt: {DAYS + OTHERS} facts, people: 1" in done.stdout, done.stdout + done.stderr
    assert client.get(FACTS).text == before
    done = ritmo("analytics", "rebuild", "--retell", data=data, real=True)
    assert "people: 1" in done.stdout, done.stdout + done.stderr
    table = client.get(FACTS).text
    assert table.startswith(before)
    again = [
        line for line in table.removeprefix(before).splitlines() if "check_ins_imported" in line
    ]
    assert len(again) == DAYS
    seen = ritmo("doctor", data=data)
    assert "✓ analytics" in seen.stdout, seen.stdout + seen.stderr
