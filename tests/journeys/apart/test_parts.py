"""Every part a process of its own: one of them dies, the others go on, and it heals."""

from contextlib import suppress

import httpx

from tests.journeys.running import Up, register, until


def test_a_room_that_dies_comes_back(apart: Up, guest: httpx.Client) -> None:
    client = guest
    client.headers.update(register(client, "ada@parts.example.org"))
    habit = client.post("/v1/habits", json={"name": "Read"}).json()
    path = f"/v1/habits/{habit['habit_id']}"
    room = apart.part("run", "habits")
    assert room is not None
    room.kill()
    answers: list[httpx.Response] = []

    def down() -> bool:
        # What reached the room as it died is answered by nobody: 504 in the end.
        with suppress(httpx.ReadTimeout):
            answers.append(client.get(path, timeout=0.3))
        return bool(answers) and answers[-1].status_code == 503

    until(down, "the room is away")
    assert answers[-1].headers["retry-after"].isdigit()
    problem = answers[-1].json()
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert problem["code"] in ("room_down", "broker_away")
    assert problem["detail"]
    assert problem["trace_id"]
    assert client.get("/v1/me").status_code == 200
    assert client.get("/readyz").status_code in (200, 503)
    until(lambda: client.get(path).status_code == 200, "the room is back")
    until(apart.ready, "all is well again")
    assert client.get(path).json()["name"] == "Read"
    assert apart.part("run", "habits") != room
    assert {answer.status_code for answer in answers} <= {200, 503, 504}
