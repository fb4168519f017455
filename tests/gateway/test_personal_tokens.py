"""Personal access tokens at the door: what is asked of auth, and what is not."""

import pytest

from contracts.deliveries import SendTest
from contracts.habits import Habits, ListHabits
from contracts.message import Unauthenticated
from contracts.personal_tokens import Exchanged, ExchangePersonalToken, signed
from contracts.principal import Principal
from contracts.reminders import ListReminders
from gateway.app import GatewaySettings, open_gateway
from gateway.token_exchange import TokenExchange
from tests.gateway.conftest import client_of
from tests.gateway.standing_in import ADA, HABIT, StandInBus

TOKEN = signed("rt_pat_" + "A" * 43)


class Verifier:
    """Knows what a personal token was exchanged for."""

    def __init__(self) -> None:
        self.revoked = False
        self.scopes = frozenset({"habits:read"})

    async def verify(self, token: str) -> Principal:
        if token != "short" or self.revoked:
            raise Unauthenticated("token_revoked", "This access token was revoked.")
        return Principal(user_id=ADA, token_id=HABIT, scopes=self.scopes)


def exchanged(bus: StandInBus) -> int:
    return sum(isinstance(asked, ExchangePersonalToken) for asked, _, _ in bus.asked)


@pytest.fixture
def verifier() -> Verifier:
    return Verifier()


@pytest.fixture
def known(bus: StandInBus) -> StandInBus:
    bus.answers[ExchangePersonalToken] = Exchanged(access_token="short", expires_in=120)
    bus.answers[ListHabits] = Habits(habits=())
    return bus


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_is_exchanged_once_and_checked_each_time(
    known: StandInBus, verifier: Verifier
) -> None:
    async with client_of(open_gateway(known, verifier)) as client:
        for _ in range(3):
            assert (await client.get("/v1/habits", headers=bearer(TOKEN))).status_code == 200
        assert exchanged(known) == 1
        verifier.revoked = True
        answer = await client.get("/v1/habits", headers=bearer(TOKEN))
        assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")


async def test_a_token_without_the_scope_opens_nothing(
    known: StandInBus, verifier: Verifier
) -> None:
    async with client_of(open_gateway(known, verifier)) as client:
        answer = await client.get("/v1/reminders", headers=bearer(TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    assert "reminders:read" in answer.json()["detail"]
    assert not any(isinstance(asked, ListReminders) for asked, _, _ in known.asked)


async def test_a_route_that_asks_twice_does_nothing_by_halves(
    known: StandInBus, verifier: Verifier
) -> None:
    verifier.scopes = frozenset({"notifications:write"})  # it sends, then looks what became of it
    async with client_of(open_gateway(known, verifier)) as client:
        answer = await client.post("/v1/channels/email/test", headers=bearer(TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (403, "denied")
    assert "notifications:read" in answer.json()["detail"]
    assert not any(isinstance(asked, SendTest) for asked, _, _ in known.asked)


@pytest.mark.parametrize(
    "token",
    [
        TOKEN[:-1] + "f",
        TOKEN[:-1],
        TOKEN + "0",
        TOKEN.replace("A", "B", 1),
        "rt_pat_",
        TOKEN.upper().replace("RT_PAT", "rt_pat"),
    ],
)
async def test_a_mistyped_token_is_refused_without_asking(
    known: StandInBus, verifier: Verifier, token: str
) -> None:
    async with client_of(open_gateway(known, verifier)) as client:
        answer = await client.get("/v1/habits", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "token_malformed")
    assert exchanged(known) == 0


async def test_what_a_token_was_exchanged_for_does_not_come_to_the_door(
    known: StandInBus, verifier: Verifier
) -> None:
    async with client_of(open_gateway(known, verifier)) as client:
        answer = await client.get("/v1/habits", headers=bearer("short"))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_nothing_is_known_for_longer_than_a_minute(
    known: StandInBus, verifier: Verifier
) -> None:
    now = [100.0]
    exchange = TokenExchange(known, verifier, lambda: now[0])
    for at, asked in ((100.0, 1), (159.9, 1), (160.0, 2), (219.9, 2), (220.0, 3)):
        now[0] = at
        assert (await exchange.verify(TOKEN)).token_id == HABIT
        assert exchanged(known) == asked
    known.answers[ExchangePersonalToken] = Exchanged(access_token="short", expires_in=5)
    now[0] = 280.0
    await exchange.verify(TOKEN)
    now[0] = 285.0
    await exchange.verify(TOKEN)
    assert exchanged(known) == 5, "it is kept no longer than the token lives"


async def test_requests_of_a_token_count_as_its_owner_s(
    known: StandInBus, verifier: Verifier
) -> None:
    other = signed("rt_pat_" + "B" * 43)
    settings = GatewaySettings(rate_per_minute=2)
    async with client_of(open_gateway(known, verifier, settings)) as client:
        answers = [
            await client.get("/v1/habits", headers=bearer(token)) for token in (TOKEN, other, TOKEN)
        ]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"person";q=2;w=60'
