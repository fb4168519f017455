"""The language of a caller: that of their profile; a guest's is the one the header likes."""

from uuid import UUID

import httpx
import pytest

from contracts.check_ins import GetToday
from contracts.message import Invalid, Unavailable
from contracts.principal import Principal
from contracts.registrations import SignedUp, SignUp
from contracts.users import (
    ChangeProfile,
    CreateProfile,
    GetProfile,
    Profile,
    ProfileChanged,
    UserDeleted,
)
from gateway.language import KEPT, PEOPLE, Languages
from tests.gateway.standing_in import ADA, BEARER, StandInBus, tokens, user

RUSSIAN, ENGLISH = {"Accept-Language": "ru"}, {"Accept-Language": "en"}
TODAY = "/v1/today"
ME = Principal(user_id=ADA)


async def spoken(client: httpx.AsyncClient, headers: dict[str, str], path: str = TODAY) -> str:
    answer = await client.get(path, headers=headers)
    assert answer.status_code >= 400
    return answer.headers["content-language"]


@pytest.mark.parametrize("path", [TODAY, f"{TODAY}?day=never", f"{TODAY}?spelt=wrong"])
async def test_errors_are_in_the_language_of_the_profile(
    client: httpx.AsyncClient, bus: StandInBus, path: str
) -> None:
    bus.answers[GetToday] = Invalid("day_out_of_range", "This day is too far away.")
    bus.answers[GetProfile] = user(language="ru")
    assert await spoken(client, BEARER | ENGLISH, path) == "ru"
    assert await spoken(client, BEARER, path) == "ru"
    assert await spoken(client, ENGLISH, path) == "en", "a guest is not known yet"
    assert await spoken(client, RUSSIAN, path) == "ru"


async def test_a_profile_is_asked_for_once(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[GetProfile] = user(language="ru")
    for _ in range(3):
        assert await spoken(client, BEARER, f"{TODAY}?day=never") == "ru"
    assert [type(message) for message, _, _ in bus.asked] == [GetProfile]


async def test_without_a_profile_the_header_decides(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers[GetProfile] = Unavailable("room_down", "This part of Ritmo is not running.")
    assert await spoken(client, BEARER | RUSSIAN, f"{TODAY}?day=never") == "ru"
    # Where Ritmo itself is at a loss nobody is asked.
    bus.answers[GetProfile] = user(language="ru")
    assert await spoken(client, BEARER | ENGLISH) == "en"


async def test_a_change_holds_at_once(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[GetProfile] = user(language="en")
    bus.answers[ChangeProfile] = user(language="ru")
    assert await spoken(client, BEARER, f"{TODAY}?day=never") == "en"
    changed = await client.patch("/v1/me", headers=BEARER, json={"language": "ru"})
    assert changed.status_code == 200
    assert await spoken(client, BEARER, f"{TODAY}?day=never") == "ru"


async def test_changes_elsewhere_are_overheard(bus: StandInBus) -> None:
    languages = Languages(bus)
    await languages.listen(bus)
    bus.answers[GetProfile] = user(language="en")
    assert await languages.of(ME) == "en"
    await bus.tell(ProfileChanged(user_id=ADA, profile=Profile(language="ru"), version=4))
    assert await languages.of(ME) == "ru"
    await bus.tell(ProfileChanged(user_id=ADA, profile=Profile(language="en"), version=3))
    assert await languages.of(ME) == "ru", "a fact that comes late is passed over"
    await bus.tell(UserDeleted(user_id=ADA))
    assert languages.known(ADA) is None


async def test_nothing_is_remembered_for_ever(bus: StandInBus) -> None:
    now = 0.0
    languages = Languages(bus, clock=lambda: now)
    languages.keep(ADA, "ru", 1)
    now = KEPT
    assert languages.known(ADA) is None
    for number in range(PEOPLE + 1):
        languages.keep(UUID(int=number), "ru", 1)
    assert languages.known(UUID(int=0)) is None
    assert languages.known(UUID(int=PEOPLE)) == "ru"


@pytest.mark.parametrize(
    ("headers", "given", "language"),
    [
        ({}, {}, "en"),
        (RUSSIAN, {}, "ru"),
        ({"Accept-Language": "de, ru-RU;q=0.9, en;q=0.8"}, {}, "ru"),
        (RUSSIAN, {"language": "en"}, "en"),
    ],
)
async def test_a_new_account_speaks_the_language_of_its_browser(
    client: httpx.AsyncClient,
    bus: StandInBus,
    headers: dict[str, str],
    given: dict[str, str],
    language: str,
) -> None:
    bus.answers[SignUp] = SignedUp(tokens=tokens())
    bus.answers[CreateProfile] = user()
    words = {"email": "ada@example.org", "password": "correct horse battery staple", **given}
    answer = await client.post("/v1/auth/register", json=words, headers=headers)
    assert answer.status_code == 201
    opened, kept = (message for message, _, _ in bus.asked)
    assert isinstance(opened, SignUp)
    assert isinstance(kept, CreateProfile)
    assert (opened.language, kept.language) == (language, language)
