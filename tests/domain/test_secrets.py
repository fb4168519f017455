"""The passwords that compose.yaml makes: once, whole, and where settings find them."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from actors import ROOMS
from actors.runtime.rabbit.password import hashed
from actors.runtime.settings import Settings
from ops.secrets import make


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_secrets_are_made_once(tmp_path: Path) -> None:
    assert make(tmp_path)
    first = files(tmp_path)
    assert make(tmp_path) == []
    assert files(tmp_path) == first
    passwords = {first[f"{name}/password"] for name in ("broker", "database", "redis")}
    assert len(passwords) == 3
    assert min(map(len, passwords)) >= 43


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make(tmp_path / name)
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    assert not [name for name in one if one[name] == two[name]]


def test_each_part_gets_a_user_of_its_own(tmp_path: Path) -> None:
    assert make(tmp_path, apart=True)
    first = files(tmp_path)
    assert make(tmp_path, apart=True) == []
    again = files(tmp_path)
    urls = {name.split("/")[1]: text for name, text in first.items() if name.endswith("amqp_url")}
    assert set(urls) == {*ROOMS, "gateway", "courier", "clock"}
    assert {name for name in first if first[name] != again[name]} == {
        "broker/rabbitmq/definitions.json"  # salted anew
    }
    for part, url in urls.items():
        settings = Settings(_secrets_dir=(tmp_path / "broker" / part,))
        assert settings.amqp() == url
        assert (urlsplit(url).username, urlsplit(url).path) == (part, "/ritmo")
    written = json.loads(first["broker/rabbitmq/definitions.json"])
    users = {user["name"]: user for user in written["users"]}
    assert set(users) == {*urls, "operator", "ritmo"}
    assert [name for name, user in users.items() if user["tags"]] == ["operator"]
    assert users["ritmo"]["password_hash"] == ""  # nobody logs in by it
    assert "operator" not in {may["user"] for may in written["permissions"]}
    assert not any(str(urlsplit(url).password) in str(written) for url in urls.values())


@pytest.mark.parametrize("lost", ["broker/ritmo_amqp_url", "broker/definitions.json"])
def test_what_an_interruption_left_out_is_made_up(tmp_path: Path, lost: str) -> None:
    make(tmp_path)
    password = (tmp_path / "broker" / "password").read_text()
    (tmp_path / lost).unlink()
    assert make(tmp_path) == [lost]
    assert password in (tmp_path / "broker" / "ritmo_amqp_url").read_text()


def test_settings_find_them(tmp_path: Path) -> None:
    make(tmp_path)
    settings = Settings(
        _secrets_dir=(tmp_path / "broker", tmp_path / "database", tmp_path / "redis")
    )
    assert urlsplit(settings.redis() or "").password == (tmp_path / "redis/password").read_text()
    for url, host in ((settings.amqp(), "rabbitmq"), (settings.database(), "postgres")):
        parts = urlsplit(url or "")
        assert (parts.username, parts.hostname, parts.path) == ("ritmo", host, "/ritmo")
        assert parts.password
        assert parts.password not in repr(settings)


def test_the_environment_comes_before_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ritmo_smtp_url").write_text("smtp://kept\n")
    monkeypatch.setenv("RITMO_SMTP_URL", "")
    found = Settings(_secrets_dir=tmp_path).smtp_url
    assert found is not None
    assert found.get_secret_value() == "smtp://kept"
    monkeypatch.setenv("RITMO_SMTP_URL", "smtp://given")
    found = Settings(_secrets_dir=tmp_path).smtp_url
    assert found is not None
    assert found.get_secret_value() == "smtp://given"


def test_the_broker_knows_one_user_who_is_no_administrator(tmp_path: Path) -> None:
    make(tmp_path)
    text = (tmp_path / "broker" / "definitions.json").read_text()
    assert (tmp_path / "broker" / "password").read_text() not in text
    told = json.loads(text)
    assert [(user["name"], user["tags"]) for user in told["users"]] == [("ritmo", [])]
    assert [(may["user"], may["vhost"]) for may in told["permissions"]] == [("ritmo", "ritmo")]


def test_a_password_is_hashed_as_the_broker_does() -> None:
    # The example of RabbitMQ's own guide on passwords.
    salt = bytes.fromhex("908DC60A")
    assert hashed("test12", salt) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
