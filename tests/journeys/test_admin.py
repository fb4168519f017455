"""What administrators do, over HTTP."""

import asyncio
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from storage import embedded as cluster
from storage.session import open_engine
from tests.journeys.running import PASSWORD, Up, register, ritmo, until

ADMIN = "grace@example.org"


def data_of(running: Up) -> Path:
    return running.output.parent / "data"


def login(client: httpx.Client, email: str) -> httpx.Response:
    return client.post("/v1/auth/login", json={"email": email, "password": PASSWORD})


@pytest.fixture(scope="module")
def admin(embedded: Up) -> dict[str, str]:
    """Make an administrator on the command line; return the header of a session."""
    register(embedded.client, ADMIN)
    made = ritmo("user", "make-admin", ADMIN, data=data_of(embedded))
    assert made.returncode == 0, made.stderr
    return {"Authorization": f"Bearer {login(embedded.client, ADMIN).json()['access_token']}"}


def id_of(client: httpx.Client, admin: dict[str, str], email: str) -> str:
    found = client.get("/v1/users", params={"search": email}, headers=admin).json()["users"]
    assert [user["email"] for user in found] == [email]
    return str(found[0]["user_id"])


def rows_of(running: Up, user_id: str) -> dict[str, int]:
    """Count the rows of a user in every table that has a column for users.

    A mark that they are gone counts only if it holds a word of theirs.
    """

    async def count() -> dict[str, int]:
        url = cluster.connect_url(data_of(running) / "postgres")
        assert url is not None
        engine = open_engine(url, 1)
        found: dict[str, int] = {}
        async with engine.begin() as tx:
            tables = await tx.execute(
                text(
                    "SELECT table_schema || '.' || table_name AS name, column_name AS place "
                    "FROM information_schema.columns JOIN information_schema.tables "
                    "USING (table_schema, table_name) WHERE table_type = 'BASE TABLE' "
                    "AND column_name IN ('user_id', 'account_id')"
                )
            )
            for name, place in tables.all():
                query = (
                    f"SELECT count(*) FROM {name} t WHERE {place} = '{user_id}' AND NOT"
                    " (coalesce(to_jsonb(t) ->> 'gone', 'false')::boolean"
                    " AND to_jsonb(t)::text NOT LIKE '%example.org%')"
                )
                found[name] = (await tx.execute(text(query))).scalar_one()
        await engine.dispose()
        return {name: rows for name, rows in found.items() if rows}

    return asyncio.run(count())


def test_users_are_listed_and_searched(embedded: Up, admin: dict[str, str]) -> None:
    client = embedded.client
    for number in range(3):
        register(client, f"list{number}@example.org", name=f"Number {number}")
    first = client.get("/v1/users", params={"limit": 2}, headers=admin).json()
    assert [user["email"] for user in first["users"]] == ["list2@example.org", "list1@example.org"]
    rest = client.get("/v1/users", params={"cursor": first["next"]}, headers=admin).json()
    assert {user["email"] for user in rest["users"]} >= {"list0@example.org", ADMIN}
    found = client.get("/v1/users", params={"search": "number 1"}, headers=admin).json()
    assert [user["name"] for user in found["users"]] == ["Number 1"]


def test_others_may_not(embedded: Up, admin: dict[str, str]) -> None:
    client = embedded.client
    plain = register(client, "plain@example.org")
    user_id = id_of(client, admin, "plain@example.org")
    for method, path, words in (
        ("GET", "/v1/users", None),
        ("GET", f"/v1/users/{user_id}", None),
        ("PATCH", f"/v1/users/{user_id}", {"role": "admin"}),
        ("DELETE", f"/v1/users/{user_id}", None),
    ):
        answer = client.request(method, path, json=words, headers=plain)
        assert answer.status_code == 403, path
        assert answer.json()["code"] == "denied"


def test_a_disabled_user_is_out(embedded: Up, admin: dict[str, str]) -> None:
    client = embedded.client
    session = register(client, "bob@example.org")
    path = f"/v1/users/{id_of(client, admin, 'bob@example.org')}"
    assert client.patch(path, json={"disabled": True}, headers=admin).json()["disabled"]
    until(lambda: client.get("/v1/me", headers=session).status_code == 401, "the session ends")
    until(lambda: login(client, "bob@example.org").status_code == 403, "they cannot log in")
    assert login(client, "bob@example.org").json()["code"] == "account_disabled"
    assert client.patch(path, json={"disabled": False}, headers=admin).status_code == 200
    until(lambda: login(client, "bob@example.org").status_code == 200, "they are back")


def test_a_deleted_user_is_erased_everywhere(embedded: Up, admin: dict[str, str]) -> None:
    client = embedded.client
    session = register(client, "eve@example.org")
    user_id = id_of(client, admin, "eve@example.org")
    habit = client.post("/v1/habits", json={"name": "Read"}, headers=session).json()
    day = client.get("/v1/today", headers=session).json()["day"]
    path = f"/v1/habits/{habit['habit_id']}/check-ins/{day}"
    assert client.put(path, json={}, headers=session).status_code == 200
    rest = {"from": day, "to": day}
    assert client.post("/v1/breaks", json=rest, headers=session).status_code == 201
    assert len(rows_of(embedded, user_id)) > 5
    assert client.delete(f"/v1/users/{user_id}", headers=admin).status_code == 204
    until(lambda: client.get("/v1/me", headers=session).status_code in (401, 410), "they are out")
    # That somebody is gone is itself remembered, so that nothing late brings them back.
    kept = ("gone", "erased", "deleted", "departed")
    until(
        lambda: not [name for name in rows_of(embedded, user_id) if not name.endswith(kept)],
        f"nothing is left: {rows_of(embedded, user_id)}",
    )
    assert login(client, "eve@example.org").status_code == 401
    assert client.get(f"/v1/users/{user_id}", headers=admin).status_code == 404


def test_the_last_administrator_stays(embedded: Up, admin: dict[str, str]) -> None:
    path = f"/v1/users/{id_of(embedded.client, admin, ADMIN)}"
    for words in ({"role": "user"}, {"disabled": True}):
        answer = embedded.client.patch(path, json=words, headers=admin)
        assert answer.status_code == 409
        assert answer.json()["code"] == "last_admin"
