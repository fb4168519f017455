"""A file goes to its room in parts, and its account comes back."""

import base64
from typing import Any

import httpx
import pytest

from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    GetImport,
    Import,
    ImportPhase,
    RunImport,
    StartImport,
)
from gateway.app import GatewaySettings, open_gateway
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, StandInVerifier
from tests.gateway.test_problems import checked


def state(phase: ImportPhase, **more: Any) -> Import:
    return Import(import_id=HABIT, phase=phase, dry_run=False, **more)


@pytest.fixture
def receiving(bus: StandInBus) -> StandInBus:
    bus.answers |= {
        StartImport: state("receiving"),
        AddImportPart: state("receiving"),
        RunImport: state("waiting"),
        GetImport: state("done", rows=3),
    }
    return bus


async def test_a_file_arrives_whole(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    content = bytes(range(256)) * (PART_BYTES // 256 * 2 + 5)
    files = {"ignored": ("a.txt", b"no"), "file": ("loop.zip", content)}
    answer = await client.post("/v1/import?dry_run=true", files=files, headers=BEARER)
    assert answer.status_code == 200
    assert answer.json()["rows"] == 3
    asked = [message for message, _, _ in receiving.asked]
    parts = [message for message in asked if isinstance(message, AddImportPart)]
    assert asked[0] == StartImport(file_name="loop.zip")
    assert [part.number for part in parts] == [0, 1, 2]
    assert b"".join(base64.b64decode(part.data) for part in parts) == content
    assert RunImport(import_id=HABIT, dry_run=True) in asked


async def test_a_failed_import_says_why(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    receiving.answers[RunImport] = state("failed", problem="The file is {no} zip.")
    answer = await client.post("/v1/import", files={"file": b"x"}, headers=BEARER)
    problem = checked(answer, 422, "import_failed")
    assert problem["detail"] == "The file could not be imported: The file is {no} zip."


async def test_a_long_import_goes_on(
    receiving: StandInBus,
) -> None:
    settings = GatewaySettings(import_patience=0.0)
    async with client_of(open_gateway(receiving, StandInVerifier(), settings)) as client:
        answer = await client.post("/v1/import", files={"file": b"x"}, headers=BEARER)
        assert answer.status_code == 202
        assert answer.headers["location"] == f"/v1/imports/{HABIT}"
        later = await client.get(answer.headers["location"], headers=BEARER)
    assert later.json()["phase"] == "done"


async def test_the_same_key_does_not_fill_it_again(
    client: httpx.AsyncClient, receiving: StandInBus
) -> None:
    headers = BEARER | {"Idempotency-Key": "k"}
    answer = await client.post("/v1/import", files={"file": b"x"}, headers=headers)
    assert answer.status_code == 200
    asked = {type(message) for message, _, _ in receiving.asked}
    assert asked == {StartImport, GetImport}


async def test_no_file(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    answer = await client.post("/v1/import", files={"other": b"x"}, headers=BEARER)
    checked(answer, 422, "file_missing")
    answer = await client.post("/v1/import", json={}, headers=BEARER)
    checked(answer, 415, "not_multipart")
    assert receiving.asked == []


async def test_a_damaged_form(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    headers = BEARER | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post("/v1/import", content=b"nonsense", headers=headers)
    checked(answer, 400, "invalid_form")
    cut = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nPK'
    answer = await client.post("/v1/import", content=cut, headers=headers)
    checked(answer, 400, "invalid_form")
    assert RunImport not in {type(message) for message, _, _ in receiving.asked}


async def test_a_file_that_is_too_large(client: httpx.AsyncClient, bus: StandInBus) -> None:
    files = {"file": b"x" * (1 << 20)}
    checked(await client.post("/v1/import", files=files, headers=BEARER), 413, "too_large")
    assert bus.asked == []
