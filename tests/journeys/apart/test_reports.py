"""Reports over RabbitMQ: one of each kind. What they hold is looked at in one process."""

from collections.abc import Iterator

import httpx
import pytest

from tests.daylio_diary import DIARY
from tests.journeys.running import Up, client_of, register, until

MARCH = {"from": "2024-03-01", "to": "2024-03-31"}


@pytest.fixture(scope="module")
def ida(apart: Up) -> Iterator[httpx.Client]:
    """Give the client of somebody who brings a diary from Daylio, and keeps no habit yet."""
    with client_of(apart.port) as client:
        client.headers.update(register(client, "ida@reports.example.org", zone="Europe/Berlin"))
        yield client


def bring(client: httpx.Client, dry_run: str) -> None:
    """Import the diary, and wait until it is done."""
    file = {"file": ("daylio.csv", DIARY.encode(), "text/csv")}
    answer = client.post("/v1/import", params={"dry_run": dry_run}, files=file)
    assert answer.status_code in (200, 202), answer.text

    def phase() -> str:
        found: str = client.get(f"/v1/imports/{answer.json()['import_id']}").json()["phase"]
        return found

    until(lambda: phase() in ("done", "failed"), "the import has ended")
    assert phase() == "done"


def test_a_daylio_diary_is_imported_and_searched(ida: httpx.Client) -> None:
    bring(ida, "true")
    assert ida.get("/v1/journal/entries").json()["entries"] == []
    bring(ida, "false")
    bring(ida, "false")
    listed = ida.get("/v1/journal/entries").json()["entries"]
    assert sorted(one["mood"] for one in listed) == [1, 3, 4, 5]
    found = ida.get("/v1/journal/entries", params={"q": "gull"}).json()
    assert [one["day"] for one in found["entries"]] == ["2024-03-02"]

    def counted() -> bool:
        moods = ida.get("/v1/analytics/moods", params=MARCH).json()
        return bool(moods["counts"] == [1, 0, 1, 1, 1])

    until(counted, "analytics has heard of it")


def test_a_report_of_each_kind_comes_and_is_news_when_it_changes(
    apart: Up, ida: httpx.Client
) -> None:
    habit: str = ida.post("/v1/habits", json={"name": "Walk"}).json()["habit_id"]
    where = f"/v1/analytics/habits/{habit}"
    until(lambda: ida.get(where).status_code == 200, "analytics has heard of the habit")
    before = ida.get("/v1/analytics/summary")
    known = {"If-None-Match": before.headers["etag"]}
    assert ida.get("/v1/analytics/summary", headers=known).status_code == 304
    ida.put(f"/v1/habits/{habit}/check-ins/today", json={}).raise_for_status()

    def seen() -> bool:
        answer = ida.get("/v1/analytics/summary", headers=known)
        return answer.status_code == 200 and answer.json()["habits"][0]["total"] == 1

    until(seen, "the check-in shows")
    table = ida.get("/v1/analytics/summary", params={"format": "csv"})
    assert "Walk" in table.text
    svg = ida.get("/v1/analytics/associations", params={"format": "svg", "language": "ru"})
    assert (svg.status_code, "<svg" in svg.text) == (200, True)
    png = ida.get(where, params={"format": "png", "theme": "dark"})
    assert png.content.startswith(b"\x89PNG\r\n\x1a\n")
    again = {"If-None-Match": png.headers["etag"]}
    same = ida.get(where, params={"format": "png", "theme": "dark"}, headers=again)
    assert same.status_code == 304

    with client_of(apart.port) as stranger:
        stranger.headers.update(register(stranger, "iris@reports.example.org"))
        assert stranger.get(where).status_code == 404
        summary = stranger.get("/v1/analytics/summary").json()
        assert (summary["asked"], summary["entries"], summary["habits"]) == (0, 0, [])
