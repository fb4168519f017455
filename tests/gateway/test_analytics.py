"""Reports at the door: their formats and their ETags."""

import base64
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from contracts.analytics import (
    GetAssociations,
    GetHabitInsight,
    GetMoodReport,
    GetSummary,
)
from contracts.message import NotFound
from contracts.pictures import Rendered, RenderReport
from gateway.analytics import accepted
from tests.domain import reports
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, refusal
from tests.gateway.test_problems import checked

PNG = b"\x89PNG\r\n\x1a\n and more"


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
    client: httpx.AsyncClient, reporting: StandInBus
) -> None:
    await get(client, "summary")
    answer = await client.get("/v1/analytics/summary")
    checked(answer, 401, "unauthenticated")
    answer = await client.get("/v1/analytics/summary", headers={"Authorization": "Bearer bad"})
    checked(answer, 401, "invalid_token")


async def test_what_has_changed_has_another_etag(
    client: httpx.AsyncClient, reporting: StandInBus
) -> None:
    first = await get(client, "summary")
    reporting.answers[GetSummary] = reports.summary().model_copy(update={"stamp": 4})
    again = await get(client, "summary", **{"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert again.headers["etag"] != first.headers["etag"]


async def test_what_is_refused_is_refused_again(
    client: httpx.AsyncClient, reporting: StandInBus
) -> None:
    reporting.answers[GetHabitInsight] = refusal(NotFound, "habit_not_found")
    for _ in range(2):
        checked(await get(client, f"habits/{HABIT}"), 404, "habit_not_found")
    assert len(reporting.asked) == 2


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
    assert len(reporting.asked) == 2


async def test_each_request_is_counted_once(reporting: StandInBus, app: FastAPI) -> None:
    async with client_of(app) as client:
        answers = [await get(client, "summary") for _ in range(3)]
    left = [int(one.headers["ratelimit"].split("r=")[1].split(";")[0]) for one in answers]
    assert [left[0] - one for one in left] == [0, 1, 2]
