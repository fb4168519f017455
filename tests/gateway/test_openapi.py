"""The OpenAPI document is a product: everything in it says what it is, and generators take it."""

import re
from typing import Any

import pytest

from gateway.app import GatewaySettings, open_gateway
from gateway.openapi import READING_ORDER
from gateway.web.docs import operations as page
from tests.gateway.standing_in import StandInBus, StandInVerifier

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Schema:
    return open_gateway(StandInBus(), StandInVerifier()).openapi()


def test_every_property_says_what_it_is(document: Schema) -> None:
    schemas = document["components"]["schemas"]
    assert len(schemas) > 100
    silent = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, inner in schema.get("properties", {}).items()
        if not inner.get("description", "").endswith(".")
    ]
    assert silent == []


def operations(document: Schema) -> dict[str, Schema]:
    found = [one for path in document["paths"].values() for one in path.values()]
    return {one["operationId"]: one for one in found}


def test_every_operation_parameter_tag_and_answer_says_what_it_is(document: Schema) -> None:
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(words.endswith(".") for words in tags.values())
    silent = []
    for name, operation in operations(document).items():
        assert len(operation["tags"]) == 1
        silent += [] if operation["tags"][0] in tags else [f"{name}: its tag"]
        silent += [] if operation.get("description", "").endswith(".") else [name]
        silent += [
            f"{name}: {part['name']}"
            for part in operation.get("parameters", [])
            if not part.get("description")
        ]
        silent += [
            f"{name}: {status}"
            for status, answer in operation["responses"].items()
            if not answer["description"]
        ]
    assert silent == []
    assert {operation["tags"][0] for operation in operations(document).values()} == {*tags}


def test_tags_stand_in_reading_order_in_the_document_and_on_its_page(document: Schema) -> None:
    tags = [tag["name"] for tag in document["tags"]]
    first, rest = tags[: len(READING_ORDER)], tags[len(READING_ORDER) :]
    assert tuple(first) == READING_ORDER
    assert rest == sorted(rest)
    assert re.findall(r'<section id="([^"]+)">', page(document, "")) == tags


def test_every_operation_for_people_says_which_scopes_it_needs(document: Schema) -> None:
    needed = {
        name: operation["security"][0]["bearer"]
        for name, operation in operations(document).items()
        if operation.get("security")
    }
    assert [name for name, scopes in needed.items() if not scopes] == []
    assert needed["check_in"] == ["habits:write"]
    assert needed["get_me"] == ["profile:read"]
    assert needed["list_sessions"] == needed["create_token"] == ["account"]
    assert needed["list_users"] == ["admin"]
    told = operations(document)["check_in"]["description"]
    assert told.endswith("Scope: `habits:write`.")


def answers(document: Schema, name: str) -> set[int]:
    return {int(status) for status in operations(document)[name]["responses"] if status >= "400"}


ALWAYS = {400, 422, 429, 431, 500, 503, 504}


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("list_habits", {401, 403}),
        ("get_today", {401, 403}),
        ("create_habit", {401, 403, 408, 409, 413, 415}),
        ("get_habit", {401, 403, 404}),
        ("update_habit", {401, 403, 404, 408, 409, 412, 413, 415}),
        ("delete_habit", {401, 403, 404, 409, 412}),
        ("change_user", {401, 403, 404, 408, 409, 413, 415}),
        ("login", {401, 403, 408, 410, 413, 415}),
        ("keys", set()),
    ],
)
def test_errors_stand_only_where_they_can_happen(
    document: Schema, operation: str, more: set[int]
) -> None:
    assert answers(document, operation) == ALWAYS | more


def headers(document: Schema, name: str, status: int) -> set[str]:
    return {*operations(document)[name]["responses"][str(status)]["headers"]}


def test_headers_of_answers_are_told(document: Schema) -> None:
    limits = {"RateLimit", "RateLimit-Policy", "X-Request-Id"}
    assert headers(document, "create_habit", 201) == {"ETag", "Location"} | limits
    assert headers(document, "get_habit", 200) == {"ETag"} | limits
    assert headers(document, "check_in", 200) == limits
    assert headers(document, "check_in", 404) == {"Content-Language"}
    assert headers(document, "check_in", 401) == {"Content-Language", "WWW-Authenticate"}
    for status in (429, 503, 504):
        assert headers(document, "list_habits", status) == {"Content-Language", "Retry-After"}
    assert all(one["description"] for one in document["components"]["headers"].values())


def test_the_server_is_told() -> None:
    settings = GatewaySettings(base_url="https://ritmo.example.org/")
    app = open_gateway(StandInBus(), StandInVerifier(), settings)
    assert app.openapi()["servers"] == [{"url": "https://ritmo.example.org"}]


def test_nothing_that_is_an_object_or_a_variant_has_a_default(document: Schema) -> None:
    """Generators drop a schema, and all that refer to it, over such a default."""

    def defaults(part: object, at: str) -> list[str]:
        if isinstance(part, list):
            return [found for one in part for found in defaults(one, at)]
        if not isinstance(part, dict):
            return []
        wrong = [at] if isinstance(part.get("default"), dict) else []
        return wrong + [
            found for name, one in part.items() for found in defaults(one, f"{at}/{name}")
        ]

    assert defaults(document["components"], "") == []
    told = document["components"]["schemas"]["NewHabit"]["properties"]["schedule"]["description"]
    assert told == 'When it is due. If not given: `{"every": "day"}`.'
