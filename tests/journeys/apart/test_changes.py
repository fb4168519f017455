"""A client that keeps a copy and was away, over HTTP, on both carriers."""

from typing import Any

import httpx

from tests.journeys.running import Up, register


def ask(ann: httpx.Client, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = ann.request(method, f"/v1{path}", **more)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def test_what_changed_while_a_client_was_away(running: Up) -> None:
    ann = running.client
    ann.headers.update(register(ann, "ann@changes.example.org", zone="UTC"))
    read = ask(ann, "POST", "/habits", 201, json={"name": "Read"})["habit_id"]
    ask(ann, "PUT", f"/habits/{read}/check-ins/today", json={"note": "ten pages"})
    first = ask(ann, "GET", "/changes?limit=1")
    assert ([one["name"] for one in first["habits"]], first["more"]) == (["Read"], True)
    second = ask(ann, "GET", f"/changes?since={first['next']}")
    assert ([one["note"] for one in second["check_ins"]], second["more"]) == (["ten pages"], False)

    ask(ann, "DELETE", f"/habits/{read}/check-ins/today")
    run = ask(ann, "POST", "/habits", 201, json={"name": "Run"})["habit_id"]
    ask(ann, "DELETE", f"/habits/{run}", 204)
    third = ask(ann, "GET", f"/changes?since={second['next']}")
    assert [(one["kind"], one["habit_id"]) for one in third["removed"]] == [("check_in", read)]
    assert [(one["name"], bool(one["deleted_at"])) for one in third["habits"]] == [("Run", True)]
    ask(ann, "DELETE", f"/habits/{run}?forever=true", 204)
    fourth = ask(ann, "GET", f"/changes?since={third['next']}")
    assert [(one["kind"], one["habit_id"]) for one in fourth["removed"]] == [("habit", run)]
    fifth = ask(ann, "GET", f"/changes?since={fourth['next']}")
    told = [fifth[name] for name in ("removed", "habits", "breaks", "check_ins", "more")]
    assert told == [[], [], [], [], False]

    wrong = ask(ann, "GET", "/changes?since=yesterday", 422)
    assert wrong["code"] == "wrong_cursor"
    run_, rest = fifth["next"].split(".", 1)
    forged = ask(ann, "GET", f"/changes?since={'0' * len(run_)}.{rest}", 422)
    assert forged["code"] == "wrong_cursor"
    with httpx.Client(base_url=ann.base_url, trust_env=False) as bob:
        bob.headers.update(register(bob, "bob@changes.example.org", zone="UTC"))
        assert ask(bob, "GET", f"/changes?since={fifth['next']}", 422)["code"] == "wrong_cursor"
