"""Registering, logging in, and the profile with its ETag."""

import dataclasses

import httpx
import pytest
from fastapi import FastAPI

from contracts.check_ins import GetToday
from contracts.habits import DeleteHabit, GetHabit, Habits, ListHabits, UpdateHabit
from contracts.message import Conflict, Done, Gone, NotFound
from contracts.principal import Principal
from contracts.registrations import SignedUp, SignUp
from contracts.sessions import EndAllSessions, Login, Refresh
from contracts.signing_keys import GetKeys as AskKeys
from contracts.signing_keys import Keys
from contracts.users import ChangeProfile, CreateProfile, DeleteMe, GetProfile, ListUsers, Users
from gateway.deps import NEVER
from gateway.users import person_of
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, habit, refusal, tokens, user
from tests.gateway.test_problems import checked

WORDS = {"email": "Ada@Example.org", "password": "a long sentence"}


async def test_registering_opens_account_profile_and_session(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers |= {SignUp: SignedUp(tokens=tokens()), CreateProfile: user()}
    words = WORDS | {"name": "Ada", "zone": "Europe/London", "language": "ru"}
    headers = {"User-Agent": "ring/1"}
    answer = await client.post("/v1/auth/register", json=words, headers=headers)
    assert answer.status_code == 201
    assert answer.json() == {
        "user": person_of(user()).model_dump(mode="json"),
        "access_token": "good",
        "refresh_token": "r",
        "token_type": "Bearer",
        "expires_in": 600,
        "device_token": None,
    }
    register, profile = bus.asked[0][0], bus.asked[1][0]
    assert isinstance(register, SignUp)
    assert register.device.agent == "ring/1"
    assert register.device.address == "127.0.0.1"
    assert profile == CreateProfile(
        email="ada@example.org", name="Ada", zone="Europe/London", language="ru"
    )


async def test_logging_in(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers |= {Login: tokens(), GetProfile: user()}
    answer = await client.post("/v1/auth/login", json=WORDS)
    assert answer.status_code == 200
    assert answer.json()["access_token"] == "good"


async def test_logging_in_heals_a_missing_profile(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers |= {
        Login: tokens(),
        Refresh: tokens(),
        GetProfile: refusal(NotFound),
        CreateProfile: user(),
    }
    assert (await client.post("/v1/auth/login", json=WORDS)).status_code == 200
    answer = await client.post("/v1/auth/refresh", json={"refresh_token": "r"})
    checked(answer, 503, "profile_pending")
    bus.answers[CreateProfile] = refusal(Gone)
    checked(await client.post("/v1/auth/login", json=WORDS), 410, "some_code")


async def test_logging_out_everywhere(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[EndAllSessions] = Done()
    path = "/v1/auth/sessions?but_this=true"
    assert (await client.delete(path, headers=BEARER)).status_code == 204
    assert bus.last == EndAllSessions(but_this=True)
    answer = await client.delete("/v1/auth/sessions?but_this=1", headers=BEARER)
    checked(answer, 422, "invalid")


async def test_public_keys_may_be_kept(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[AskKeys] = Keys(keys=({"kty": "OKP"},))
    answer = await client.get("/.well-known/jwks.json")
    assert answer.json() == {"keys": [{"kty": "OKP"}]}
    assert answer.headers["cache-control"] == "public, max-age=300"


async def test_a_profile_has_an_etag(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers |= {GetProfile: user(), ChangeProfile: user(version=4)}
    answer = await client.get("/v1/me", headers=BEARER)
    assert answer.headers["etag"] == '"3"'
    for known in ('"3"', 'W/"3"', '"1", "3"', "*"):
        again = await client.get("/v1/me", headers=BEARER | {"If-None-Match": known})
        assert again.status_code == 304
        assert again.content == b""
    await client.patch("/v1/me", json={"name": "B"}, headers=BEARER | {"If-Match": '"3"'})
    assert bus.last == ChangeProfile(name="B", expected_version=3)


async def test_deleting_what_has_changed(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[DeleteMe] = refusal(Conflict, "version_conflict")
    answer = await client.delete("/v1/me", headers=BEARER | {"If-Match": '"2"'})
    checked(answer, 412, "version_conflict")
    bus.answers[DeleteMe] = Done()
    answer = await client.delete("/v1/me", headers=BEARER | {"If-Match": '"3"'})
    assert answer.status_code == 204
    assert bus.last == DeleteMe(expected_version=3)


async def test_a_habits_etag_moves_with_its_days(
    client: httpx.AsyncClient, bus: StandInBus
) -> None:
    bus.answers |= {GetHabit: habit(), UpdateHabit: habit(version=4)}
    path = f"/v1/habits/{HABIT}"
    etag = (await client.get(path, headers=BEARER)).headers["etag"]
    known = BEARER | {"If-None-Match": etag}
    assert (await client.get(path, headers=known)).status_code == 304
    bus.answers[GetHabit] = habit(streak=0)
    assert (await client.get(path, headers=known)).status_code == 200
    await client.patch(path, json={"name": "New"}, headers=BEARER | {"If-Match": etag})
    assert bus.last == UpdateHabit(habit_id=HABIT, name="New", expected_version=3)


@pytest.mark.parametrize("etag", ['W/"3"', "3", '"x"', '"99999999999"', ""])
async def test_an_etag_that_was_never_ours(
    client: httpx.AsyncClient, bus: StandInBus, etag: str
) -> None:
    bus.answers[DeleteHabit] = refusal(Conflict, "version_conflict")
    headers = BEARER | {"If-Match": etag}
    answer = await client.delete(f"/v1/habits/{HABIT}", headers=headers)
    checked(answer, 412, "version_conflict")
    assert bus.last == DeleteHabit(habit_id=HABIT, expected_version=NEVER)


async def test_what_does_not_fit_is_told_before_what_has_changed(
    client: httpx.AsyncClient,
) -> None:
    headers = BEARER | {"If-Match": '"x"'}
    answer = await client.patch(f"/v1/habits/{HABIT}", json=[], headers=headers)
    checked(answer, 422, "invalid")


async def test_a_list_has_an_etag(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ListHabits] = Habits(habits=(habit(),), next="n")
    answer = await client.get("/v1/habits", headers=BEARER)
    assert answer.json()["next"] == "n"
    known = BEARER | {"If-None-Match": answer.headers["etag"]}
    assert (await client.get("/v1/habits", headers=known)).status_code == 304


async def test_pages_of_users(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ListUsers] = Users(users=(user(),), cursor="n")
    answer = await client.get("/v1/users", headers=BEARER)
    assert answer.json()["next"] == "n"


async def test_a_room_is_asked_as_the_caller(client: httpx.AsyncClient, bus: StandInBus) -> None:
    await client.get("/v1/today", headers=BEARER)
    message, principal, _ = bus.asked[-1]
    assert message == GetToday()
    assert principal is not None
    assert principal.user_id == user().user_id


class Acting:
    """A verifier whose callers are rooms that act for somebody."""

    async def verify(self, token: str) -> Principal:
        return Principal(user_id=HABIT, scopes=frozenset({"user"}), service="reminders")


async def test_who_acts_for_a_person_does_not_come_by_the_door(
    app: FastAPI, client: httpx.AsyncClient, bus: StandInBus
) -> None:
    app.state.door = dataclasses.replace(app.state.door, verifier=Acting())
    checked(await client.get("/v1/me", headers=BEARER), 401, "invalid_token")
    assert bus.asked == []
