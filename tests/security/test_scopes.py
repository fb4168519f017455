"""A personal access token opens what its scopes say: every operation by every scope.

Operations and the scopes that they need are found in the OpenAPI document, and asks in the
contracts: whatever is added is tried without a word here.
"""

import time

import pytest

from actors.runtime.edge import allow
from contracts.exports import OWN_ROWS
from contracts.message import Asked, Query, Refused, new_id
from contracts.principal import Principal
from contracts.scopes import GRANTABLE, Scope
from tests.golden.schemas import found
from tests.journeys.running import Up, until
from tests.security.attempts import MEASURED, Attempts, figure
from tests.security.person import Operation, Person, arrive, live, operations, with_ids


@pytest.fixture(scope="module")
def ann(ritmo: Up) -> Person:
    """Open the account of somebody who has used everything, and administers."""
    ann = arrive(ritmo, "scopesmark0451")
    live(ann)
    return ann


def token_of(person: Person, *scopes: Scope) -> dict[str, str]:
    """Make a token; return the header that sends it."""
    told = person.ask("POST", "/v1/tokens", 201, json={"name": "x", "scopes": [*scopes]})
    return {"Authorization": f"Bearer {told['token']}"}


def status(person: Person, one: Operation, header: dict[str, str]) -> int:
    bodies = one.bodies()
    sent = with_ids(bodies[0], person.ids) if bodies else None
    asked = person.client.stream(one.method, one.at(person.ids), headers=header, json=sent)
    with asked as answer:
        if not one.streams:
            answer.read()
        return answer.status_code


def needed(one: Operation) -> list[set[str]]:
    """Return the sets of scopes of which one is enough."""
    return [{*way["bearer"]} for way in one.said["security"]]


def test_every_route_by_every_scope(ritmo: Up, ann: Person) -> None:
    with_one = {scope: token_of(ann, scope) for scope in GRANTABLE}
    with_all = token_of(ann, *GRANTABLE)
    people = [one for one in operations(ritmo.client) if one.secured]
    assert len(people) > 80
    # What is taken away is taken away last: before, there is something to be let through to.
    people.sort(key=lambda one: one.method == "delete")
    with Attempts("scopes") as attempts:
        for one in people:
            ways = needed(one)
            assert all(ways), f"{one.name} needs no scope"
            for scope, header in with_one.items():
                code = status(ann, one, header)
                through = any(way == {scope} for way in ways)
                attempts.note(f"{one.name} with {scope}: {code}", (code != 403) == through)
                attempts.note(f"{one.name} with {scope}: {code}", code < 500 and code != 401)
            code = status(ann, one, with_all)
            through = any(way <= {*GRANTABLE} for way in ways)
            attempts.note(f"{one.name} with all: {code}", (code != 403) == through)
        for name in ("DELETE /v1/me", "POST /v1/tokens", "GET /v1/users", "POST /v1/auth/password"):
            assert [one for one in people if one.name == name], f"{name} was not tried"
    assert ann.ask("GET", "/v1/me")["email"] == ann.email


def test_every_ask_by_every_scope() -> None:
    """What the edge of a room admits, whatever the gateway let through."""
    asks = [one for one in found().values() if issubclass(one, Asked) and not one.public]
    assert len(asks) > 80
    for one in asks:
        area = one.address.partition(".")[0]
        derived = f"{area}:{'read' if issubclass(one, Query) else 'write'}"
        expected = one.scope or ("account" if area == "auth" else derived)
        for scope in (*GRANTABLE, "account", "admin"):
            assert admits(one, scope) == (scope == expected), f"{one.address} with {scope}"
        assert admits(one, "user") == (expected not in ("admin", OWN_ROWS)), one.address
        assert admits(one, one.address), "a room that acts holds the address itself"
        assert not admits(one, "")


def admits(ask: type[Asked[object]], *scopes: str) -> bool:  # type: ignore[type-var]
    try:
        allow(ask, Principal(user_id=new_id(), scopes=frozenset(scopes)))  # type: ignore[arg-type]
    except Refused:
        return False
    return True


def test_a_token_ends_at_once_and_with_its_owner(ritmo: Up) -> None:
    gone = arrive(ritmo, "token-goes-with-me")
    first, second = token_of(gone, "habits:read"), token_of(gone, "habits:read")
    made = gone.ask("GET", "/v1/tokens")["tokens"]

    def code(header: dict[str, str]) -> int:
        return gone.client.get("/v1/habits", headers=header).status_code

    assert (code(first), code(second)) == (200, 200)
    gone.ask("DELETE", f"/v1/tokens/{made[1]['token_id']}", 204)
    began = time.monotonic()
    until(lambda: code(first) == 401, "the token is void")
    if MEASURED:
        figure("tokens.revoked", time.monotonic() - began, "s", "<=", 1)
    assert code(second) == 200
    gone.ask("DELETE", "/v1/me")
    until(lambda: code(second) == 401, "the token goes with its owner")
