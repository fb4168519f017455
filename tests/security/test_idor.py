"""Another person's id opens nothing: every operation, by every way in which it takes an id.

Operations are found in the OpenAPI document: a new route is tried without a word here, and one that
takes a new kind of id fails until `person.live` makes one.
"""

from typing import Any

import httpx
import pytest

from tests.journeys.running import Up, until
from tests.security.attempts import Attempts
from tests.security.person import Operation, Person, arrive, is_id, live, operations, with_ids

ENDING = {"DELETE /v1/me", "POST /v1/auth/logout", "DELETE /v1/auth/sessions"}
"""What would end the session of who asks."""

ADMINISTERED = ("/v1/users", "/v1/invitations", "/v1/backups")
"""What is for administrators alone."""

ABSENT = {
    "DELETE /v1/auth/identities/{identity_id}",
    "DELETE /v1/integrations/{integration_id}",
    "POST /v1/calendar/google/habits/{habit_id}",
    "DELETE /v1/calendar/busy/{calendar_id}",
}
"""What nobody has without a provider of sign-ins, access to Google, a calendar on the web, or the
management of RabbitMQ; there is none of them here."""

MOVING = {
    "/v1/changes",
    "/v1/reminders",
    "/v1/auth/sessions",
    "/v1/deliveries",
    "/metrics",
    "/readyz",
}
"""What changes by itself: a cursor, what is due next, who was seen when, what is being sent."""


@pytest.fixture(scope="module")
def people(ritmo: Up) -> tuple[Person, Person]:
    """Open two accounts; the first has used everything."""
    arrive(ritmo, "first-of-all")
    ann, bob = arrive(ritmo, "annsmark0451"), arrive(ritmo, "bobsmark0451")
    live(ann)
    live(bob)
    return ann, bob


def everything(person: Person, all_of_them: list[Operation]) -> dict[str, Any]:
    """Read all that a person can read of theirs."""
    found: dict[str, Any] = {}
    for one in all_of_them:
        quiet = one.method == "get" and one.secured and not one.streams
        quiet = quiet and not one.path.startswith(ADMINISTERED)
        if quiet and not any(one.path.startswith(moving) for moving in MOVING):
            answer = person.client.get(one.at(person.ids), headers=person.header)
            found[one.name] = answer.status_code, answer.content
    return found


def at_rest(person: Person, all_of_them: list[Operation]) -> dict[str, Any]:
    """Read the same once every room has heard of it: twice in a row it is the same."""
    found = [everything(person, all_of_them)]

    def same() -> bool:
        found.append(everything(person, all_of_them))
        return found[-1] == found[-2]

    until(same, "nothing moves any more")
    return found[-1]


def attempts_of(one: Operation, ann: Person, bob: Person) -> list[tuple[str, dict[str, Any]]]:
    """List the requests that bring Ann's ids into an operation: path, and what is sent."""
    bodies = one.bodies()
    found: list[tuple[str, dict[str, Any]]] = []
    for name in one.ids:
        ids = {**bob.ids, name: ann.ids[name]}
        sends: list[dict[str, Any]] = [{"json": with_ids(body, bob.ids)} for body in bodies] or [{}]
        found += [(one.at(ids), sent) for sent in sends]
    for parameter in one.parameters:
        if parameter["in"] == "query" and is_id(parameter["schema"]):
            name = parameter["name"]
            stolen = ann.ids.get(name, ann.ids["habit_id"])
            found.append((one.at(bob.ids), {"params": {name: stolen}}))
    if (schema := one.body) is None:
        return found
    for name, given in schema.get("properties", {}).items():
        if is_id(one.resolved(given)):
            stolen = ann.ids.get(name.removesuffix("s"), ann.ids["habit_id"])
            value: str | list[str] = [stolen] if name.endswith("s") else stolen
            sent = {**with_ids(bodies[0], bob.ids), name: value}
            found.append((one.at(bob.ids), {"json": sent}))
    if any("01890a5d" in str(body) for body in bodies):
        found += [(one.at(bob.ids), {"json": with_ids(body, ann.ids)}) for body in bodies]
    return found


def ask(person: Person, one: Operation, path: str, sent: dict[str, Any]) -> httpx.Response:
    return person.client.request(one.method, path, headers=person.header, **sent)


def test_another_person_s_id_opens_nothing(ritmo: Up, people: tuple[Person, Person]) -> None:
    ann, bob = people
    found = [one for one in operations(ritmo.client) if one.name not in ENDING]
    missing = {name for one in found for name in one.ids} - set(ann.ids)
    assert not missing, f"person.live makes none of these: {missing}"
    before = at_rest(ann, found)
    assert len(before) > 20
    assert all(status == 200 for status, _ in before.values()), before
    with Attempts("IDOR") as attempts:
        for one in found:
            for path, sent in attempts_of(one, ann, bob):
                answer = ask(bob, one, path, sent)
                shown = ann.mark in answer.text or ann.email in answer.text
                # 200 is no harm where a filter finds nothing; what matters is what it shows.
                opened = (
                    answer.is_success
                    and bool(one.ids)
                    and any(ann.ids[name] in path for name in one.ids)
                )
                what = f"{one.name} {sent}: {answer.status_code} {answer.text[:200]}"
                attempts.note(what, not shown and not opened and answer.status_code < 500)
        after = everything(ann, found)
        for name, said in before.items():
            attempts.note(f"Ann's {name} has changed", after[name] == said)


def test_these_requests_would_open_one_s_own(ritmo: Up, people: tuple[Person, Person]) -> None:
    # A request that is refused for its form proves nothing: with one's own id it is answered.
    ann, _ = people
    found = [one for one in operations(ritmo.client) if one.name not in ENDING and one.ids]
    # A habit goes last: its reminders would go with it.
    habit = "/v1/habits/{habit_id}"
    last = {"/v1/auth/sessions/{session_id}": 2, habit: 1}
    found.sort(
        key=lambda one: (one.method == "delete", "import" in one.path, last.get(one.path, 0))
    )
    unanswered = []
    for one in found:
        if one.path.startswith(ADMINISTERED) or one.name in ABSENT:
            continue
        body = one.bodies()[:1]
        sent = {"json": with_ids(body[0], ann.ids)} if body else {}
        answer = ask(ann, one, one.at(ann.ids), sent)
        # 409 and 412 are about the state of a thing that is hers; 429 about her haste.
        if not (answer.is_success or answer.status_code in (409, 412, 428, 429)):
            unanswered.append(f"{one.name}: {answer.status_code} {answer.text[:300]}")
    assert not unanswered, "\n".join(unanswered)


def test_what_is_for_administrators_is_shut(ritmo: Up, people: tuple[Person, Person]) -> None:
    ann, bob = people
    with Attempts("for administrators") as attempts:
        for one in operations(ritmo.client):
            if one.path.startswith(ADMINISTERED):
                sends: list[dict[str, Any]] = [{"json": body} for body in one.bodies()] or [{}]
                for sent in sends:
                    answer = ask(bob, one, one.at(ann.ids), sent)
                    attempts.note(f"{one.name}: {answer.status_code}", answer.status_code == 403)


def test_nothing_is_shown_without_a_session(ritmo: Up, people: tuple[Person, Person]) -> None:
    ann, _ = people
    with Attempts("without a session") as attempts:
        for one in operations(ritmo.client):
            if one.secured:
                sent: dict[str, Any] = {"json": one.bodies()[0]} if one.bodies() else {}
                answer = ritmo.client.request(one.method, one.at(ann.ids), **sent)
                attempts.note(f"{one.name}: {answer.status_code}", answer.status_code == 401)
