"""The one reader of settings: environment variables, or secrets, that begin with `RITMO_`."""

import re
from collections.abc import Iterable
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = ("/run/secrets", "/run/secrets/broker", "/run/secrets/database")
"""Folders where a container finds settings that are no one else's to see: a file each, called
after the setting, such as `ritmo_amqp_url`. The environment comes first."""


ADDRESSES = {
    "database_url": (
        r"postgres(ql)?(\+asyncpg)?",
        "postgresql://user:password@host:5432/name; Ritmo keeps its data in PostgreSQL alone",
    ),
    "amqp_url": ("amqps?", "amqp://user:password@host:5672/ or amqps://user:password@host:5671/"),
    "redis_url": ("rediss?|unix", "redis://host:6379, rediss://host:6379 or unix:///path"),
}
"""The schemes that an address may have, and how to write it."""


class Settings(BaseSettings):
    """What can be set. Unset, everything runs embedded, in one process, on this machine."""

    model_config = SettingsConfigDict(
        env_prefix="RITMO_",
        env_file=None,
        env_ignore_empty=True,
        extra="ignore",
        secrets_dir=tuple(folder for folder in SECRETS if Path(folder).is_dir()),
    )

    data: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("ritmo"),
        description="Folder of the embedded database and of files; by default per XDG.",
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL to use instead of the embedded one."
    )
    amqp_url: SecretStr | None = Field(
        default=None, description="RabbitMQ to use instead of the in-process bus."
    )
    redis_url: SecretStr | None = Field(
        default=None, description="Redis to use instead of memory, for rate limits."
    )
    seal_file: Path | None = Field(
        default=None,
        description="File of the keys that seal secrets; by default seal.keys in the data folder.",
    )
    seal_keys: SecretStr | None = Field(
        default=None, description="The sealing keys themselves, the first seals; then no file."
    )
    host: str = Field(default="127.0.0.1", description="Address that the gateway listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port of the gateway; 0 picks one.")
    base_url: str = Field(default="", description="Where people reach Ritmo from outside.")
    trusted_hosts: tuple[str, ...] = Field(
        default=(), description="Host names under which Ritmo is reached; if none is named, any."
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Token for /metrics; without one they are shown to this machine alone.",
    )
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Web origins that may call the API from a browser."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Proxies whose X-Forwarded-For is believed: addresses, networks or host names.",
    )
    room_concurrency: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Messages a room works on at once; also its share of database connections.",
    )
    rate_per_minute: int = Field(
        default=600, ge=1, description="Requests per minute and person (or address)."
    )
    login_per_minute: int = Field(
        default=10,
        ge=1,
        description="Wrong login attempts per minute and account, and per address.",
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="Mail server, smtp://user:password@host:587 or smtps://…; without one mails "
        "are kept as files in the data folder.",
    )
    mail_from: str = Field(
        default="Ritmo <ritmo@localhost>", description="Who mails are from: Name <address>."
    )
    mail_per_minute: int = Field(
        default=120, ge=1, description="Mails a minute, at most, that are given to the server."
    )
    allow_private_webhooks: bool = Field(
        default=False,
        description="Whether Apprise addresses may lead into a private network, or to this host.",
    )
    telegram_token: SecretStr | None = Field(
        default=None, description="Token of a Telegram bot, from @BotFather; without one, no bot."
    )
    telegram_api: str = Field(
        default="https://api.telegram.org", description="Bot API server that the bot speaks to."
    )
    telegram_webhook_secret: SecretStr | None = Field(
        default=None,
        description="With one, Telegram brings updates to RITMO_BASE_URL; else they are fetched.",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("database_url", "amqp_url", "redis_url")
    @classmethod
    def _address(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Refuse the address of something else; what it holds is not repeated, it is secret."""
        schemes, form = ADDRESSES[info.field_name or ""]
        if url is not None and not re.match(rf"({schemes})://.", url.get_secret_value()):
            raise ValueError(f"write it as {form}")
        return url

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        """Refuse what can be no mail server's address."""
        if url is not None and not re.match(r"smtps?://([^/@]*@)?[^/@]+", url.get_secret_value()):
            raise ValueError("write it as smtp://user:password@host:587, or smtps://…")
        return url

    @field_validator("telegram_token")
    @classmethod
    def _bot(cls, token: SecretStr | None) -> SecretStr | None:
        """Refuse what can be no token of a bot."""
        if token is not None and not re.fullmatch(
            r"[1-9]\d{2,18}:[A-Za-z0-9_-]{20,100}", token.get_secret_value()
        ):
            raise ValueError("write it as @BotFather gives it: 123456789:AAE…, on one line")
        return token

    @field_validator("telegram_api")
    @classmethod
    def _bot_api(cls, url: str) -> str:
        """Refuse what can be no address of a Bot API server."""
        if not re.fullmatch(r"https?://[^/\s]+[^\s]*", url):
            raise ValueError("write it as https://api.telegram.org, or http://host:8081")
        return url.rstrip("/")

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _webhook_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        """Refuse what Telegram takes for no secret."""
        if secret is not None and not re.fullmatch(
            r"[A-Za-z0-9_-]{16,256}", secret.get_secret_value()
        ):
            raise ValueError("it has 16 to 256 letters, digits, _ or -")
        return secret

    @field_validator("mail_from")
    @classmethod
    def _mail_from(cls, given: str) -> str:
        """Refuse what can be no sender."""
        if "@" not in parseaddr(given)[1] or not given.isprintable():
            raise ValueError("write it as Name <address@example.org>")
        return given

    def database(self) -> str | None:
        """Return the address of the database for SQLAlchemy; None means the embedded one."""
        return async_url(self.database_url.get_secret_value()) if self.database_url else None

    def amqp(self) -> str | None:
        """Return the address of RabbitMQ; None means the bus inside one process."""
        return self.amqp_url.get_secret_value() if self.amqp_url else None

    def redis(self) -> str | None:
        """Return the address of Redis, its port written out; None means memory."""
        return with_port(self.redis_url.get_secret_value(), 6379) if self.redis_url else None


def unknown_settings(environment: Iterable[str]) -> list[str]:
    """Name what begins like a setting, but is none: it may be misspelt."""
    known = {f"RITMO_{name.upper()}" for name in Settings.model_fields}
    given = (name for name in environment if name.upper().startswith("RITMO_"))
    return sorted(name for name in given if name.upper() not in known)


def async_url(url: str) -> str:
    """Name the asyncpg driver in a plain `postgresql://` address."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+asyncpg://" + url.removeprefix(scheme)
    return url


def with_port(url: str, port: int) -> str:
    """Write the port into an address that has none: not every library knows the usual one."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is not None:
        return url
    return parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{port}").geturl()
