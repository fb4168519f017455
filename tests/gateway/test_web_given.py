"""What nobody would type into a page: it is refused or passed over, and nothing is logged."""

import re
from datetime import date

import httpx
import pytest

from contracts.check_ins import CheckIn, GetToday, Increment, RemoveCheckIn, Today, Undo
from contracts.cookies import CookieExchanged, ExchangeCookie
from contracts.message import Invalid
from contracts.users import GetProfile
from gateway.web.given import day_given, day_posted, id_given, number_given
from tests.gateway.standing_in import HABIT, StandInBus, user

LONG = "8" * 6000
ODD_DAYS = ("1899-12-31", "2201-01-01", "0001-01-02", "9999-12-30", "2031-02-29", "now", "20310508")


def test_days_numbers_and_ids_are_read_or_refused() -> None:
    assert day_given("") is day_posted("") is None
    assert day_given("2031-05-08") == day_posted("2031-05-08") == date(2031, 5, 8)
    for odd in ODD_DAYS:
        assert day_given(odd) is None
        with pytest.raises(Invalid):
            day_posted(odd)
    assert number_given("12") == 12
    assert [number_given(odd) for odd in ("", "-1", "1.5", "x", LONG)] == [None] * 5
    for odd in ("", "x", LONG, str(HABIT) + "0"):
        with pytest.raises(Invalid):
            id_given(odd)


@pytest.fixture
def browser(bus: StandInBus, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that has signed in."""
    bus.answers |= {
        ExchangeCookie: CookieExchanged(access_token="good", expires_in=600),
        GetProfile: user(),
        GetToday: Today(day=date(2031, 5, 8), habits=()),
    }
    client.cookies.set("ritmo", "rt_web_" + "a" * 43)
    client.headers.update({"Accept": "text/html", "Sec-Fetch-Site": "same-origin"})
    return client


async def test_odd_addresses_show_a_page(browser: httpx.AsyncClient) -> None:
    for odd in (*ODD_DAYS, "1900-01-01"):
        assert (await browser.get("/week", params={"at": odd, "days": "14"})).status_code == 200


async def test_odd_forms_log_nothing(bus: StandInBus, browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/settings")).text
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
    assert found is not None
    day = {"habit_id": str(HABIT), "do": "done"}
    forms = [("/week", {"cell": f"{HABIT} {odd}"}) for odd in (*ODD_DAYS, "")]
    forms += [("/today", {**day, "day": odd}) for odd in ODD_DAYS]
    forms += [("/today", {**day, "by": odd}) for odd in ("nan", "1e400", "x")]
    forms += [(f"/habits/{HABIT}/undo", {"change_id": "x"}), ("/week", {"cell": "x 2031-05-08"})]
    for path, form in forms:
        answer = await browser.post(path, data={"form_token": found[1], **form})
        assert answer.status_code == 422, (path, form)
        assert "This form cannot be read." in answer.text
    logged = (CheckIn, Increment, RemoveCheckIn, Undo)
    assert not [one for one, *_ in bus.asked if isinstance(one, logged)]
