"""Feeds of calendars over HTTP: what programs that subscribe, and people, are given."""

import gzip
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from contracts.calendar import CalendarFile, CreateFeed, NewFeed, ReadFeed, RotateFeed
from contracts.message import NotFound
from gateway.app import GatewaySettings, open_gateway
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import BEARER, StandInBus, StandInVerifier

SECRET = "s" * 43
NOW = datetime(2031, 5, 12, 12, tzinfo=UTC)
FILE = "BEGIN:VCALENDAR\r\n" + "X-RITMO:1\r\n" * 100 + "END:VCALENDAR\r\n"
FOUND = CalendarFile(etag="abc", changed_at=NOW, file=FILE, name="Ritmo: Habits")
MADE = NewFeed(
    feed_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    created_at=NOW,
    used_at=None,
    secret=SECRET,
)
ADDRESS = f"/calendar/{SECRET}.ics"


async def test_a_feed_is_made_and_its_address_shown_once(bus: StandInBus) -> None:
    bus.answers[CreateFeed] = bus.answers[RotateFeed] = MADE
    for base, url, webcal in (
        ("", None, None),
        (
            "https://ritmo.example.org",
            f"https://ritmo.example.org{ADDRESS}",
            f"webcal://ritmo.example.org{ADDRESS}",
        ),
    ):
        app = open_gateway(bus, StandInVerifier(), GatewaySettings(base_url=base))
        async with client_of(app) as client:
            feed = {"shows": "habits", "tag": "health"}
            made = await client.post("/v1/calendar/feeds", json=feed, headers=BEARER)
            address = "/v1/calendar/feeds/01890a5d-ac96-774b-bcce-b302099a8057"
            again = await client.post(f"{address}/rotate", headers=BEARER)
        assert (made.status_code, made.headers["location"]) == (201, address)
        for answer in (made.json(), again.json()):
            assert (answer["path"], answer["url"], answer["webcal_url"]) == (ADDRESS, url, webcal)
            assert answer["page"] == f"/calendar/{SECRET}/page"


async def test_a_file_is_sent_once(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ReadFeed] = FOUND
    first = await client.get(ADDRESS)
    assert (first.status_code, first.text) == (200, FILE)
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert first.headers["last-modified"] == "Mon, 12 May 2031 12:00:00 GMT"
    for known in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": f'"other", W/{first.headers["etag"]}'},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = await client.get(ADDRESS, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    for known in (
        {"If-None-Match": '"other"', "If-Modified-Since": first.headers["last-modified"]},
        {"If-Modified-Since": "Mon, 12 May 2031 11:59:59 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        assert (await client.get(ADDRESS, headers=known)).status_code == 200


@pytest.mark.parametrize(("accepts", "packed"), [("gzip, br", True), ("identity", False)])
async def test_a_file_is_compressed_for_who_wants_it(
    client: httpx.AsyncClient, bus: StandInBus, accepts: str, packed: bool
) -> None:
    bus.answers[ReadFeed] = FOUND
    request = client.build_request("GET", ADDRESS, headers={"Accept-Encoding": accepts})
    answer = await client.send(request, stream=True)
    raw = b"".join([part async for part in answer.aiter_raw()])
    assert (gzip.decompress(raw) if packed else raw).decode() == FILE
    assert answer.headers.get("content-encoding") == ("gzip" if packed else None)


async def test_head_tells_of_the_file(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ReadFeed] = FOUND
    answer = await client.head(ADDRESS)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (200, b"", '"abc"')


async def test_a_page_says_how_soon_a_change_is_seen(bus: StandInBus) -> None:
    bus.answers[ReadFeed] = FOUND.model_copy(update={"file": None, "language": "ru"})
    settings = GatewaySettings(base_url="https://ritmo.example.org")
    app: FastAPI = open_gateway(bus, StandInVerifier(), settings)
    async with client_of(app) as client:
        page = await client.get(f"/calendar/{SECRET}/page")
    assert page.status_code == 200
    assert f'href="webcal://ritmo.example.org{ADDRESS}"' in page.text
    assert "<svg" in page.text
    assert "каждые 8–24 часа; поторопить её нельзя" in page.text
    assert (page.headers["cache-control"], page.headers["x-robots-tag"]) == ("no-store", "noindex")
    asked = bus.last
    assert isinstance(asked, ReadFeed)
    assert asked.peek


async def test_unknown_addresses_are_all_alike(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ReadFeed] = NotFound("feed_not_found", "There is no such feed.")
    for path in (ADDRESS, "/calendar/x.ics", f"/calendar/{'y' * 3000}.ics", "/calendar/%00/page"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "feed_not_found")
        assert answer.json()["instance"].startswith("/calendar/..."), "no secret is repeated"
