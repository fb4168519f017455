"""The OpenAPI document is a product: everything in it says what it is, and generators take it."""

from typing import Any

import pytest

from gateway.app import open_gateway
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
