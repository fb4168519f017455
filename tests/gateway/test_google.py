"""Google Calendar over HTTP: how it is begun, where a browser comes back, and what Google tells."""

from datetime import UTC, datetime

import httpx

from contracts.google import ConnectGoogle, FinishGoogle, GoogleConsent, GoogleLink, HearGoogle
from contracts.message import Done, NotFound
from gateway.app import GatewaySettings, open_gateway
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import BEARER, StandInBus, StandInVerifier

NOW = datetime(2031, 5, 12, 12, tzinfo=UTC)
PROOF = "p" * 43
BEGUN = GoogleConsent(url="https://accounts.example.org/o?state=s", proof=PROOF, expires_at=NOW)
LINKED = GoogleLink(state="linked")
BACK = "/calendar/google/callback"


async def test_the_browser_that_began_finishes(bus: StandInBus) -> None:
    bus.answers[ConnectGoogle] = BEGUN
    bus.answers[FinishGoogle] = LINKED
    settings = GatewaySettings(base_url="https://ritmo.example.org")
    async with client_of(open_gateway(bus, StandInVerifier(), settings)) as client:
        begun = await client.post("/v1/calendar/google", json={"timed": False}, headers=BEARER)
        assert (begun.status_code, begun.json()["url"]) == (201, BEGUN.url)
        cookie = begun.headers["set-cookie"]
        for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/calendar/google"):
            assert word in cookie
        given = {"cookie": f"ritmo_google={PROOF}"}
        back = await client.get(BACK, params={"state": "s", "code": "c"}, headers=given)
    assert (back.status_code, back.headers["cache-control"]) == (200, "no-store")
    assert bus.last == FinishGoogle(state="s", proof=PROOF, code="c")


async def test_another_browser_is_told_what_to_do(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    shown = await client.get(BACK, params={"state": "<s>", "code": "c&c"})
    assert shown.status_code == 200
    assert "&lt;s&gt;" in shown.text
    assert "c&amp;c" in shown.text
    assert bus.asked == []
    bus.answers[FinishGoogle] = LINKED
    said = {"state": "s", "proof": PROOF, "code": "c"}
    done = await client.post("/v1/calendar/google/finish", json=said, headers=BEARER)
    assert (done.status_code, done.json()["state"]) == (200, "linked")


async def test_what_goes_wrong_is_a_page(client: httpx.AsyncClient, bus: StandInBus) -> None:
    refused = await client.get(BACK, params={"error": "access_denied", "state": "s"})
    assert refused.status_code == 403
    bus.answers[FinishGoogle] = NotFound("consent_not_found", "Nobody waits for this.")
    given = {"cookie": f"ritmo_google={PROOF}", "accept-language": "ru"}
    late = await client.get(BACK, params={"state": "s", "code": "c"}, headers=given)
    assert late.status_code == 404
    assert "text/html" in late.headers["content-type"]


async def test_google_tells_of_changes(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[HearGoogle] = Done()
    changes = "/calendar/google/changes"
    assert (await client.post(changes)).status_code == 204
    told = {"x-goog-channel-id": "c" * 100, "x-goog-channel-token": "t"}
    assert (await client.post(changes, headers=told)).status_code == 204
    assert [one for one, _, _ in bus.asked] == [HearGoogle(channel_id="c" * 64, token="t")]
