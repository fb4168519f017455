"""What the OpenAPI document tells of every operation by its shape: error answers and headers.

A path with an id may lead nowhere, a body may be too large, a change may be under way already:
whoever adds a route need not say so.
"""

from collections.abc import Iterator
from typing import Any

from gateway.problems import documented

Part = dict[str, Any]

HEADERS: dict[str, tuple[str, Part]] = {
    "ETag": (
        "The version of what is shown: for If-Match, and for If-None-Match.",
        {"type": "string", "examples": ['"3"']},
    ),
    "Location": ("Where it is.", {"type": "string", "format": "uri-reference"}),
    "Retry-After": ("Seconds after which to try again.", {"type": "integer", "minimum": 1}),
    "WWW-Authenticate": ("How to say who you are (RFC 6750).", {"type": "string"}),
    "RateLimit": (
        "By policy: `r` requests left, and `t` seconds until there are more.",
        {"type": "string", "examples": ['"person";r=599;t=42']},
    ),
    "RateLimit-Policy": (
        "By policy: `q` requests in `w` seconds.",
        {"type": "string", "examples": ['"person";q=600;w=60']},
    ),
    "Content-Language": ("The language of its sentences.", {"type": "string", "examples": ["en"]}),
    "X-Request-Id": ("Finds this request in the log.", {"type": "string"}),
}
"""Headers of answers: what they say, and how they are written."""

AGAIN = frozenset({"429", "503", "504"})
"""Answers that tell when to try again."""


def tell_operations(document: Part) -> None:
    """Add to every operation the error answers and the headers that its shape tells of."""
    document["components"]["headers"] = {
        name: {"description": words, "required": True, "schema": schema}
        for name, (words, schema) in HEADERS.items()
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.startswith("/v1/"):
                _add_errors(document, operation)
            for status, response in operation["responses"].items():
                response["headers"] = {
                    name: {"$ref": f"#/components/headers/{name}"}
                    for name in _headers(document, operation, status, response)
                }


def _add_errors(document: Part, operation: Part) -> None:
    """Add what a login, an id, a key, a version and a body bring with them."""
    parameters = {one["name"] for one in operation.get("parameters", [])}
    body = operation.get("requestBody", {}).get("content", {})
    fields = {name for media in body.values() for name in _fields(document, media["schema"])}
    found: set[int] = set()
    if operation.get("security"):
        found |= {401, 403}
    if any(name.endswith(("_id", "_ids")) for name in parameters | fields):
        found.add(404)
    if "Idempotency-Key" in parameters:
        found.add(409)
    if "If-Match" in parameters:
        found.add(412)
    if body:
        found |= {408, 413, 415}
    errors = {str(status): answer for status, answer in documented(*found).items()}
    responses = operation["responses"] | errors
    operation["responses"] = {status: responses[status] for status in sorted(responses)}


def _headers(document: Part, operation: Part, status: str, response: Part) -> Iterator[str]:
    """Name the headers that an answer always has."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    known = any(one["name"] == "If-None-Match" for one in operation.get("parameters", []))
    if status == "304" or (
        status in ("200", "201") and (known or "version" in _fields(document, schema))
    ):
        yield "ETag"
    if status == "201":
        yield "Location"
    if status == "401":
        yield "WWW-Authenticate"
    if status in AGAIN:
        yield "Retry-After"
    if status >= "400":
        yield "Content-Language"
        return
    yield "X-Request-Id"
    if "429" in operation["responses"] and status != "304":
        yield from ("RateLimit", "RateLimit-Policy")


def _fields(document: Part, schema: Part) -> set[str]:
    """Name the fields of an object."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Part = document["components"]["schemas"][name] if name else schema
    return {*found.get("properties", {})}
