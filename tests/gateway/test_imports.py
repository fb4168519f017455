"""A file goes to its room in parts, and its account comes back."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contracts.import_account import Undone
from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    GetImport,
    Import,
    ImportOutline,
    ImportPhase,
    Imports,
    ListImports,
    RunImport,
    StartImport,
    UndoImport,
)
from contracts.message import Invalid, NotFound
from gateway.app import GatewaySettings, open_gateway
from tests.daylio_files import daylio_csv, row
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, StandInVerifier
from tests.gateway.test_problems import checked

LOOP = "/v1/import?format=loop"


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
    files = {"file": ("loop.zip", content)}
    answer = await client.post(
        "/v1/import?dry_run=true&format=loop", files=files, data={"ignored": "no"}, headers=BEARER
    )
    assert answer.status_code == 200
    assert answer.json()["rows"] == 3
    asked = [message for message, _, _ in receiving.asked]
    parts = [message for message in asked if isinstance(message, AddImportPart)]
    assert asked[0] == StartImport(file_name="loop.zip", size=len(content))
    assert [part.number for part in parts] == [0, 1, 2]
    assert b"".join(base64.b64decode(part.data) for part in parts) == content
    assert RunImport(import_id=HABIT, dry_run=True, kind="loop") in asked


async def test_a_failed_import_says_why(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    receiving.answers[RunImport] = state("failed", problem="The file is {no} zip.")
    answer = await client.post(LOOP, files={"file": b"x"}, headers=BEARER)
    problem = checked(answer, 422, "import_failed")
    assert problem["detail"] == "The file could not be imported: The file is {no} zip."


async def test_a_failed_import_is_refused_as_its_room_refused_it(
    client: httpx.AsyncClient, receiving: StandInBus
) -> None:
    refused = Invalid("import_empty", "There are no entries in the file.").refusal()
    receiving.answers[RunImport] = state("failed", problem="Some words", refusal=refused)
    headers = BEARER | {"Accept-Language": "ru"}
    answer = await client.post(LOOP, files={"file": b"x"}, headers=headers)
    assert checked(answer, 422, "import_empty")["detail"] == "В файле нет записей."
    receiving.answers[GetImport] = receiving.answers[RunImport]
    later = await client.get(f"/v1/imports/{HABIT}", headers=headers)
    assert later.json()["problem"] == "В файле нет записей."


async def test_what_is_wished_goes_with_the_file(
    client: httpx.AsyncClient, receiving: StandInBus
) -> None:
    query = {"moods": '{"fantastisch": 5}', "unknown_moods": "none", "format": "daylio"}
    files = {"file": ("export.bin", daylio_csv([row()]))}
    answer = await client.post("/v1/import", params=query, files=files, headers=BEARER)
    assert answer.status_code == 200
    wish = {"kind": "daylio", "moods": {"fantastisch": 5}, "unknown_moods": "none"}
    assert RunImport(import_id=HABIT, **wish) in [message for message, _, _ in receiving.asked]


async def test_a_file_that_nobody_reads(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    receiving.answers[RunImport] = Invalid("import_unknown_format", "Not known.")
    answer = await client.post("/v1/import", files={"file": b"hello"}, headers=BEARER)
    checked(answer, 422, "import_unknown_format")


@pytest.mark.parametrize("moods", ["rad=5", "[]", '{"rad": 6}', '{"rad": "5"}', '{"": 1}', "{"])
async def test_moods_that_mean_nothing(
    client: httpx.AsyncClient, receiving: StandInBus, moods: str
) -> None:
    files = {"file": daylio_csv([row()])}
    answer = await client.post("/v1/import", params={"moods": moods}, files=files, headers=BEARER)
    problem = checked(answer, 422, "moods_malformed")
    assert '{"fantastisch": 5}' in str(problem["detail"])
    assert receiving.asked == []


async def test_an_import_is_found(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    where = f"/v1/imports/{HABIT}"
    assert (await client.get(where, headers=BEARER)).json()["rows"] == 3
    receiving.answers[GetImport] = NotFound("import_not_found", "There is no import.")
    checked(await client.get(where, headers=BEARER), 404, "import_not_found")


async def test_imports_are_listed(client: httpx.AsyncClient, bus: StandInBus) -> None:
    one = ImportOutline(
        import_id=HABIT,
        file_name="loop.zip",
        kind="loop",
        phase="running",
        dry_run=False,
        rows=3,
        total=None,
        started_at=datetime(2031, 5, 5, tzinfo=UTC),
        ended_at=None,
    )
    bus.answers[ListImports] = Imports(imports=(one,), next=str(HABIT))
    answer = await client.get(f"/v1/imports?limit=1&cursor={HABIT}", headers=BEARER)
    assert answer.json()["imports"][0]["file_name"] == "loop.zip"
    assert answer.json()["next"] == str(HABIT)
    assert bus.asked[0][0] == ListImports(limit=1, cursor=str(HABIT))
    checked(await client.get("/v1/imports?limit=0", headers=BEARER), 422, "invalid")


async def test_an_import_is_taken_back(client: httpx.AsyncClient, bus: StandInBus) -> None:
    where = f"/v1/imports/{HABIT}/undo"
    bus.answers |= {
        UndoImport: state("undoing"),
        GetImport: state("undone", undone=Undone(habits=2)),
    }
    answer = await client.post(where, headers=BEARER)
    assert (answer.status_code, answer.json()["undone"]["habits"]) == (200, 2)
    bus.answers[UndoImport] = NotFound("import_not_found", "There is no import.")
    checked(await client.post(where, headers=BEARER), 404, "import_not_found")


async def test_a_long_import_goes_on(
    receiving: StandInBus,
) -> None:
    settings = GatewaySettings(import_patience=0.0)
    async with client_of(open_gateway(receiving, StandInVerifier(), settings)) as client:
        answer = await client.post(LOOP, files={"file": b"x"}, headers=BEARER)
        assert answer.status_code == 202
        assert answer.headers["location"] == f"/v1/imports/{HABIT}"
        later = await client.get(answer.headers["location"], headers=BEARER)
    assert later.json()["phase"] == "done"


async def test_the_same_key_does_not_fill_it_again(
    client: httpx.AsyncClient, receiving: StandInBus
) -> None:
    headers = BEARER | {"Idempotency-Key": "k"}
    answer = await client.post(LOOP, files={"file": b"x"}, headers=headers)
    assert answer.status_code == 200
    asked = {type(message) for message, _, _ in receiving.asked}
    assert asked == {StartImport, GetImport}


async def test_no_file(client: httpx.AsyncClient, receiving: StandInBus) -> None:
    for where in ("/v1/import", LOOP):
        answer = await client.post(where, files={"other": b"x"}, headers=BEARER)
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


HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
FORMS = {
    "empty parts": b"--b\r\n\r\n\r\n" * 50_000,
    "small parts": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 10_000,
    "two files": (HEAD + b"\r\nx\r\n") * 2 + b"--b--\r\n",
    "many headers": HEAD + b"A: b\r\n" * 100_000 + b"\r\nx\r\n--b--\r\n",
    "a long header": HEAD + b"A: " + b"b" * 500_000 + b"\r\n\r\nx\r\n--b--\r\n",
    "an endless header": HEAD + b"A: " + b"b" * 500_000,
    "a long field": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 500_000,
    "no first boundary": b"\r\n" * 200_000,
    "no end": HEAD + b"\r\n" + b"x" * 500_000,
    "the start of the end": HEAD + b"\r\nx\r\n--b-",
    "another boundary": HEAD + b"\r\nx\r\n--c--\r\n",
    "blanks after a boundary": HEAD + b"\r\nx\r\n--b" + b" " * 100_000,
}


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("format", ["", "?format=loop"])
async def test_a_form_that_is_none(
    client: httpx.AsyncClient, receiving: StandInBus, kind: str, format: str
) -> None:
    headers = BEARER | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post(f"/v1/import{format}", content=FORMS[kind], headers=headers)
    checked(answer, 400, "invalid_form")
    assert receiving.asked == []


@pytest.mark.parametrize("content", [b"\r\n--b" * 9_000, b"\r\n--b-" * 9_000, b"\r" * 50_000])
async def test_what_looks_like_a_boundary_is_part_of_the_file(
    client: httpx.AsyncClient, receiving: StandInBus, content: bytes
) -> None:
    content += b"x"
    body = HEAD + b"\r\n" + content + b"\r\n--boundary--\r\n"
    headers = BEARER | {"Content-Type": "multipart/form-data; boundary=boundary"}
    answer = await client.post(
        LOOP, content=body.replace(b"--b\r", b"--boundary\r", 1), headers=headers
    )
    assert answer.status_code == 200
    parts = [asked for asked, *_ in receiving.asked if isinstance(asked, AddImportPart)]
    assert b"".join(base64.b64decode(part.data) for part in parts) == content


async def test_a_form_may_come_byte_by_byte(
    client: httpx.AsyncClient, receiving: StandInBus
) -> None:
    async def bytewise() -> AsyncIterator[bytes]:
        for byte in HEAD + b"\r\nx\r\n--b--\r\n":
            yield bytes([byte])

    headers = BEARER | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post(LOOP, content=bytewise(), headers=headers)
    assert answer.status_code == 200


async def test_a_file_that_is_too_large(client: httpx.AsyncClient, bus: StandInBus) -> None:
    files = {"file": b"x" * (1 << 20)}
    checked(await client.post("/v1/import", files=files, headers=BEARER), 413, "too_large")
    assert bus.asked == []
