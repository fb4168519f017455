"""A person who uses all of Ritmo, and a document of what can be asked.

Whatever of theirs is text holds `mark`, so that a trace of them is found wherever it is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.authenticator import Authenticator
from tests.journeys.running import PASSWORD, Up, until

Json = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Person:
    """Somebody with a session: what they send along, and one id of each kind that is theirs."""

    client: httpx.Client
    mark: str
    email: str
    header: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, status: int | tuple[int, ...] = 0, **more: Any) -> Json:
        """Ask, and expect it to work; return the answer."""
        answer = self.client.request(method, path, headers=self.header, **more)
        fine = (status,) if isinstance(status, int) else status
        assert answer.status_code in fine if status else answer.is_success, answer.text
        found: Json = answer.json() if answer.content else {}
        return found


def arrive(running: Up, mark: str) -> Person:
    """Open an account."""
    email = f"{mark}@example.org"
    words = {"email": email, "password": PASSWORD, "name": f"Name {mark}", "zone": "Europe/Berlin"}
    told = running.client.post("/v1/auth/register", json=words)
    assert told.status_code == 201, told.text
    body = told.json()
    header = {"Authorization": f"Bearer {body['access_token']}"}
    ids = {"user_id": body["user_id"] if "user_id" in body else body["user"]["user_id"]}
    return Person(running.client, mark, email, header, ids)


def live(person: Person) -> None:
    """Use everything that there is; keep one id of each kind."""
    mark, ask, ids = person.mark, person.ask, person.ids
    habit = ask(
        "POST",
        "/v1/habits",
        json={
            "name": f"Run {mark}",
            "measure": "count",
            "unit": mark[:30],
            "tags": [mark],
            "cue": mark,
            "question": mark,
            "description": mark,
            "target": {"value": 3},
        },
    )
    ids["habit_id"] = habit["habit_id"]
    binned = ask("POST", "/v1/habits", json={"name": f"In the bin {mark}", "tags": [mark]})
    ask("PUT", f"/v1/habits/{binned['habit_id']}/check-ins/today", json={"note": mark})
    ask("DELETE", f"/v1/habits/{binned['habit_id']}")
    day = f"/v1/habits/{ids['habit_id']}/check-ins"
    once = {**person.header, "Idempotency-Key": f"key-{mark}"}
    answer = person.client.put(f"{day}/today", json={"value": 2, "note": mark}, headers=once)
    assert answer.status_code == 200, answer.text
    ask("POST", f"{day}/today/increment", json={"by": 1})
    ask("PUT", f"{day}/2026-01-07", json={"value": 1})
    ask("DELETE", f"{day}/2026-01-07")
    pause = {"from": "2026-01-01", "to": "2026-01-03", "reason": mark}
    ids["break_id"] = ask("POST", "/v1/breaks", json=pause)["break_id"]
    ids["feed_id"] = ask("POST", "/v1/calendar/feeds", json={})["feed_id"]
    entry = {"title": mark, "text": f"Dear diary, {mark}", "mood": 4, "tags": [mark]}
    ids["entry_id"] = ask("POST", "/v1/journal/entries", json=entry)["entry_id"]
    ask("PATCH", f"/v1/journal/entries/{ids['entry_id']}", json={"text": f"Again: {mark}"})
    ids["prompt_id"] = ask("POST", "/v1/journal/prompts", json={"question": f"{mark}?"})[
        "prompt_id"
    ]
    template = {"name": mark, "body": mark, "tags": [mark]}
    ids["template_id"] = ask("POST", "/v1/journal/templates", json=template)["template_id"]
    names = [{"mood": n, "name": f"{mark[:20]} {n}", "emoji": "☁"} for n in range(1, 6)]
    ask("PUT", "/v1/journal/moods", json={"moods": names})
    reminder = {
        "text": mark,
        "times": ["20:00"],
        "habit_id": ids["habit_id"],
        "channels": ["email"],
    }
    ids["reminder_id"] = ask("POST", "/v1/reminders", json=reminder)["reminder_id"]
    ask("PUT", "/v1/reminders/settings", json={"channels": ["email"], "digests": ["week"]})
    ask("PUT", "/v1/channels/apprise", json={"url": f"json://9.9.9.9/{mark}"})
    sent = ask("POST", "/v1/channels/email/test")
    ids["delivery_id"] = sent["delivery_id"]
    ask("POST", f"/v1/reminders/{ids['reminder_id']}/test")
    # Invitations are for administrators: whatever the id, nobody else gets so far.
    ids["invitation_id"] = ids["user_id"]
    ids["run_id"] = ids["user_id"]
    # No calendar can be fetched here; `rooms/test_busy` tries what is another's.
    ids["calendar_id"] = ids["user_id"]
    # No provider of sign-ins is set up here; `rooms/test_identities` tries what is another's.
    ids["identity_id"] = ids["user_id"]
    sessions = ask("GET", "/v1/auth/sessions")["sessions"]
    ids["session_id"] = sessions[0]["session_id"]
    hook = ask("POST", f"/v1/habits/{ids['habit_id']}/hooks", json={"name": mark})
    ids["hook_id"], ids["secret"] = hook["hook_id"], hook["secret"]
    token = {"name": mark, "scopes": ["habits:read"]}
    ids["token_id"] = ask("POST", "/v1/tokens", json=token)["token_id"]
    # There is no management of RabbitMQ here: another's token is no integration either.
    ids["integration_id"] = ids["token_id"]
    device = Authenticator(origin=f"http://localhost:{person.client.base_url.port}")
    made = device.create(ask("POST", "/v1/auth/passkeys/options")["public_key"])
    passkey = {"name": mark, "credential": made}
    ids["passkey_id"] = ask("POST", "/v1/auth/passkeys", json=passkey)["passkey_id"]
    head = "full_date,date,weekday,time,mood,activities,note"
    lines = f'{head}\n2026-01-05,5 January,Monday,21:00,good,"{mark}","{mark}"\n'
    file = {"file": (f"{mark}.csv", lines.encode(), "text/csv")}
    query = {"format": "daylio", "unknown_moods": "none"}
    told = person.client.post("/v1/import", params=query, files=file, headers=person.header)
    assert told.status_code in (200, 202), told.text
    ids["import_id"] = told.json()["import_id"]
    ask("GET", "/v1/analytics/summary")
    ask("POST", "/v1/me/export", 202)
    until(lambda: ask("GET", "/v1/me/export")["phase"] == "done", "exported")
    until(lambda: ask("GET", f"/v1/deliveries/{sent['delivery_id']}")["state"] == "sent", "sent")


@dataclass(frozen=True)
class Operation:
    """An operation of the OpenAPI document."""

    method: str
    path: str
    said: Json
    schemas: Json

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def parameters(self) -> list[Json]:
        return list(self.said.get("parameters", []))

    @property
    def ids(self) -> list[str]:
        """List the parameters of the path that are ids."""
        return [p["name"] for p in self.parameters if p["in"] == "path" and _is_id(p["schema"])]

    @property
    def secured(self) -> bool:
        return bool(self.said.get("security"))

    @property
    def streams(self) -> bool:
        """Tell whether its answer goes on for as long as somebody watches."""
        return "text/event-stream" in self.said["responses"].get("200", {}).get("content", {})

    @property
    def body(self) -> Json | None:
        """Return the schema of a JSON body."""
        content = self.said.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else self.resolved(schema)

    def resolved(self, schema: Json) -> Json:
        """Follow references."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def bodies(self) -> list[Json]:
        """List the bodies that the document gives as examples; else one of what is required."""
        schema = self.body
        if schema is None:
            return []
        return list(schema.get("examples") or [self._made(schema)])

    def _made(self, schema: Json) -> Any:
        schema = self.resolved(schema)
        for word in ("const", "default"):
            if word in schema:
                return schema[word]
        if schema.get("examples") or schema.get("enum"):
            return (schema.get("examples") or schema["enum"])[0]
        if some := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            return self._made(some[0])
        kind = schema.get("type")
        if kind == "object":
            given = schema.get("properties", {})
            return {name: self._made(given[name]) for name in schema.get("required", ())}
        if kind == "array":
            return [self._made(schema["items"])]
        if kind == "string":
            return EXAMPLE_ID if schema.get("format") == "uuid" else "x" * 12
        return {"integer": 1, "number": 1, "boolean": True}.get(str(kind))

    def at(self, ids: dict[str, str]) -> str:
        """Fill the path in."""
        path = self.path
        for parameter in self.parameters:
            if parameter["in"] == "path":
                name = parameter["name"]
                path = path.replace(f"{{{name}}}", ids.get(name) or PLAIN[name])
        return path


EXAMPLE_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
"""The id in the examples of the document."""

PLAIN = {"day": "today", "channel": "email", "token": "x" * 43}
"""Parameters of paths that are no ids."""


def operations(client: httpx.Client) -> Iterator[Operation]:
    """List every operation that Ritmo says it has."""
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path, said in document["paths"].items():
        for method in METHODS:
            if method in said:
                yield Operation(method, path, said[method], schemas)


def with_ids(body: Json, ids: dict[str, str]) -> Json:
    """Put somebody's ids where a body names one."""
    written = json.dumps(body).replace(EXAMPLE_ID, ids["habit_id"])
    found: Json = json.loads(written)
    return found


def _is_id(schema: Json) -> bool:
    kinds = [schema, *schema.get("anyOf", ()), schema.get("items", {})]
    return any(kind.get("format") == "uuid" for kind in kinds)


def is_id(schema: Json) -> bool:
    """Tell whether a value is an id, or a list of them."""
    kinds = [schema, *schema.get("anyOf", ())]
    return any(_is_id(kind) or _is_id(kind.get("items", {})) for kind in kinds)
