"""Pages and their cookie, without a browser: who may send what, and what a browser keeps."""

import re
from datetime import date

import httpx
import pytest

from contracts.check_ins import GetToday, Today
from contracts.cookies import Cookie, CookieExchanged, ExchangeCookie, MakeCookie
from contracts.message import Denied, Done, Unauthenticated
from contracts.passkeys import DropPasskey
from contracts.sessions import EndAllSessions, Login, Logout
from contracts.sign_ins import GetSignInWays, SignInWays
from contracts.users import GetProfile
from gateway.web.layout import safe_place
from tests.gateway.standing_in import HABIT, StandInBus, refusal, tokens, user
from tests.gateway.test_problems import checked

SECRET = "rt_web_" + "a" * 43
HTML = {"Accept": "text/html"}
HERE, ELSEWHERE = {"Origin": "http://ritmo"}, {"Origin": "http://evil.example"}
OURS = {"Sec-Fetch-Site": "same-origin"}
SCRIPT = {"X-Ritmo-Page": "1"}


@pytest.fixture
def browser(bus: StandInBus, client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that has signed in."""
    bus.answers |= {
        ExchangeCookie: CookieExchanged(access_token="good", expires_in=600),
        MakeCookie: Cookie(cookie=SECRET),
        Login: tokens(),
        Logout: Done(),
        EndAllSessions: Done(),
        GetProfile: user(),
        GetToday: Today(day=date(2031, 5, 5), habits=()),
        GetSignInWays: SignInWays(
            oidc=False, passkeys=True, mails=False, registration="open", founded=True
        ),
    }
    client.cookies.set("ritmo", SECRET)
    client.headers.update(HTML)
    return client


async def test_a_sign_in_gives_a_cookie_and_no_token(
    bus: StandInBus, browser: httpx.AsyncClient
) -> None:
    browser.cookies.clear()
    form = {"email": "ada@example.org", "password": "x", "next": "/week?at=2031-05-05"}
    answer = await browser.post("/sign-in", data=form, headers=HERE)
    assert (answer.status_code, answer.headers["location"]) == (303, form["next"])
    kept = answer.headers["set-cookie"]
    assert kept.startswith(f"ritmo={SECRET};")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(kept.split("; "))
    assert "good" not in str(answer.headers)
    secure = await browser.post("https://ritmo/sign-in", data=form, headers=OURS)
    kept = secure.headers["set-cookie"]
    assert kept.startswith(f"__Host-ritmo={SECRET};")
    assert "Secure" in kept
    assert "Domain" not in kept


async def test_who_is_not_known_signs_in_first(bus: StandInBus, browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/")).status_code == 200
    bus.answers[ExchangeCookie] = refusal(Unauthenticated, "session_ended")
    browser.cookies.set("ritmo", SECRET + "b")
    answer = await browser.get("/settings?x=1")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=%2Fsettings%3Fx%3D1",
    )
    assert 'ritmo=""' in answer.headers["set-cookie"]
    browser.cookies.clear()
    assert (await browser.get("/")).headers["location"] == "/sign-in?next=%2F"


@pytest.mark.parametrize(
    ("headers", "through"),
    [
        (HERE, True),
        (OURS, True),
        (ELSEWHERE, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"} | HERE, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({}, False),
    ],
)
async def test_no_other_site_changes_anything(
    bus: StandInBus, browser: httpx.AsyncClient, headers: dict[str, str], through: bool
) -> None:
    page = await browser.get("/settings")
    (token,) = set(re.findall(r'name="form_token" value="([0-9a-f]{64})"', page.text))
    form = {"form_token": token}
    answer = await browser.post("/settings/sign-in/sessions", data=form, headers=headers)
    assert answer.status_code == (303 if through else 403)
    script = await browser.request("DELETE", "/v1/auth/sessions", headers=headers | SCRIPT)
    assert script.status_code == (204 if through else 403)
    assert [type(one) for one, *_ in bus.asked].count(EndAllSessions) == 2 * through
    signing_in = await browser.post("/sign-in", data={"email": "a@b.c"}, headers=headers)
    assert (signing_in.status_code == 303) is through


async def test_a_form_carries_its_token_and_a_script_its_header(
    bus: StandInBus, browser: httpx.AsyncClient
) -> None:
    for token in ("", "0" * 64):
        form = {"form_token": token}
        assert (await browser.post("/sign-out", data=form, headers=OURS)).status_code == 403
    checked(await browser.delete("/v1/auth/sessions", headers=OURS), 403, "other_site")
    read = await browser.get("/v1/me", headers={"Sec-Fetch-Site": "cross-site"})
    checked(read, 403, "other_site")
    assert (await browser.get("/v1/me", headers=OURS)).status_code == 200
    assert (await browser.get("/v1/me", headers={"Authorization": "Bearer x"})).status_code == 401
    assert {type(one) for one, *_ in bus.asked}.isdisjoint({Logout, EndAllSessions})


async def test_what_is_fresh_asks_for_a_proof_first(
    bus: StandInBus, browser: httpx.AsyncClient
) -> None:
    bus.answers[DropPasskey] = refusal(Denied, "proof_required")
    page = await browser.get("/settings")
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    form = {"form_token": found[1], "passkey_id": str(HABIT), "drop": "1"}
    headers = OURS | {"Referer": "http://ritmo/settings/sign-in"}
    answer = await browser.post("/settings/sign-in/passkeys", data=form, headers=headers)
    assert answer.headers["location"] == "/prove?next=%2Fsettings%2Fsign-in"
    assert "Is it you?" in (await browser.get(answer.headers["location"])).text


async def test_pages_run_only_what_is_ours(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/settings", "/sign-in", "/register", "/forgotten", "/prove"):
        page = await browser.get(path, follow_redirects=True)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r" (style|on[a-z]+)=", page.text)
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)


def test_a_page_sends_on_to_no_other_site() -> None:
    for place in ("https://evil.example", "//evil.example", "/\\evil.example", "", "/v1/me"):
        assert safe_place(place) == "/"
    assert safe_place("/week?at=2031-05-05") == "/week?at=2031-05-05"
