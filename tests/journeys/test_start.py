"""What a person gets wrong when they start Ritmo is said in a sentence that helps."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.runtime.settings import Settings, unknown_settings
from ops.supervisor import broker_away, watch_broker
from ops.zone import machine_zone
from tests.backends import free_port
from tests.journeys.running import ritmo


def said(data: Path, *words: str, **given: str) -> str:
    done = ritmo("up", "--port", "0", *words, data=data, real=False, **given)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stdout + done.stderr, "a password is told"
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hidden@h/x",
        "mysql+aiomysql://u:hidden@h/x",
        "sqlite:///x.db",
        "u:hidden@h:5432/x",
        "postgresql",
        "postgresql://",
    ],
)
@pytest.mark.parametrize("by", ["option", "setting"])
def test_only_postgresql_will_do(data: Path, url: str, by: str) -> None:
    words = ("--database", url) if by == "option" else ()
    given = {"database_url": url} if by == "setting" else {}
    sentence = said(data, *words, **given)
    assert sentence.startswith("Ritmo: RITMO_DATABASE_URL or --database: write it as postgresql://")
    assert not data.exists()


@pytest.mark.parametrize(
    ("words", "start"),
    [
        (("--amqp", "http://u:hidden@h/"), "RITMO_AMQP_URL or --amqp: write it as amqp://"),
        (("--redis", "http://u:hidden@h/"), "RITMO_REDIS_URL or --redis: write it as redis://"),
        (("--port", "99999"), "RITMO_PORT or --port: This may be at most 65,535."),
        (("--database", "postgresql://u:hidden@h:x/x"), "RITMO_DATABASE_URL or --database: this"),
        (("--amqp", "amqp://u:hidden@h:99999/"), "RITMO_AMQP_URL or --amqp: this cannot be read"),
        (("--amqp", "amqp://u:hid/den@h"), "RITMO_AMQP_URL or --amqp: write # / ? @ in a"),
        (("--redis", "redis://u:hid#den@h"), "RITMO_REDIS_URL or --redis: write # / ? @ in a"),
    ],
)
def test_addresses_of_other_things(data: Path, words: tuple[str, ...], start: str) -> None:
    assert said(data, *words).startswith(f"Ritmo: {start}")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("smtp_url", "smtp://u:hidden@h:0x1", "this cannot be read as an address; write it as"),
        ("smtp_url", "smtp://u:hidden@:25", "this cannot be read as an address; write it as"),
        ("smtp_url", "http://h", "write it as smtp://"),
        ("base_url", "ritmo.example.org", "write it as https://ritmo.example.org."),
        ("base_url", "https://", "write it as https://ritmo.example.org."),
        ("base_url", "https://h/?a=b", "write it as https://ritmo.example.org."),
        ("cors_origins", "app.example.org", "write each as https://app.example.org, without a"),
        ("cors_origins", '["https://a.example/"]', "write each as https://app.example.org, "),
        ("cors_origins", '["https://a.example"', "write its words with commas between them."),
        ("trusted_hosts", "https://h", "write names alone, such as ritmo.example.org, without a"),
        ("trusted_hosts", "h:8000", "write names alone, such as ritmo.example.org, without a port"),
        ("trusted_proxies", "10.0.0.0/99", "write addresses, networks such as 10.0.0.0/8, or"),
        ("trusted_proxies", "proxy, 300.1.1.1", "write addresses, networks such as 10.0.0.0/8, "),
        ("oidc_issuer", "http://idp.example.org", "write it as https://login.example.org; http"),
        ("oidc_issuer", "http://[", "write it as https://login.example.org; http:// is for a"),
        ("oidc_issuer", "https://[", "write it as https://login.example.org; http:// is for a"),
        ("oidc_issuer", "ftp://x", "write it as https://login.example.org; http:// is for a"),
        ("telegram_api", "https://h:99999", "write it as https://api.telegram.org, or http://"),
        ("log_level", "loud", "This must be one of: DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_said(
    data: Path, name: str, value: str, sentence: str
) -> None:
    assert said(data, **{name: value}).startswith(f"Ritmo: RITMO_{name.upper()}: {sentence}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "postgresql://u:p#/?@[::1]:5432/x"),
        ("database_url", "postgresql:///x?host=/run/postgresql"),
        ("database_url", "postgresql://u@/x?host=/run/postgresql&port=5433"),
        ("amqp_url", "amqps://u:p%23@rabbit/%2f"),
        ("redis_url", "unix:///run/redis.sock?db=1"),
        ("smtp_url", "smtp://u%40h:p@mail.example.org:587?tls=none&ca=/etc/ca.pem"),
        ("base_url", "https://example.org:8443/ritmo/"),
        ("base_url", "http://[fd00::1]:8000"),
        ("trusted_proxies", "*"),
        ("trusted_proxies", "127.0.0.1, ::1, fd00::/8, proxy2, 10.0.0.1/8"),
        ("oidc_issuer", "https://login.example.org/realms/home/"),
        ("oidc_issuer", "http://[::1]:8080/realms/home"),
        ("oidc_issuer", "http://localhost"),
        ("google_api", "http://127.0.0.1:8081"),
        ("log_level", "debug"),
    ],
)
def test_what_can_be_meant_is_taken(name: str, value: str) -> None:
    assert Settings.model_validate({name: value})


def test_lists_are_written_with_commas_or_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("https://a.example, null", '["https://a.example", "null"]'):
        monkeypatch.setenv("RITMO_CORS_ORIGINS", given)
        assert Settings().cors_origins == ("https://a.example", "null")
    monkeypatch.setenv("RITMO_TRUSTED_HOSTS", "ritmo.example.org,[::1],")
    assert Settings().trusted_hosts == ("ritmo.example.org", "[::1]")


def test_an_address_of_version_six_stands_in_brackets() -> None:
    assert Settings(host="::1", port=8000).address() == "http://[::1]:8000"
    assert Settings(host="0.0.0.0", port=0).address(81) == "http://0.0.0.0:81"


def test_a_database_with_any_password_is_named(data: Path) -> None:
    port = free_port()
    sentence = said(data, "--database", f"postgresql://u:hid#/den@127.0.0.1:{port}/x")
    assert f"The database at 127.0.0.1:{port} cannot be reached" in sentence


def test_a_database_that_is_away_is_named(data: Path) -> None:
    port = free_port()
    sentence = said(data, "--database", f"postgresql://u:hidden@127.0.0.1:{port}/x")
    assert f"The database at 127.0.0.1:{port} cannot be reached" in sentence
    assert "--database" in sentence


@pytest.mark.parametrize("host", ["203.0.113.9", "nobody.invalid"])
def test_an_address_that_is_not_this_machines_is_named(data: Path, host: str) -> None:
    sentence = said(data, "--host", host)
    assert sentence.startswith(f"Ritmo: Ritmo cannot listen on {host}:0 (")
    assert "--host" in sentence


async def test_a_broker_that_is_away_is_named() -> None:
    port = free_port()
    away = await broker_away(f"amqp://u:hidden@127.0.0.1:{port}/")
    assert away is not None
    assert away.startswith(f"RabbitMQ at 127.0.0.1:{port} does not answer (")
    assert "hidden" not in away
    assert "nobody.invalid:5671" in str(await broker_away("amqps://nobody.invalid"))


async def test_a_broker_that_is_away_is_named_again_and_again_until_it_is_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port, told = free_port(), list[str]()

    async def until(enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not enough():
                await asyncio.sleep(0.01)
                told.extend(capsys.readouterr().err.splitlines())

    asked = 0

    def met(_: object, line: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        line.close()

    watch = asyncio.create_task(watch_broker(f"amqp://u:hidden@127.0.0.1:{port}/", every=0.01))
    await until(lambda: len(told) >= 3)
    async with await asyncio.start_server(met, "127.0.0.1", port):
        await until(lambda: asked >= 1)
        told.clear()
        await until(lambda: asked >= 4)
        assert told == [], "it is there again"
    await until(lambda: len(told) >= 1)
    watch.cancel()
    assert all(f"RabbitMQ at 127.0.0.1:{port} does not answer (" in line for line in told)


def test_settings_that_are_none_are_named(data: Path) -> None:
    done = ritmo("doctor", data=data, databse_url="x", wholly_unknown="1")
    assert "RITMO_DATABSE_URL is no setting of Ritmo" in done.stderr
    assert "is RITMO_DATABASE_URL meant?" in done.stderr
    assert "RITMO_WHOLLY_UNKNOWN is no setting of Ritmo, and is passed over; the" in done.stderr
    assert "RITMO_DATA " not in done.stderr


def test_every_setting_is_known() -> None:
    names = [f"RITMO_{name.upper()}" for name in Settings.model_fields]
    assert unknown_settings([*names, "ritmo_data", "HOME", "RITMO"]) == []


def test_the_usage_says_ritmo(data: Path) -> None:
    done = ritmo("up", "--nope", data=data)
    assert done.stderr.startswith("Usage: ritmo up")


def test_the_zone_is_that_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zone, clock = tmp_path / "timezone", tmp_path / "localtime"
    monkeypatch.delenv("TZ", raising=False)
    assert machine_zone(zone, clock) == "UTC"
    clock.symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert machine_zone(zone, clock) == "Asia/Tokyo"
    zone.write_text("Europe/Moscow\n")
    assert machine_zone(zone, clock) == "Europe/Moscow"
    monkeypatch.setenv("TZ", ":America/Lima")
    assert machine_zone(zone, clock) == "America/Lima"
    monkeypatch.setenv("TZ", "EST5EDT,M3.2.0,M11.1.0")
    assert machine_zone(zone, clock) == "Europe/Moscow"
