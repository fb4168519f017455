"""Insight and the page of a habit: what they say, and that they do without analytics."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.analytics import (
    AtRisk,
    Before,
    GetAssociations,
    GetHabitInsight,
    GetSummary,
    Summary,
)
from contracts.check_ins import Change, CheckedIn, GetHistory, GetStreaks, History, Streaks, Undo
from contracts.cookies import CookieExchanged, ExchangeCookie
from contracts.habit import Entry
from contracts.habits import DeleteHabit, GetHabit, RestoreHabit
from contracts.message import Done, Unavailable
from contracts.users import GetProfile
from gateway.web.insight import risks, sentences
from tests.gateway.standing_in import HABIT, StandInBus, habit, refusal, user

DAY = date(2031, 5, 8)
CHANGE = UUID("01890000-0000-7000-8000-00000000000c")
NASTY = "<b>Read</b>"


def summary(**words: Any) -> Summary:
    before = Before(
        first=DAY,
        last=DAY,
        completion=0.5,
        perfect_days=0,
        mood=None,
        completion_change=-0.01,
        mood_change=None,
    )
    plain: dict[str, Any] = {
        "first": DAY,
        "last": DAY,
        "language": "en",
        "today": DAY,
        "stamp": "1",
        "completion": 0.5,
        "consistency": None,
        "perfect_days": 1,
        "days_asked": 2,
        "asked": 2,
        "kept": 1,
        "skipped": 0,
        "check_ins": 1,
        "mood": 3.75,
        "entries": 4,
        "best": None,
        "worst": None,
        "before": before,
        "at_risk": (),
        "habits": (),
        "steps": (),
    }
    return Summary.model_validate(plain | words)


def test_a_summary_is_said_in_words() -> None:
    assert sentences(summary(), "en") == [
        "You kept 1 of 2 promises: 50 %.",
        "1 point less than before.",
        "1 day was perfect.",
        "Your mood was 3.8 of 5 on average.",
    ]
    assert sentences(summary(), "ru")[1:3] == [
        "На 1 пункт меньше, чем раньше.",
        "1 день был безупречным.",
    ]
    assert sentences(summary(completion=None, perfect_days=0, mood=None), "en")[0] == (
        "Nothing was asked of you yet."
    )
    at_risk = AtRisk(habit_id=HABIT, name="Run", streak=3, left=2, measure="amount", unit="km")
    said = risks(summary(at_risk=(at_risk, at_risk.model_copy(update={"measure": "yes_no"}))), "en")
    assert said == ["Run: 3 times in a row; still to do today: 2\xa0km.", "Run: 3 times in a row."]


@pytest.fixture
def browser(bus: StandInBus, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that has signed in, while analytics is away."""
    away = refusal(Unavailable, "room_down")
    change = Change(
        change_id=CHANGE,
        habit_id=HABIT,
        day=DAY,
        before=None,
        after=Entry(value=1, state="done"),
        source="api",
        made_by="ada",
        made_at=datetime(2031, 5, 8, tzinfo=UTC),
    )
    bus.answers |= {
        ExchangeCookie: CookieExchanged(access_token="good", expires_in=600),
        GetProfile: user(),
        GetSummary: summary(),
        GetAssociations: away,
        GetHabitInsight: away,
        GetHabit: habit(name=NASTY),
        GetStreaks: Streaks(streak=1, best_streak=2, streaks=()),
        GetHistory: History(changes=(change,)),
        Undo: CheckedIn(
            habit_id=HABIT, day=DAY, value=None, state=None, streak=0, best_streak=2, score=0
        ),
        DeleteHabit: Done(),
        RestoreHabit: habit(),
    }
    client.cookies.set("ritmo", "rt_web_" + "a" * 43)
    client.headers.update({"Accept": "text/html", "Sec-Fetch-Site": "same-origin"})
    return client


async def test_pages_do_without_analytics(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/insight?period=year")
    assert page.status_code == 200
    assert "Nothing is sure enough to be told yet." in page.text
    page = await browser.get(f"/habits/{HABIT}")
    assert page.status_code == 200
    assert NASTY not in page.text
    assert "/v1/analytics/habits/" not in page.text
    assert (await browser.get("/habits/x")).status_code == 404


async def test_a_change_is_taken_back_and_a_habit_comes_back(
    bus: StandInBus, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get(f"/habits/{HABIT}")).text
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found is not None
    form = {"form_token": found[1], "change_id": str(CHANGE)}
    for does in ("undo", "delete", "restore"):
        assert (await browser.post(f"/habits/{HABIT}/{does}", data=form)).status_code == 303
    done = [one for one, *_ in bus.asked if isinstance(one, Undo | DeleteHabit | RestoreHabit)]
    assert [type(one) for one in done] == [Undo, DeleteHabit, RestoreHabit]
    assert isinstance(done[0], Undo)
    assert done[0].change_id == CHANGE
