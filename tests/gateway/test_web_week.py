"""The week's page, without a browser: what its cells say, and what a press does."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.check_ins import CheckedIn, CheckIn, GetToday, HabitToday, RemoveCheckIn, Today
from contracts.cookies import CookieExchanged, ExchangeCookie
from contracts.users import GetProfile
from gateway.web.week import rows_of
from tests.gateway.standing_in import HABIT, StandInBus, user

TODAY = date(2031, 5, 8)
OTHER = UUID("01890000-0000-7000-8000-000000000002")


def habit(habit_id: UUID = HABIT, **words: Any) -> HabitToday:
    plain: dict[str, Any] = {
        "habit_id": habit_id,
        "name": "Read <b>",
        "kind": "build",
        "measure": "yes_no",
        "schedule": {"every": "day"},
        "due": True,
        "on_break": False,
        "value": None,
        "state": None,
        "streak": 0,
        "best_streak": 0,
        "score": 0,
        "done": 0,
        "needed": 1,
    }
    return HabitToday.model_validate(plain | words)


def day(ago: int, *habits: HabitToday) -> Today:
    return Today(day=TODAY - timedelta(days=ago), habits=habits)


def test_rows_say_what_was_asked_and_done() -> None:
    days = [
        day(2, habit(value=1, state="done"), habit(OTHER, due=False)),
        day(1, habit(state="skipped", value=0)),
        day(0, habit(), habit(OTHER, measure="duration", value=90, state="partial")),
    ]
    first, second = rows_of(days, TODAY, "en")
    assert [cell.look for cell in first.cells] == ["done", "skipped", "due"]
    assert (first.done, first.asked) == (1, 2)
    assert [cell.look for cell in second.cells] == ["rest", "later", "partial"]
    assert [cell.pressable for cell in second.cells] == [True, False, True]
    assert second.cells[2].value
    tomorrow = Today(day=TODAY + timedelta(days=1), habits=(habit(),))
    assert not rows_of([tomorrow], TODAY, "en")[0].cells[0].pressable


@pytest.fixture
def browser(bus: StandInBus, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that has signed in."""
    checked = CheckedIn(
        habit_id=HABIT, day=TODAY, value=1, state="done", streak=1, best_streak=1, score=0.1
    )
    bus.answers |= {
        ExchangeCookie: CookieExchanged(access_token="good", expires_in=600),
        GetProfile: user(),
        GetToday: day(0, habit()),
        CheckIn: checked,
        RemoveCheckIn: checked,
    }
    client.cookies.set("ritmo", "rt_web_" + "a" * 43)
    client.headers.update({"Accept": "text/html", "Sec-Fetch-Site": "same-origin"})
    return client


@pytest.mark.parametrize(("state", "does"), [(None, CheckIn), ("done", RemoveCheckIn)])
async def test_a_press_marks_a_day_or_takes_that_back(
    bus: StandInBus, browser: httpx.AsyncClient, state: str | None, does: type
) -> None:
    bus.answers[GetToday] = day(0, habit(state=state, value=1 if state else None))
    page = (await browser.get("/week?days=14&at=2031-05-01")).text
    assert "Read &lt;b&gt;" in page
    assert page.count('<button class="cell ') == 14
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found is not None
    form = {"form_token": found[1], "cell": f"{HABIT} 2031-05-07", "days": "14", "at": ""}
    answer = await browser.post("/week", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/week?days=14")
    (pressed,) = [one for one, *_ in bus.asked if isinstance(one, CheckIn | RemoveCheckIn)]
    assert (type(pressed), pressed.habit_id, pressed.day) == (does, HABIT, date(2031, 5, 7))
    for cell in ("", "x 2031-05-07", f"{HABIT} soon", f"{HABIT}"):
        assert (await browser.post("/week", data=form | {"cell": cell})).status_code == 422
