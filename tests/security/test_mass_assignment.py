"""Nobody sets what is not theirs to set by adding a field to a body, at whatever depth."""

from typing import Any

import pytest

from tests.journeys.running import Up
from tests.security.attempts import Attempts
from tests.security.person import Operation, Person, arrive, live, operations, with_ids

EXTRA: dict[str, Any] = {
    "user_id": "01890a5d-ac96-774b-bcce-b302099a0000",
    "owner": "01890a5d-ac96-774b-bcce-b302099a0000",
    "id": "01890a5d-ac96-774b-bcce-b302099a0000",
    "role": "admin",
    "is_admin": True,
    "scopes": ["admin"],
    "scope": "admin",
    "version": 999,
    "created_at": "2000-01-01T00:00:00Z",
    "disabled": False,
    "deleted_at": None,
    "email_confirmed": True,
    "source": "import",
    "streak": 999,
    "score": 1,
    "__proto__": {"role": "admin"},
    "constructor": {"role": "admin"},
    "principal": {"scopes": ["admin"]},
    "on_behalf_of": "01890a5d-ac96-774b-bcce-b302099a0000",
    "address": "users.delete_user",
}
TAKEN = {
    "DELETE /v1/me",
    "POST /v1/auth/register",
    "POST /v1/auth/login",
    "POST /v1/auth/refresh",
    "POST /v1/auth/passkeys/sign-in",
}
"""What is asked without a session, or ends it: with a body of its own below."""


@pytest.fixture(scope="module")
def carol(ritmo: Up) -> Person:
    arrive(ritmo, "first-of-these")
    carol = arrive(ritmo, "carolsmark")
    live(carol)
    return carol


def nested(body: Any, extra: dict[str, Any]) -> list[Any]:
    """List bodies with the extra field added to each object within."""
    found: list[Any] = []
    if isinstance(body, dict):
        found.append({**body, **extra})
        for name, value in body.items():
            found += [{**body, name: other} for other in nested(value, extra)]
    elif isinstance(body, list):
        for at, value in enumerate(body):
            found += [[*body[:at], other, *body[at + 1 :]] for other in nested(value, extra)]
    return found


def known(one: Operation, body: Any) -> set[str]:
    """List every field that the schemas of an operation know anywhere."""
    text = str(one.body) + "".join(str(one.schemas[name]) for name in one.schemas if name in NESTED)
    return {name for name in EXTRA if f"'{name}':" in text}


NESTED = ("MoodName", "Target", "QuietHours", "Log")


def test_fields_that_nobody_asked_for_are_refused(ritmo: Up, carol: Person) -> None:
    before = carol.ask("GET", "/v1/me")
    with Attempts("mass assignment") as attempts:
        for one in operations(ritmo.client):
            if one.body is None or one.name in TAKEN:
                continue
            for body in (with_ids(body, carol.ids) for body in one.bodies()):
                for name, value in EXTRA.items():
                    if name in known(one, body):
                        continue
                    for wrong in nested(body, {name: value}):
                        answer = carol.client.request(
                            one.method, one.at(carol.ids), headers=carol.header, json=wrong
                        )
                        fine = answer.status_code in (403, 422)
                        attempts.note(f"{one.name} {wrong}: {answer.status_code}", fine)
        credentials = {"email": "dave@example.org", "password": "a password of dave's"}
        without: dict[str, dict[str, Any]] = {
            "register": {**credentials, "zone": "Europe/Berlin"},
            "login": credentials,
            "refresh": {"refresh_token": "x" * 40},
            "passkeys/sign-in": {"credential": {}},
        }
        for path, body in without.items():
            for name, value in EXTRA.items():
                sent = {**body, name: value}
                answer = ritmo.client.post(f"/v1/auth/{path}", json=sent)
                attempts.note(f"{path} {sent}: {answer.status_code}", answer.status_code == 422)
        after = carol.ask("GET", "/v1/me")
        attempts.note(f"Carol became {after}", after == before)
