"""No forged token is believed at the door, and no real one for longer than it holds."""

import time
from functools import partial
from pathlib import Path

import jwt
import pytest
from sqlalchemy import select

from contracts.message import new_id
from contracts.tokens import Tokens
from storage.auth.keys import keys
from storage.embedded import connect_url
from storage.session import open_engine
from tests.journeys.running import PASSWORD, Up, until
from tests.journeys.running import ritmo as command
from tests.rooms.forgery import FORGED, Forge
from tests.security.attempts import MEASURED, Attempts, figure
from tests.security.person import arrive


async def forge_of(running: Up, data: Path) -> Forge:
    """Register somebody, and steal the keys out of the database."""
    words = {"email": "erin@example.org", "password": PASSWORD, "zone": "Europe/Berlin"}
    said = running.client.post("/v1/auth/register", json=words).json()
    claims = jwt.decode(said["access_token"], options={"verify_signature": False})
    url = connect_url(data / "postgres")
    assert url is not None
    engine = open_engine(url, 1)
    async with engine.begin() as tx:
        rows = {row.state: row for row in await tx.execute(select(keys))}
    await engine.dispose()
    active, following = rows["active"], rows["next"]
    tokens = Tokens.model_validate(
        {**said, "user_id": claims["sub"], "session_id": claims["sid"]}, extra="ignore"
    )
    return Forge(tokens, claims, active.kid, active.private_pem, active.public_pem, following.kid)


def status_of(running: Up, token: str) -> int:
    header = {b"Authorization": f"Bearer {token}".rstrip().encode("latin-1", "replace")}
    return running.client.get("/v1/me", headers=header).status_code


def is_refused(running: Up, token: str) -> bool:
    return status_of(running, token) == 401


@pytest.mark.asyncio
async def test_forged_tokens_are_refused(ritmo: Up) -> None:
    forge = await forge_of(ritmo, ritmo.output.with_suffix(""))
    assert status_of(ritmo, forge.sign()) == 200, "signed with the real key, it is believed"
    with Attempts("forged tokens") as attempts:
        for how, make in FORGED.items():
            token = make(forge)
            for _ in range(2):
                attempts.note(how, status_of(ritmo, token) in (401, 431))
        expired = forge.sign({"exp": forge.claims["iat"] - 60, "iat": forge.claims["iat"] - 660})
        attempts.note("expired", status_of(ritmo, expired) == 401)
        for scope in ("users.get_profile", "user"):
            acting = {"act": {"sub": "reminders"}, "scope": scope}
            token = forge.sign(acting, without="sid")
            attempts.note(f"a room that acts, {scope}", status_of(ritmo, token) == 401)
        for without in ("sid", ""):
            exchanged = {"pat": str(new_id()), "scope": "user"}
            token = forge.sign(exchanged, without=without)
            attempts.note(
                f"what a personal token stands for, without {without}", is_refused(ritmo, token)
            )
        for scheme in ("Basic", "Token", "Bearer,", "DPoP"):
            header = {"Authorization": f"{scheme} {forge.tokens.access_token}"}
            answer = ritmo.client.get("/v1/me", headers=header)
            attempts.note(f"scheme {scheme}", answer.status_code == 401)
        for where in ("access_token", "token", "jwt"):
            answer = ritmo.client.get("/v1/me", params={where: forge.tokens.access_token})
            attempts.note(f"in the query as {where}", answer.status_code == 401)
        answer = ritmo.client.get("/v1/me", headers={"Cookie": forge.tokens.access_token})
        attempts.note("in a cookie", answer.status_code == 401)
    if MEASURED:
        figure("forged_tokens_accepted", len(attempts.broken), "tokens", "<=", 0)


def test_tokens_end_with_what_they_stand_for(ritmo: Up) -> None:
    arrive(ritmo, "tokens-admin")
    waits: list[float] = []
    with Attempts("tokens of what is over") as attempts:
        gone, out = arrive(ritmo, "frank-is-gone"), arrive(ritmo, "grace-is-out")
        for who, method, path in (
            (gone, "DELETE", "/v1/me"),
            (out, "POST", "/v1/auth/logout"),
        ):
            who.ask(method, path)
            ended = time.monotonic()
            token = who.header["Authorization"].removeprefix("Bearer ")

            def shut(token: str = token) -> bool:
                return status_of(ritmo, token) == 401

            until(shut, "the session is over")
            waits.append(time.monotonic() - ended)
            attempts.note(who.mark, status_of(ritmo, token) == 401)
        words = {"email": gone.email, "password": PASSWORD}
        answer = ritmo.client.post("/v1/auth/login", json=words)
        attempts.note("login of who is gone", answer.status_code == 401)
    if MEASURED:
        figure("ended_session_is_shut_out", max(waits), "s", "<=", 1)


def test_a_disabled_person_is_shut_out_at_once_and_for_good(ritmo: Up) -> None:
    admin, heidi = arrive(ritmo, "tokens-other-admin"), arrive(ritmo, "heidi-is-disabled")
    data = ritmo.output.with_suffix("")
    assert command("user", "make-admin", admin.email, data=data).returncode == 0
    words = {"email": admin.email, "password": PASSWORD}
    token = ritmo.client.post("/v1/auth/login", json=words).json()["access_token"]
    admin.header = {"Authorization": f"Bearer {token}"}
    words = {"email": heidi.email, "password": PASSWORD}
    tokens = ritmo.client.post("/v1/auth/login", json=words).json()
    admin.ask("PATCH", f"/v1/users/{heidi.ids['user_id']}", json={"disabled": True})
    with Attempts("tokens of who is disabled") as attempts:
        for token in (heidi.header["Authorization"][len("Bearer ") :], tokens["access_token"]):
            until(partial(is_refused, ritmo, token), "the session is over")
            attempts.note("access token", is_refused(ritmo, token))
        told = {"refresh_token": tokens["refresh_token"]}
        answer = ritmo.client.post("/v1/auth/refresh", json=told)
        attempts.note(f"refresh {answer.status_code}", answer.status_code in (401, 403))
        answer = ritmo.client.post("/v1/auth/login", json=words)
        attempts.note(f"login {answer.status_code}", answer.status_code in (401, 403))
