"""Reports as files, over the bus and at the door: what they show is what is true by now."""

import base64
from xml.etree import ElementTree

import httpx
import pytest

from actors.runtime.local import LocalBus
from contracts.analytics import GetAssociations, GetHabitInsight, GetMoodReport, GetSummary
from contracts.habits import DeleteHabit
from contracts.message import NotFound, new_id
from contracts.pictures import AnyReport, Rendered, RenderReport
from contracts.principal import Principal
from contracts.users import ChangeProfile
from gateway.app import open_gateway
from tests.rooms.people import Carry, code_of
from tests.rooms.tracking import TODAY, Tracker, day

pytestmark = pytest.mark.asyncio


SVG = "{http://www.w3.org/2000/svg}"


async def render(who: Tracker, of: AnyReport, **wishes: object) -> Rendered:
    return await who.ask(RenderReport.model_validate({"of": of, **wishes}))


async def table(who: Tracker, of: AnyReport) -> str:
    return base64.b64decode((await render(who, of, format="csv")).data).decode("utf-8-sig")


async def title(who: Tracker, of: AnyReport, **wishes: object) -> str:
    drawn = await render(who, of, format="svg", **wishes)
    root = ElementTree.fromstring(base64.b64decode(drawn.data))
    return root.findtext(f"{SVG}title") or ""


async def test_a_report_becomes_a_picture(ann: Tracker, carry: Carry) -> None:
    habit = await ann.begin("Read", start_day=day(-9), colour="#8bc34a")
    for number in (-9, -8, -5, -1):
        await ann.log(habit.habit_id, number)
    await carry()
    of = GetHabitInsight(habit_id=habit.habit_id, first=day(-9))
    drawn = await render(ann, of, picture="heat_map", scale=1)
    assert drawn.media_type == "image/png"
    assert base64.b64decode(drawn.data).startswith(b"\x89PNG")
    assert drawn.file_name == f"ritmo-habit-heat_map-{day(-9)}-{TODAY}.png"
    assert drawn.today == TODAY
    assert drawn.stamp > 0
    assert await title(ann, of) == "Read, Apr 26 – May 5, 2031"


async def test_every_report_of_nobody_is_a_friendly_picture(ann: Tracker) -> None:
    for of in (GetSummary(), GetAssociations(), GetMoodReport()):
        for format in ("png", "svg", "csv"):
            assert (await render(ann, of, format=format)).data


async def test_words_are_in_the_callers_language_unless_another_is_asked_for(
    ann: Tracker, carry: Carry
) -> None:
    await ann.ask(ChangeProfile(language="ru"))
    await carry()
    assert (await title(ann, GetSummary())).startswith("Итоги, ")
    assert (await title(ann, GetSummary(language="en"))).startswith("Summary, ")


async def test_a_table_is_what_was_done(ann: Tracker, carry: Carry) -> None:
    habit = await ann.begin("=Read", start_day=day(-2))
    await ann.log(habit.habit_id, -2)
    await carry()
    lines = (await table(ann, GetHabitInsight(habit_id=habit.habit_id, first=day(-2)))).split(
        "\r\n"
    )
    assert [line.split(",")[:3] for line in lines[1:4]] == [
        [str(day(-2)), "done", "1.0"],
        [str(day(-1)), "missed", "0.0"],
        [str(TODAY), "open", ""],
    ]
    summary = await table(ann, GetSummary(first=day(-2), last=day(-1)))
    assert f"{habit.habit_id},'=Read,,2,1,0,0.5," in summary


async def test_an_unknown_picture_or_habit_is_refused(ann: Tracker, bob: Tracker) -> None:
    asked = RenderReport(of=GetSummary(), picture="tags")
    assert await code_of(ann.ask(asked)) == "no_such_picture"
    reverse = RenderReport(of=GetSummary(first=day(1), last=day(0)))
    assert await code_of(ann.ask(reverse)) == "range_reversed"
    habit = await bob.begin("Read")
    for habit_id in (habit.habit_id, new_id()):
        with pytest.raises(NotFound):
            await render(ann, GetHabitInsight(habit_id=habit_id))


async def test_the_etag_is_that_of_the_content(ann: Tracker, carry: Carry) -> None:
    read, run = await ann.begin("Read", start_day=day(-3)), await ann.begin("Run")
    await carry()
    of = GetHabitInsight(habit_id=read.habit_id, first=day(-3), last=day(-1))
    first = await render(ann, of)
    await ann.log(run.habit_id, 0)
    await carry()
    same = await render(ann, of)
    assert same.stamp > first.stamp
    assert same.etag == first.etag
    await ann.log(read.habit_id, -2)
    await carry()
    assert (await render(ann, of)).etag != first.etag
    await ann.ask(DeleteHabit(habit_id=read.habit_id))
    await carry()
    with pytest.raises(NotFound):
        await render(ann, of)


class OneCaller:
    """Takes every token for that of one person."""

    def __init__(self, who: Principal) -> None:
        self.who = who

    async def verify(self, token: str) -> Principal:
        return self.who


async def test_at_the_door_a_report_is_another_as_soon_as_a_fact_is_carried(
    ann: Tracker, bus: LocalBus, carry: Carry
) -> None:
    habit = await ann.begin("Read", start_day=day(-3))
    await carry()
    app = open_gateway(bus, OneCaller(ann.who))
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": "Bearer any"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://ritmo", headers=headers
    ) as client:

        async def look() -> tuple[int, str]:
            answer = await client.get("/v1/analytics/summary")
            return answer.json()["kept"], answer.headers["etag"]

        kept, etag = await look()
        assert kept == 0
        await ann.log(habit.habit_id, -1)
        assert await look() == (0, etag), "analytics has not heard of it"
        await carry()
        assert (await look())[0] == 1
        known = {"If-None-Match": etag}
        assert (await client.get("/v1/analytics/summary", headers=known)).status_code == 200
