"""Telegram over HTTP: linking a chat, and the door through which Telegram brings updates."""

import json

import httpx
import pytest

from contracts.message import Conflict, Denied, Done, Unauthenticated
from contracts.telegram import (
    MAX_UPDATE,
    ConfirmLink,
    DropTelegramLink,
    GetTelegramLink,
    OfferLink,
    SignIn,
    TakeUpdate,
    TelegramLink,
)
from contracts.users import GetProfile
from gateway.app import GatewaySettings, open_gateway
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import ADA, BEARER, StandInBus, StandInVerifier, tokens, user
from tests.gateway.test_problems import checked

UPDATES = "/v1/telegram/updates"
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "a-secret-of-a-webhook"}


async def test_a_chat_is_linked(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers |= {
        OfferLink: TelegramLink(state="offered", url="https://t.me/bot?start=x", bot="bot"),
        GetTelegramLink: TelegramLink(state="opened", name="Ann", username="ann"),
        ConfirmLink: TelegramLink(state="linked", name="Ann"),
        DropTelegramLink: Done(),
    }
    offered = await client.post("/v1/telegram/link", headers=BEARER)
    assert (offered.status_code, offered.json()["url"]) == (200, "https://t.me/bot?start=x")
    shown = (await client.get("/v1/telegram", headers=BEARER)).json()
    assert (shown["state"], shown["name"], shown["url"]) == ("opened", "Ann", "")
    confirmed = await client.post("/v1/telegram/confirm", headers=BEARER)
    assert confirmed.json()["state"] == "linked"
    assert (await client.delete("/v1/telegram", headers=BEARER)).status_code == 204
    assert {who.user_id for _, who, _ in bus.asked if who} == {ADA}
    assert len(bus.asked) == 4


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/telegram"),
        ("DELETE", "/v1/telegram"),
        ("POST", "/v1/telegram/link"),
        ("POST", "/v1/telegram/confirm"),
    ],
)
async def test_nobody_links_without_a_login(
    client: httpx.AsyncClient, bus: StandInBus, method: str, path: str
) -> None:
    checked(await client.request(method, path), 401, "unauthenticated")
    assert bus.asked == []


async def test_what_cannot_be_linked_is_a_conflict(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[OfferLink] = Conflict("telegram_off", "This Ritmo has no Telegram bot.")
    answer = await client.post("/v1/telegram/link", headers=BEARER)
    checked(answer, 409, "telegram_off")


async def test_an_update_is_handed_on_as_it_came(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[TakeUpdate] = Done()
    body = {"update_id": 1, "message": {"text": "пробежал 5 км"}}
    answer = await client.post(UPDATES, json=body, headers=SECRET)
    assert answer.status_code == 204
    assert isinstance(bus.last, TakeUpdate)
    assert json.loads(bus.last.body) == body
    assert "secret" not in repr(bus.last)
    assert "5 км" not in repr(bus.last)


async def test_who_has_no_secret_finds_nothing(client: httpx.AsyncClient, bus: StandInBus) -> None:
    checked(await client.post(UPDATES, json={"update_id": 1}), 404, "no_webhook")
    long = {"X-Telegram-Bot-Api-Secret-Token": "x" * 257}
    checked(await client.post(UPDATES, json={"update_id": 1}, headers=long), 404, "no_webhook")
    assert bus.asked == []
    bus.answers[TakeUpdate] = Denied("wrong_secret", "This does not come from Telegram.")
    checked(await client.post(UPDATES, json={"update_id": 1}, headers=SECRET), 403, "wrong_secret")


async def test_an_update_that_is_too_long_is_passed_over(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    body = json.dumps({"update_id": 1, "text": "x" * MAX_UPDATE})
    answer = await client.post(UPDATES, content=body, headers=SECRET)
    assert answer.status_code in (204, 413)
    assert bus.asked == []


async def test_who_guesses_the_secret_is_not_listened_to_for_long(bus: StandInBus) -> None:
    """Telegram itself brings as much as people write."""
    app = open_gateway(bus, StandInVerifier(), GatewaySettings(rate_per_minute=3))
    async with client_of(app) as client:

        async def brings(times: int) -> list[int]:
            return [
                (await client.post(UPDATES, json={"update_id": 1}, headers=SECRET)).status_code
                for _ in range(times)
            ]

        bus.answers[TakeUpdate] = Done()
        assert set(await brings(9)) == {204}
        bus.answers[TakeUpdate] = Denied("wrong_secret", "This does not come from Telegram.")
        assert await brings(5) == [403, 403, 403, 429, 429]
        bus.answers[TakeUpdate] = Done()
        assert await brings(1) == [429], "also if it is guessed in the end"
        assert len(bus.asked) == 12


async def test_who_comes_from_telegram_is_let_in(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers |= {SignIn: tokens(), GetProfile: user()}
    answer = await client.post("/v1/auth/telegram", json={"init_data": "user=1&hash=2"})
    assert (answer.status_code, answer.json()["access_token"]) == (200, "good")
    assert isinstance(bus.asked[0][0], SignIn)
    assert "hash" not in repr(bus.asked[0][0])
    used = Unauthenticated("init_data_used", "This was used already.")
    bus.answers[SignIn] = used
    again = await client.post("/v1/auth/telegram", json={"init_data": "user=1&hash=2"})
    checked(again, 401, "init_data_used")
    checked(await client.post("/v1/auth/telegram", json={}), 422, "invalid")
