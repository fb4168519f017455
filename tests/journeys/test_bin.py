"""A habit that was deleted by mistake, over HTTP."""

from typing import Any

import httpx
import pytest

from tests.journeys.running import Up, register, until


@pytest.fixture
def ann(embedded: Up) -> httpx.Client:
    embedded.client.headers.update(register(embedded.client, "bin-ann@example.org", zone="UTC"))
    return embedded.client


def ask(ann: httpx.Client, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = ann.request(method, f"/v1{path}", **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def names(ann: httpx.Client, path: str = "/habits") -> list[str]:
    return [one["name"] for one in ask(ann, "GET", path)["habits"]]


def linked(ann: httpx.Client, entry: Any) -> Any:
    return ask(ann, "GET", f"/journal/entries/{entry['entry_id']}")["habit_ids"]


def test_deleted_undone_restored_and_gone_for_good(ann: httpx.Client) -> None:
    read = ask(ann, "POST", "/habits", 201, json={"name": "Read", "tags": ["calm"]})
    at = f"/habits/{read['habit_id']}"
    ask(ann, "PUT", f"{at}/check-ins/today", json={"note": "ten pages"})
    entry = ask(
        ann, "POST", "/journal/entries", 201, json={"text": "x", "habit_ids": [read["habit_id"]]}
    )
    rule = ask(
        ann, "POST", "/reminders", 201, json={"habit_id": read["habit_id"], "times": ["20:00"]}
    )
    until(lambda: names(ann, "/analytics/summary") == ["Read"], "analytics has heard of it")
    before = [ask(ann, "GET", path) for path in (at, f"{at}/check-ins", "/today", "/tags")]

    ask(ann, "DELETE", at, 204)
    until(lambda: names(ann, "/analytics/summary") == [], "it is in no report")
    for path in (at, f"{at}/check-ins", f"{at}/streaks", f"/analytics/habits/{read['habit_id']}"):
        ask(ann, "GET", path, 404)
    assert [names(ann), names(ann, "/today"), names(ann, "/habits?archived=all")] == [[], [], []]
    assert ask(ann, "GET", "/check-ins")["check_ins"] == []
    until(lambda: ask(ann, "GET", "/reminders")["reminders"] == [], "it reminds of nothing")
    until(lambda: linked(ann, entry) == [], "the diary hides it")
    (lying,) = ask(ann, "GET", "/habits?deleted=true")["habits"]
    assert (lying["name"], lying["streak"]) == ("Read", 1)
    assert lying["deleted_at"]
    # Its name is free meanwhile.
    other = ask(ann, "POST", "/habits", 201, json={"name": "Read"})
    ask(ann, "DELETE", f"/habits/{other['habit_id']}?forever=true", 204)

    undone = ask(ann, "POST", "/undo")
    assert (undone["habit_id"], undone["restored"]) == (read["habit_id"], True)
    assert (undone["note"], undone["streak"]) == ("ten pages", 1)
    assert [ask(ann, "GET", path) for path in (at, f"{at}/check-ins", "/today", "/tags")] == before
    until(lambda: names(ann, "/analytics/summary") == ["Read"], "it is in reports again")
    until(lambda: linked(ann, entry) == [read["habit_id"]], "the diary shows it again")

    def reminds() -> bool:
        kept = ann.get(f"/v1/reminders/{rule['reminder_id']}")
        return kept.status_code == 200 and kept.json()["next_at"] == rule["next_at"]

    until(reminds, "it reminds as before")

    ask(ann, "DELETE", at, 204)
    back = ann.post(f"/v1{at}/restore")
    assert back.status_code == 200, back.text
    assert back.json() == before[0]
    assert back.headers["ETag"] == ann.get(f"/v1{at}").headers["ETag"]
    ask(ann, "DELETE", f"{at}?forever=true", 204)
    assert ask(ann, "GET", "/habits?deleted=true")["habits"] == []
    assert ask(ann, "POST", f"{at}/restore", 404)["code"] == "habit_not_found"
