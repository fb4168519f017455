"""The one reader of settings: environment variables, or secrets, that begin with `RITMO_`."""

import re
from collections.abc import Iterable
from email.utils import parseaddr
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from actors.runtime.addresses import HOST, async_url, is_address, is_escaped, is_place, with_port
from actors.runtime.backup_settings import BackupSettings
from actors.runtime.lists import Words

SECRETS = (
    "/run/secrets",
    "/run/secrets/broker",
    "/run/secrets/database",
    "/run/secrets/redis",
)
"""Folders where a container finds settings that are no one else's to see: a file each, called
after the setting, such as `ritmo_amqp_url`. The environment comes first."""


WEB = r"https?://[^/?#@\s]+"

ADDRESSES = {
    "database_url": (
        r"postgres(ql)?(\+asyncpg)?",
        "postgresql://user:password@host:5432/name; Ritmo keeps its data in PostgreSQL alone",
    ),
    "amqp_url": ("amqps?", "amqp://user:password@host:5672/ or amqps://user:password@host:5671/"),
    "amqp_management_url": ("https?", "http://operator:password@host:15672/ritmo, or https://…"),
    "redis_url": ("rediss?|unix", "redis://host:6379, rediss://host:6379 or unix:///path"),
    "smtp_url": ("smtps?", "smtp://user:password@host:587, or smtps://…"),
}
"""The schemes that an address may have, and how to write it."""

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+|null")
"""A web origin as browsers send it (RFC 6454, section 6.2)."""


SERVERS = {
    "telegram_api": (WEB, "write it as https://api.telegram.org, or http://host:8081"),
    "otlp_url": (WEB, "write it as http://host:4318"),
    "google_api": (WEB, "write it as http://host:8081, or leave it out"),
    "oidc_issuer": (
        r"https://[^/?#@\s]+|http://(?:localhost|127\.0\.0\.1|\[::1\])(?![^:/])",
        "write it as https://login.example.org; http:// is for a provider on this machine",
    ),
}
"""How the addresses of servers begin, and what is said where they do not."""


class Settings(BackupSettings):
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
    amqp_management_url: SecretStr | None = Field(
        default=None,
        description="Management interface of RabbitMQ, http://operator:password@host:15672/ritmo, "
        "where users of integrations are made; without one there are none.",
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
    trusted_hosts: Words = Field(
        default=(), description="Host names under which Ritmo is reached; if none is named, any."
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Token for /metrics; without one they are shown to this machine alone.",
    )
    cors_origins: Words = Field(
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
    registration: Literal["open", "invitation", "closed"] = Field(
        default="open",
        description="Who may register: everybody (open), who was invited (invitation), or nobody "
        "but by the command line (closed).",
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
        description="Whether Apprise addresses, and those of calendars, may lead into a private "
        "network, or to this host.",
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
    google_client_id: str | None = Field(
        default=None, description="OAuth client of this Ritmo at Google; without one, no Google."
    )
    google_client_secret: SecretStr | None = Field(
        default=None, description="Secret of the OAuth client at Google."
    )
    google_api: str = Field(
        default="", description="Another server that speaks Google's Calendar API, for trials."
    )
    oidc_issuer: str | None = Field(
        default=None, description="OpenID Connect provider to sign in by; without one that is off."
    )
    oidc_client_id: str | None = Field(default=None, description="What that provider calls Ritmo.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="By which that provider knows Ritmo."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="Port at which this part shows its figures to Prometheus; without one, none.",
    )
    otlp_url: str = Field(
        default="",
        description="Collector of traces that speaks OTLP over HTTP; without one, no traces.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )

    @field_validator("database_url", "amqp_url", "amqp_management_url", "redis_url", "smtp_url")
    @classmethod
    def _address(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Refuse the address of something else; what it holds is not repeated, it is secret."""
        schemes, form = ADDRESSES[info.field_name or ""]
        if url is not None:
            if not re.match(rf"(?:{schemes})://.", url.get_secret_value()):
                raise ValueError(f"write it as {form}")
            if not is_address(url.get_secret_value()):
                raise ValueError(f"this cannot be read as an address; write it as {form}")
            if info.field_name != "database_url" and not is_escaped(url.get_secret_value()):
                raise ValueError("write # / ? @ in a password as %23 %2F %3F %40")
        return url

    @field_validator("base_url")
    @classmethod
    def _outside(cls, url: str) -> str:
        """Refuse what leads nowhere: links in mails begin with it."""
        if url and not re.fullmatch(r"https?://[^/?#@\s:]+[^?#@\s]*", url):
            raise ValueError("write it as https://ritmo.example.org")
        return url

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what no browser sends as an origin."""
        if any(ORIGIN.fullmatch(origin) is None for origin in given):
            raise ValueError("write each as https://app.example.org, without a path")
        return given

    @field_validator("trusted_hosts")
    @classmethod
    def _hosts(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse what is more than a name."""
        if any(HOST.fullmatch(host) is None for host in given):
            raise ValueError("write names alone, such as ritmo.example.org, without a port")
        return given

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, given: str) -> str:
        """Refuse what is neither an address nor a name: nobody would be believed."""
        if not all(is_place(word.strip()) for word in given.split(",") if word.strip()):
            raise ValueError("write addresses, networks such as 10.0.0.0/8, or names of hosts")
        return given

    @field_validator("log_level", mode="before")
    @classmethod
    def _level(cls, given: object) -> object:
        """Take it in small letters, too."""
        return given.upper() if isinstance(given, str) else given

    @field_validator("telegram_token")
    @classmethod
    def _bot(cls, token: SecretStr | None) -> SecretStr | None:
        """Refuse what can be no token of a bot."""
        if token is not None and not re.fullmatch(
            r"[1-9]\d{2,18}:[A-Za-z0-9_-]{20,100}", token.get_secret_value()
        ):
            raise ValueError("write it as @BotFather gives it: 123456789:AAE…, on one line")
        return token

    @field_validator("telegram_api", "google_api", "oidc_issuer", "otlp_url")
    @classmethod
    def _server(cls, url: str | None, info: ValidationInfo) -> str | None:
        """Refuse what can be no address of a server."""
        schemes, said = SERVERS[info.field_name or ""]
        if url and not (re.fullmatch(rf"(?:{schemes})[^?#@\s]*", url) and is_address(url)):
            raise ValueError(said)
        return url.rstrip("/") if url else url

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _webhook_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        """Refuse what Telegram takes for no secret."""
        if secret is not None and not re.fullmatch(
            r"[A-Za-z0-9_-]{16,256}", secret.get_secret_value()
        ):
            raise ValueError("it has 16 to 256 letters, digits, _ or -")
        return secret

    @field_validator("google_client_id")
    @classmethod
    def _google_client(cls, given: str | None) -> str | None:
        """Refuse what can be no client's id."""
        if given is not None and not re.fullmatch(r"[A-Za-z0-9._-]{5,200}", given):
            raise ValueError("write it as Google gives it: 123-abc.apps.googleusercontent.com")
        return given

    @field_validator("mail_from")
    @classmethod
    def _mail_from(cls, given: str) -> str:
        """Refuse what can be no sender."""
        if "@" not in parseaddr(given)[1] or not given.isprintable():
            raise ValueError("write it as Name <address@example.org>")
        return given

    def address(self, port: int | None = None) -> str:
        """Return where the gateway listens; `port` is the one that was picked."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port if port is None else port}"

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
