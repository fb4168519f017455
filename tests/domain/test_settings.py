"""Settings as people write them."""

import pytest

from actors.runtime.settings import Settings


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("redis://redis/", "redis://redis:6379/"),
        ("redis://redis", "redis://redis:6379"),
        ("redis://:secret@redis/2", "redis://:secret@redis:6379/2"),
        ("rediss://redis:7000/0", "rediss://redis:7000/0"),
        ("redis://[::1]/0", "redis://[::1]:6379/0"),
    ],
)
def test_redis_has_a_port(given: str, read: str) -> None:
    assert Settings.model_validate({"redis_url": given}).redis() == read


def test_a_plain_postgresql_address_names_its_driver() -> None:
    for scheme in ("postgresql", "postgres", "postgresql+asyncpg"):
        settings = Settings.model_validate({"database_url": f"{scheme}://ritmo@db/ritmo"})
        assert settings.database() == "postgresql+asyncpg://ritmo@db/ritmo"


def test_what_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_URL", "MAIL_FROM", "REDIS_URL"):
        monkeypatch.setenv(f"RITMO_{name}", "")
    settings = Settings()
    assert settings.smtp_url is None
    assert settings.redis() is None
    assert settings.mail_from == Settings.model_fields["mail_from"].default
