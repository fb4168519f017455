"""No secret of a person lies in the database or in the log, in any form that could be used."""

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from storage.embedded import connect_url
from storage.session import open_engine
from tests.databases import prepared
from tests.journeys.running import Up, up
from tests.security.attempts import MEASURED, Attempts, figure

CANARY = "a canary sings: Zq7-pLw2-vX9k"
NEXT = "another canary sings: Kd4-mRt8-bN3s"
EMAIL = "canary@example.org"


@pytest.fixture(scope="module")
def talkative(cluster: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, Path]]:
    """Run Ritmo with the most that it says in its log."""
    data = prepared(cluster, tmp_path_factory.mktemp("leaks") / "data")
    with up(data, log_level="DEBUG") as running:
        yield running, data


def secrets_of(running: Up) -> dict[str, str]:
    """Use whatever gives or takes a secret, rightly and wrongly; return them by what they are."""
    post = running.client.post
    words = {"email": EMAIL, "password": CANARY}
    said = post("/v1/auth/register", json=words).json()
    found = {"password": CANARY, "next password": NEXT, "register": said["refresh_token"]}
    login = post("/v1/auth/login", json=words | {"device_token": said["device_token"]}).json()
    found |= {"device": login["device_token"], "access": login["access_token"]}
    header = {"Authorization": f"Bearer {login['access_token']}"}
    following = post("/v1/auth/refresh", json={"refresh_token": login["refresh_token"]}).json()
    found |= {"login": login["refresh_token"], "refresh": following["refresh_token"]}
    for _ in range(2):  # the second time it is wrong, and was used
        post("/v1/auth/refresh", json={"refresh_token": login["refresh_token"]})
        change = {"password": CANARY, "new_password": NEXT}
        key = {"Idempotency-Key": "a change of password"}
        post("/v1/auth/password", json=change, headers=header | key)
    # Secrets where they do not belong.
    for wrong in (CANARY, NEXT):
        post("/v1/auth/login", json={"email": EMAIL, "password": wrong, "otp": wrong[:20]})
        post("/v1/auth/login", json={"email": wrong, "password": wrong})
        post("/v1/auth/login", json={"email": EMAIL, "password": [wrong]})
        post("/v1/auth/login", json=wrong)
        running.client.get("/v1/me", headers={"Authorization": f"Basic {wrong}"})
    for token in (login["access_token"], login["refresh_token"]):
        running.client.get("/v1/me", params={"access_token": token}, headers=header)
        running.client.get(f"/v1/habits/{token[:200]}", headers=header)
        running.client.get("/v1/me", headers={"Authorization": f"Bearer {token}x"})
    return found


def forms_of(secret: str) -> list[str]:
    """Write a secret in the forms in which it could be found."""
    raw = secret.encode()
    middle = base64.b64encode(raw)[4:-4].decode()
    return [secret, quote(secret), raw.hex(), middle, secret[5:-5]]


async def dump_of(data: Path) -> dict[str, str]:
    """Read every row of every table, bytes in hexadecimal."""
    url = connect_url(data / "postgres")
    assert url is not None
    engine = open_engine(url, 1)
    tables = text(
        "SELECT schemaname || '.' || quote_ident(tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    async with engine.connect() as tx:
        names = list((await tx.execute(tables)).scalars())
        rows = {
            name: "\n".join((await tx.execute(text(f"SELECT t::text FROM {name} t"))).scalars())
            for name in names
        }
    await engine.dispose()
    return rows


@pytest.mark.asyncio
async def test_no_secret_is_kept_or_logged(talkative: tuple[Up, Path]) -> None:
    running, data = talkative
    secrets = secrets_of(running)
    places = await dump_of(data)
    assert EMAIL in places["auth.accounts"], "what is kept is found"
    places["the log"] = running.said
    files = [path for path in data.rglob("*") if path.is_file() and "postgres" not in path.parts]
    places |= {path.name: path.read_text(errors="replace") for path in files}
    hits = 0
    with Attempts("secrets looked for") as attempts:
        for what, secret in secrets.items():
            for where, held in places.items():
                found = any(form in held for form in forms_of(secret))
                hits += found
                attempts.note(f"{what} in {where}", not found)
    if MEASURED:
        figure("secrets_found_at_rest", hits, "hits", "<=", 0)
