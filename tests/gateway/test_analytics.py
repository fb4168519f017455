"""Reports at the door: their formats, their ETags, and answers kept while they are true."""

import base64
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from contracts.analytics import (
    GetAssociations,
    GetHabitInsight,
    GetMoodReport,
    GetSummary,
    HistoryChanged,
)
from contracts.message import NotFound
from contracts.pictures import Rendered, RenderReport
from contracts.users import UserDeleted
from gateway.analytics import accepted
from gateway.fresh import ENTRIES, KEPT, LARGEST, Fresh, Kept
from tests.domain import reports
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import ADA, BEARER, HABIT, StandInBus, refusal
from tests.gateway.test_problems import checked

PNG = b"\x89PNG\r\n\x1a\n and more"
BOB = UUID("01890a5d-ac96-774b-bcce-b302099a8059")


def rendered(asked: RenderReport) -> Rendered:
    media = {"png": "image/png", "svg": "image/svg+xml", "csv": "text/csv; charset=utf-8"}
    return Rendered(
        media_type=media[asked.format],
        file_name=f"ritmo-{asked.of.report}.{asked.format}",
        data=base64.b64encode(PNG).decode(),
        etag="abc",
        today=reports.TODAY,
        stamp=3,
    )


@pytest.fixture
def reporting(bus: StandInBus) -> StandInBus:
    bus.answers |= {
        GetSummary: reports.summary(),
        GetHabitInsight: reports.insight(10),
        GetAssociations: reports.associations(2, 1),
        GetMoodReport: reports.moods(10),
        RenderReport: rendered,
    }
    return bus


@pytest.fixture
async def listening(app: FastAPI, reporting: StandInBus) -> StandInBus:
    await app.state.door.listen(reporting)
    return reporting


async def get(client: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    return await client.get(f"/v1/analytics/{path}", headers=BEARER | headers)


# -- what is asked --------------------------------------------------------------------------------


async def test_each_report_has_its_address(
    client: httpx.AsyncClient, reporting: StandInBus
) -> None:
    days = {"first": date(2026, 3, 1), "last": date(2026, 3, 7)}
    between = "from=2026-03-01&to=2026-03-07"
    expected: dict[str, Any] = {
        f"summary?{between}": GetSummary(**days),
        "summary?period=week&day=2026-03-04": GetSummary(period="week", day=date(2026, 3, 4)),
        "summary?language=ru": GetSummary(language="ru"),
        f"habits/{HABIT}?{between}": GetHabitInsight(habit_id=HABIT, **days),
        "associations": GetAssociations(),
        f"associations?habit={HABIT}&{between}": GetAssociations(habit_id=HABIT, **days),
        f"moods?tag=work&{between}": GetMoodReport(tag="work", **days),
    }
    for path, query in expected.items():
        answer = await get(client, path)
        assert answer.status_code == 200, path
        assert reporting.last == query
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["stamp"] == 3


async def test_a_picture_is_what_was_asked_for(
    client: httpx.AsyncClient, reporting: StandInBus
) -> None:
    path = f"habits/{HABIT}?format=png&picture=heat_map&theme=dark&scale=3"
    answer = await get(client, path)
    assert answer.status_code == 200
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'inline; filename="ritmo-habit.png"'
    assert answer.headers["etag"] == '"abc"'
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Accept-Language" not in answer.headers["vary"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert reporting.last == RenderReport(
        of=GetHabitInsight(habit_id=HABIT),
        format="png",
        picture="heat_map",
        theme="dark",
        scale=3,
    )


@pytest.mark.parametrize(("form", "media"), [("csv", "text/csv"), ("svg", "image/svg+xml")])
async def test_accept_chooses_and_the_query_wins(
    client: httpx.AsyncClient, reporting: StandInBus, form: str, media: str
) -> None:
    answer = await get(client, "summary", Accept=media)
    assert answer.headers["content-type"].startswith(media)
    assert reporting.last.format == form
    answer = await get(client, "summary?format=json", Accept=media)
    assert answer.headers["content-type"] == "application/json"


async def test_an_svg_by_itself_may_have_colours_and_no_scripts(
    client: httpx.AsyncClient, reporting: StandInBus
) -> None:
    policy = (await get(client, "moods?format=svg")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/html, */*;q=0.8", "json"),
        ("image/png", "png"),
        ("image/*", "png"),
        ("image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8", "svg"),
        ("application/json;q=0.5, text/csv", "csv"),
        ("text/csv;q=0, application/json", "json"),
        ("TEXT/CSV; q=x, image/png;q=0.1", "png"),
        ("video/mp4", "json"),
    ],
)
def test_accept_is_weighed(accept: str, form: str) -> None:
    assert accepted(accept) == form


async def test_the_language_is_the_callers_own_unless_one_is_asked_for(
    client: httpx.AsyncClient, reporting: StandInBus
) -> None:
    await get(client, "summary?format=png", **{"Accept-Language": "ru, en;q=0.5"})
    assert reporting.last.of.language is None
    await get(client, "summary?format=png&language=en", **{"Accept-Language": "ru"})
    assert reporting.last.of.language == "en"


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "format=gif",
        "scale=0",
        "scale=9",
        "theme=blue",
        "picture=cat",
        "period=decade",
        "from=yesterday",
        "language=de",
        "colour=red",
    ],
)
async def test_what_is_not_known_is_refused(
    client: httpx.AsyncClient, reporting: StandInBus, query: str
) -> None:
    problem = checked(await get(client, f"summary?{query}"), 422, "invalid")
    assert problem["errors"][0]["parameter"] == query.partition("=")[0]
    assert reporting.asked == []


async def test_nobody_sees_a_report_without_logging_in(
    client: httpx.AsyncClient, listening: StandInBus
) -> None:
    await get(client, "summary")
    answer = await client.get("/v1/analytics/summary")
    checked(answer, 401, "unauthenticated")
    answer = await client.get("/v1/analytics/summary", headers={"Authorization": "Bearer bad"})
    checked(answer, 401, "invalid_token")


async def test_a_refusal_is_not_kept(client: httpx.AsyncClient, listening: StandInBus) -> None:
    listening.answers[GetHabitInsight] = refusal(NotFound, "habit_not_found")
    for _ in range(2):
        checked(await get(client, f"habits/{HABIT}"), 404, "habit_not_found")
    assert len(listening.asked) == 2


# -- what is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "csv", "png", "svg"])
async def test_an_etag_saves_the_body(
    client: httpx.AsyncClient, reporting: StandInBus, form: str
) -> None:
    first = await get(client, f"summary?format={form}")
    known = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    again = await get(client, f"summary?format={form}", **known)
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers
    assert len(reporting.asked) == 2, "nothing is kept before it listens"


async def test_a_report_is_asked_for_once(client: httpx.AsyncClient, listening: StandInBus) -> None:
    first = await get(client, "summary?format=png")
    again = await get(client, "summary?format=png")
    assert len(listening.asked) == 1
    assert again.content == first.content
    # The trace and the standing at the limits are of each request.
    own = ("x-request-id", "ratelimit")
    of_first, of_again = (
        {name: value for name, value in one.headers.items() if name not in own}
        for one in (first, again)
    )
    assert of_again == of_first
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    left = [int(one.headers["ratelimit"].split("r=")[1].split(";")[0]) for one in (first, again)]
    assert left[0] - left[1] == 1
    known = await get(client, "summary?format=png", **{"If-None-Match": '"abc"'})
    assert known.status_code == 304
    assert len(listening.asked) == 1


async def test_what_differs_is_kept_apart(client: httpx.AsyncClient, listening: StandInBus) -> None:
    await get(client, "summary")
    await get(client, "summary?period=week")
    await get(client, "summary", Accept="image/png")
    await get(client, "summary?language=ru")
    await get(client, "moods")
    assert len(listening.asked) == 5
    await get(client, "summary", **{"Accept-Language": "ru"})
    assert len(listening.asked) == 5, "whoever is known is answered in their own language"


async def test_a_change_drops_what_was_kept(
    client: httpx.AsyncClient, listening: StandInBus
) -> None:
    await get(client, "summary")
    await listening.tell(HistoryChanged(user_id=BOB, version=9))
    await listening.tell(HistoryChanged(user_id=ADA, version=3))  # what it knows already
    await get(client, "summary")
    assert len(listening.asked) == 1
    await listening.tell(HistoryChanged(user_id=ADA, version=4))
    await get(client, "summary")
    assert len(listening.asked) == 2
    # The answer still bears stamp 3, which is known to be old: it is not kept.
    await get(client, "summary")
    assert len(listening.asked) == 3
    listening.answers[GetSummary] = reports.summary().model_copy(update={"stamp": 4})
    for _ in range(2):
        await get(client, "summary")
    assert len(listening.asked) == 4


async def test_who_is_gone_leaves_nothing(
    app: FastAPI, client: httpx.AsyncClient, listening: StandInBus
) -> None:
    await get(client, "summary")
    assert app.state.door.fresh.size > 0
    await listening.tell(UserDeleted(user_id=ADA))
    assert app.state.door.fresh.size == 0


async def test_each_request_is_counted_once(reporting: StandInBus, app: FastAPI) -> None:
    async with client_of(app) as client:
        answers = [await get(client, "summary") for _ in range(3)]
    left = [int(one.headers["ratelimit"].split("r=")[1].split(";")[0]) for one in answers]
    assert [left[0] - one for one in left] == [0, 1, 2]


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def kept(body: bytes = b"x", stamp: int = 1) -> Kept:
    return Kept.of(Response(body, headers={"etag": '"1"'}), stamp)


def key(path: str, user_id: UUID = ADA) -> tuple[UUID, str, bytes, bytes]:
    return user_id, path, b"", b""


async def test_nothing_is_kept_for_longer_than_a_minute(bus: StandInBus) -> None:
    clock = Clock()
    fresh = Fresh(clock=clock)
    await fresh.listen(bus)
    fresh.keep(key("/a"), kept())
    clock.now = KEPT - 0.01
    assert fresh.find(key("/a")) is not None
    clock.now = KEPT
    assert fresh.find(key("/a")) is None
    assert fresh.size == 0


async def test_the_bytes_that_are_kept_are_bounded(bus: StandInBus) -> None:
    fresh = Fresh(most=10_000)
    await fresh.listen(bus)
    for path in ("/a", "/b", "/c"):
        fresh.keep(key(path), kept(b"x" * 2500))
    assert fresh.find(key("/a")) is not None
    fresh.keep(key("/d"), kept(b"x" * 2500))
    assert fresh.find(key("/b")) is None, "not asked for longest"
    assert fresh.find(key("/a")) is not None
    assert fresh.size <= 10_000
    fresh.keep(key("/d"), kept(b"y"))
    found = fresh.find(key("/d"))
    assert found is not None
    assert found.body == b"y"


async def test_what_is_too_large_or_too_much_is_not_kept(bus: StandInBus) -> None:
    fresh = Fresh()
    await fresh.listen(bus)
    fresh.keep(key("/large"), kept(b"x" * LARGEST))
    assert fresh.find(key("/large")) is None
    for number in range(ENTRIES + 5):
        fresh.keep(key(f"/{number}"), kept())
    assert fresh.find(key("/4")) is None
    assert fresh.find(key("/5")) is not None


async def test_a_late_fact_does_not_bring_back_what_was_dropped(bus: StandInBus) -> None:
    fresh = Fresh()
    await fresh.listen(bus)
    await bus.tell(HistoryChanged(user_id=ADA, version=6))
    await bus.tell(HistoryChanged(user_id=ADA, version=5))
    fresh.keep(key("/a"), kept(stamp=5))
    fresh.keep(key("/b"), kept(stamp=6))
    fresh.keep(key("/c", BOB), kept(stamp=1))
    assert fresh.find(key("/a")) is None
    assert fresh.find(key("/b")) is not None
    assert fresh.find(key("/c", BOB)) is not None


async def test_the_document_tells_of_all_formats(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    for path in ("summary", "habits/{habit_id}", "associations", "moods"):
        operation = document["paths"][f"/v1/analytics/{path}"]["get"]
        media = set(operation["responses"]["200"]["content"])
        assert media == {"application/json", "text/csv", "image/png", "image/svg+xml"}
        assert "304" in operation["responses"]
        assert operation["security"] == [{"bearer": []}]
        names = {one["name"] for one in operation["parameters"]}
        assert {"format", "picture", "theme", "scale", "language", "If-None-Match"} <= names
