"""A diary leaves page by page, as a zip of files or as one document."""

import io
import json
import zipfile

import httpx
import pytest

from contracts.journal_transfer import ExportedPage, ExportEntries, Piece
from contracts.message import Unavailable
from tests.gateway.standing_in import BEARER, StandInBus, refusal
from tests.gateway.test_problems import checked

ZIP = "/v1/journal/export"
JSON = "/v1/journal/export?format=json"


@pytest.fixture
def diary(bus: StandInBus) -> StandInBus:
    names = ["2031/a.md", "2031/A.md", "2031/a (2).md", "2032/Я.md", "2031/a.md"]

    def page(asked: ExportEntries) -> ExportedPage:
        """Answer with one entry on each page."""
        number = int(asked.cursor or 0)
        text = json.dumps({"n": number}) if asked.format == "json" else f"text {number} é"
        more = str(number + 1) if number + 1 < len(names) else None
        return ExportedPage(pieces=(Piece(name=names[number], text=text),), next=more)

    bus.answers[ExportEntries] = page
    return bus


async def test_a_zip_of_files(client: httpx.AsyncClient, diary: StandInBus) -> None:
    answer = await client.get(ZIP, headers=BEARER)
    assert answer.headers["content-type"] == "application/zip"
    assert "ritmo-journal.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert zipped.testzip() is None
        found = {name: zipped.read(name).decode() for name in zipped.namelist()}
    assert found == {
        "2031/a.md": "text 0 é",
        "2031/A (2).md": "text 1 é",
        "2031/a (2) (2).md": "text 2 é",
        "2032/Я.md": "text 3 é",
        "2031/a (3).md": "text 4 é",
    }
    assert [getattr(one, "cursor", "") for one, _, _ in diary.asked] == [None, "1", "2", "3", "4"]
    assert (await client.get(ZIP, headers=BEARER)).content == answer.content


async def test_one_document(client: httpx.AsyncClient, diary: StandInBus) -> None:
    answer = await client.get(JSON, headers=BEARER)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "format": "ritmo-journal",
        "version": 1,
        "entries": [{"n": number} for number in range(5)],
    }


async def test_an_empty_diary(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ExportEntries] = ExportedPage(pieces=())
    assert (await client.get(JSON, headers=BEARER)).json()["entries"] == []
    packed = (await client.get(ZIP, headers=BEARER)).content
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == []


async def test_a_room_that_is_down(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ExportEntries] = refusal(Unavailable)
    checked(await client.get(ZIP, headers=BEARER), 503, "some_code")
    answer = await client.get("/v1/journal/export?format=pdf", headers=BEARER)
    checked(answer, 422, "invalid")
