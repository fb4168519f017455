"""Half a year of somebody's life, looked at from every side; in one process.

That reports come over RabbitMQ just as well: `apart/test_reports.py`.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.journeys.running import Up, register, ritmo, until

Json = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def robin(embedded: Up) -> Iterator[httpx.Client]:
    """Add the demo user, and come in as them; in the end take them away."""
    data = embedded.output.parent / "data"
    added = ritmo("demo", "--zone", "Europe/Berlin", data=data)
    assert added.returncode == 0, added.stdout + added.stderr
    found = re.search(r"password\s+(\S+)", added.stdout)
    assert found is not None
    again = ritmo("demo", data=data, real=True)
    assert again.returncode == 1
    assert "There is a demo user already" in again.stderr
    words = {"email": "demo@example.org", "password": found[1]}
    with httpx.Client(base_url=embedded.client.base_url, timeout=30, trust_env=False) as client:
        opened = client.post("/v1/auth/login", json=words).json()
        client.headers["Authorization"] = f"Bearer {opened['access_token']}"
        caught_up(client)
        yield client
        removed = ritmo("demo", "--remove", data=data)
        assert removed.returncode == 0, removed.stderr
        assert client.post("/v1/auth/login", json=words).status_code == 401
        assert ritmo("demo", "--remove", data=data).returncode == 1


def caught_up(client: httpx.Client) -> None:
    """Wait until analytics knows all that habits and journal know."""
    entries = len(all_entries(client))
    days = {"from": str(today(client) - timedelta(days=200)), "to": str(today(client))}

    def known() -> bool:
        seen = client.get("/v1/analytics/moods", params=days)  # the least work of all reports
        return seen.status_code == 200 and seen.json()["entries"] == entries

    assert entries > 100
    until(known, "analytics has caught up")


def all_entries(client: httpx.Client) -> list[Json]:
    """Read the diary, page by page."""
    found: list[Json] = []
    cursor: str | None = None
    while True:
        params = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/journal/entries", params=params).raise_for_status().json()
        found += page["entries"]
        cursor = page["next"]
        if cursor is None:
            return found


def today(client: httpx.Client) -> date:
    return date.fromisoformat(client.get("/v1/today").json()["day"])


def half_year(client: httpx.Client) -> dict[str, str]:
    return {"from": str(today(client) - timedelta(days=182)), "to": str(today(client))}


def habit(client: httpx.Client, name: str) -> str:
    listed = client.get("/v1/habits", params={"archived": "all"}).json()["habits"]
    found: str = next(one["habit_id"] for one in listed if one["name"] == name)
    return found


def test_the_summary_answers_for_each_period(robin: httpx.Client) -> None:
    for period in ("day", "week", "month", "year"):
        summary = robin.get("/v1/analytics/summary", params={"period": period}).json()
        assert summary["first"] <= summary["today"] <= summary["last"] or summary["steps"]
    whole = robin.get("/v1/analytics/summary", params=half_year(robin)).json()
    assert 0.4 < whole["completion"] < 0.95
    assert whole["kept"] <= whole["asked"]
    assert whole["asked"] == sum(one["asked"] for one in whole["habits"])
    assert whole["best"]["rate"] >= whole["worst"]["rate"]
    assert whole["perfect_days"] <= whole["days_asked"]
    assert 2 < whole["mood"] < 4.5


def test_a_habit_is_seen_from_every_side(robin: httpx.Client) -> None:
    insight = robin.get(f"/v1/analytics/habits/{habit(robin, 'Meditate')}").json()
    now = robin.get(f"/v1/habits/{insight['habit_id']}").json()
    assert insight["scores"][-1]["value"] == pytest.approx(now["score"], abs=1e-9)
    assert insight["line"]["streak"] == now["streak"]
    assert insight["line"]["best_streak"] == now["best_streak"]
    assert sum(sum(month["counts"]) for month in insight["weekdays"]) > 80
    assert max(range(24), key=lambda hour: insight["hours"][hour]) in (6, 7, 8)
    assert insight["hours_known"] == sum(insight["hours"])
    assert insight["heat"]
    assert insight["trend"]
    assert insight["milestones"]


def test_what_was_planted_is_found(robin: httpx.Client) -> None:
    found = robin.get("/v1/analytics/associations", params=half_year(robin)).json()
    pairs = {(one["kind"], one["name"]): one for one in found["associations"]}
    running = pairs["mood_same_day", "Run"]
    assert running["enough"]
    assert 0.2 < running["effect"] < 1.2
    assert running["low"] < running["effect"] < running["high"]
    assert "Run" in running["text"]
    russian = half_year(robin) | {"language": "ru"}
    said = robin.get("/v1/analytics/associations", params=russian).json()
    assert any("настроени" in one["text"] for one in said["associations"])


def test_moods_by_weekday_tag_and_month(robin: httpx.Client) -> None:
    moods = robin.get("/v1/analytics/moods", params=half_year(robin)).json()
    assert len(moods["by_weekday"]) == 7
    assert {line["key"] for line in moods["by_tag"]} >= {"work", "friends"}
    assert sum(moods["counts"]) == moods["entries"]
    tags = {line["key"]: line["average"] for line in moods["by_tag"]}
    assert tags["friends"] > tags["work"]


def test_every_report_is_a_table_and_a_picture_too(robin: httpx.Client) -> None:
    paths = ["summary", "associations", "moods", f"habits/{habit(robin, 'Run')}"]
    for path in paths:
        where = f"/v1/analytics/{path}"
        table = robin.get(where, params={"format": "csv"})
        rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
        assert len(rows) > 1, path
        assert {len(row) for row in rows} == {len(rows[0])}
        png = robin.get(where, params={"format": "png", "theme": "light"})
        assert png.headers["content-type"] == "image/png"
        assert png.content.startswith(PNG)
        svg = robin.get(where, params={"format": "svg", "theme": "dark"})
        assert svg.headers["content-type"].startswith("image/svg+xml")
        assert "<svg" in svg.text
        assert "<script" not in svg.text


def test_an_unchanged_report_costs_a_304_until_it_changes(robin: httpx.Client) -> None:
    where = "/v1/analytics/summary"
    for kind in ("json", "png"):
        first = robin.get(where, params={"format": kind})
        again = {"If-None-Match": first.headers["etag"]}
        assert robin.get(where, params={"format": kind}, headers=again).status_code == 304
    before = robin.get(where, params={"period": "day"})
    water = habit(robin, "Drink eight glasses of water")
    path = f"/v1/habits/{water}/check-ins/{today(robin)}"
    robin.put(path, json={"value": 3}).raise_for_status()
    robin.put(path, json={"value": 9}).raise_for_status()
    again = {"If-None-Match": before.headers["etag"]}

    def changed() -> bool:
        answer = robin.get(where, params={"period": "day"}, headers=again)
        return answer.status_code == 200 and total(answer.json(), water) == 9

    until(changed, "the check-in shows")


def total(summary: Json, habit_id: str) -> float:
    found: float = next(one["total"] for one in summary["habits"] if one["habit_id"] == habit_id)
    return found


def test_somebody_else_sees_nothing_of_it(robin: httpx.Client, embedded: Up) -> None:
    headers = register(embedded.client, "iris@example.org")
    run = habit(robin, "Run")
    assert embedded.client.get(f"/v1/analytics/habits/{run}", headers=headers).status_code == 404
    summary = embedded.client.get("/v1/analytics/summary", headers=headers).json()
    assert (summary["asked"], summary["entries"], summary["habits"]) == (0, 0, [])
    assert embedded.client.get("/v1/journal/entries", headers=headers).json()["entries"] == []


def test_robin_is_reminded_and_no_mail_leaves(robin: httpx.Client, embedded: Up) -> None:
    found = robin.get("/v1/reminders").json()["reminders"]
    assert len(found) == 6
    assert all(one["next_at"] for one in found)
    assert robin.get("/v1/channels").json()["channels"][0]["to"] == "demo@example.org"
    assert robin.get("/v1/reminders/settings").json()["channels"] == []
    assert robin.get("/v1/deliveries").json()["deliveries"] == []
    mails = (embedded.output.parent / "data").rglob("*.eml")
    assert [one for one in mails if "demo@example.org" in one.read_text("utf-8")] == []
