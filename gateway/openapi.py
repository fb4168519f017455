"""The OpenAPI document: what FastAPI finds, with problems, strict bodies and examples."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from contracts.time import FIRST_DAY, LAST_DAY
from gateway.codes import PROBLEM_CODES
from gateway.descriptions import TAGS, describe
from gateway.problems import Problem
from gateway.scopes import tell_scopes
from gateway.told import tell_operations

INTRODUCTION = """\
Ritmo keeps habits. Register or log in, send the access token as `Authorization: Bearer`, and begin
a habit with nothing but its name.

Every error is a problem document (RFC 9457) in English or Russian: in the language of the caller's
profile, and for guests by `Accept-Language`. Send an `Idempotency-Key` with a change to be able to
send it again safely; 504 means that the outcome is not known. `If-Match` with an ETag keeps two
editors from overwriting each other.
"""

_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_STANDING = {"streak": 4, "best_streak": 12, "score": 0.42}

READING_ORDER = ("accounts", "people", "habits", "check-ins", "today", "breaks", "journal")
"""The tags with which a newcomer begins; all others follow by name."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "CheckedIn": {
        "habit_id": _ID,
        "day": "2026-03-01",
        "value": 1.0,
        "state": "done",
        "note": "",
        **_STANDING,
    },
    "Today": {
        "day": "2026-03-01",
        "habits": [
            {
                "habit_id": _ID,
                "name": "Read ten pages",
                "due": True,
                "on_break": False,
                "value": 1.0,
                "state": "done",
                "done": 1.0,
                "needed": 1.0,
                **_STANDING,
            }
        ],
    },
}
"""Examples of answers, by the name of their schema."""


def document(app: FastAPI) -> dict[str, Any]:
    """Write the document of an application, once."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title,
            version=app.version,
            description=f"{INTRODUCTION}\n{_codes()}",
            routes=app.routes,
            servers=app.servers,
        )
        schemas = found["components"]["schemas"]
        _add_problems(schemas)
        describe(schemas)
        for body in _bodies(found):
            _close(body, schemas, set())
        _need_bodies(found)
        for name, example in EXAMPLES.items():
            if name in schemas:
                schemas[name].setdefault("examples", [example])
        _bound_days(found)
        for schema in schemas.values():
            for name, inner in schema.get("properties", {}).items():
                schema["properties"][name] = _without_object(inner)
        names = (*READING_ORDER, *sorted(TAGS.keys() - {*READING_ORDER}))
        found["tags"] = [{"name": name, "description": TAGS[name]} for name in names]
        tell_operations(found)
        tell_scopes(found, app.routes)
        app.openapi_schema = found
    return app.openapi_schema


def _codes() -> str:
    """List the codes of problems by status."""
    lines = (f"{status}: {', '.join(codes.split())}." for status, codes in PROBLEM_CODES.items())
    return "The codes of problems, by status; new ones may come.\n\n" + "\n\n".join(lines)


def _without_object(schema: dict[str, Any]) -> dict[str, Any]:
    """Say in words which object stands for what is not given: generators stumble over it."""
    default = schema.get("default")
    if not isinstance(default, dict):
        return schema
    words = f"{schema['description']} If not given: `{json.dumps(default)}`."
    rest = {name: inner for name, inner in schema.items() if name != "default"}
    return rest | {"description": words}


def _add_problems(schemas: dict[str, Any]) -> None:
    """Add the schema of problem documents; FastAPI's own errors are never sent."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    codes = sorted({code for codes in PROBLEM_CODES.values() for code in codes.split()})
    problem["properties"]["code"]["x-extensible-enum"] = codes
    schemas["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _bodies(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """List the schemas of all JSON bodies."""
    for path in document["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                yield content["application/json"]["schema"]


def _need_bodies(document: dict[str, Any]) -> None:
    """Say which bodies must be sent: to say nothing is to say `{}`."""
    for path in document["paths"].values():
        for operation in path.values():
            body = operation.get("requestBody", {})
            schema = body.get("content", {}).get("application/json", {}).get("schema", {})
            if name := str(schema.get("$ref", "")).rpartition("/")[2]:
                body["required"] = "required" in document["components"]["schemas"][name]


def _close(schema: Any, schemas: dict[str, Any], seen: set[str]) -> None:
    """Say of every object in a body that it takes no other fields: so it is at run time."""
    if isinstance(schema, list):
        for inner in schema:
            _close(inner, schemas, seen)
    if not isinstance(schema, dict):
        return
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        seen.add(name)
        _close(schemas[name], schemas, seen)
    if schema.get("type") == "object" and "properties" in schema:
        schema["additionalProperties"] = False
        _need_tags(schema)
    for key, inner in schema.items():
        if key not in ("examples", "example", "default", "discriminator"):
            _close(inner, schemas, seen)


def _need_tags(schema: dict[str, Any]) -> None:
    """Say that what tells variants apart must be given; its default is only for Python."""
    tags = [name for name, inner in schema["properties"].items() if "const" in inner]
    schema["required"] = [*dict.fromkeys([*tags, *schema.get("required", [])])]
    for name in tags:
        schema["properties"][name].pop("default", None)
    if not schema["required"]:
        del schema["required"]


def _bound_days(schema: Any) -> None:
    """Say in words which days there are; JSON Schema cannot bound a date."""
    if isinstance(schema, list):
        for inner in schema:
            _bound_days(inner)
    if isinstance(schema, dict):
        if schema.get("type") == "string" and schema.get("format") == "date":
            schema.pop("ge", None)
            schema.pop("le", None)
            bounds = f"A day from {FIRST_DAY} to {LAST_DAY}."
            words = schema.get("description", "")
            schema["description"] = f"{words} {bounds}".strip()
        for inner in schema.values():
            _bound_days(inner)
