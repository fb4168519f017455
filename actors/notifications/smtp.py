"""Mails leave by SMTP: one connection for many, verified TLS, every answer judged.

Only while the text of a mail is handed over may a lost line leave us unsure whether it was taken.
aiosmtplib is loaded on first use.
"""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from actors.notifications.domain import DeliveryOutcome, Stage, judge

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPException

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds that the server may take for any one answer."""


class UnusableServer(ValueError):
    """This address names no mail server; says why, and no password. For who runs Ritmo."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server. `tls`: from the start, by STARTTLS, or none; `ca`: a file of authorities."""

    host: str
    port: int
    tls: str = "starttls"
    user: str | None = None
    password: str | None = None
    ca: str | None = None

    def __repr__(self) -> str:
        """Show no password."""
        return f"Server({self.host}:{self.port}, {self.tls})"


def server_of(url: str) -> MailServer:
    """Read `smtp://user:password@host:587` or `smtps://…`.

    `?tls=none` does without TLS, as does a server on this machine; `?ca=/path` trusts authorities
    of one's own. Raises UnusableServer.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnusableServer("RITMO_SMTP_URL cannot be read as an address.") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise UnusableServer("RITMO_SMTP_URL begins with smtp:// or smtps:// and names a host.")
    options = parse_qs(parts.query)
    asked = options.get("tls", [""])[0]
    if asked not in ("", "none", "starttls"):
        raise UnusableServer("RITMO_SMTP_URL takes ?tls=none or ?tls=starttls.")
    tls = "none" if asked == "none" or (not asked and _is_here(parts.hostname)) else "starttls"
    if parts.scheme == "smtps":
        tls = "always"
    return MailServer(
        parts.hostname,
        port or (465 if tls == "always" else 587),
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        options.get("ca", [None])[0],
    )


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class SmtpLine:
    """A connection to a mail server, opened when needed and used again."""

    def __init__(self, server: MailServer, patience: float = PATIENCE) -> None:
        """Open nothing yet; `patience` is in seconds."""
        self._server, self._patience = server, patience
        self._client: SMTP | None = None
        self._used = False
        self._stage: Stage = "greeting"

    async def greet(self) -> str | None:
        """Open the line and hang up; return what is wrong, as a code, or None."""
        from aiosmtplib import SMTPException

        try:
            async with asyncio.timeout(self._patience):
                await self._connected()
        except (SMTPException, OSError, TimeoutError) as error:
            return _not_reached(error).detail
        finally:
            await self.close()
        return None

    async def send(self, data: bytes, sender: str, recipient: str) -> DeliveryOutcome:
        """Send a mail. Never raises for what a server does, nor for what it does not."""
        from aiosmtplib import SMTPException

        self._stage = "greeting"
        try:
            async with asyncio.timeout(self._patience):
                return await self._talk(data, sender, recipient)
        except (SMTPException, OSError, TimeoutError) as error:
            return await self._after(error)

    async def _talk(self, data: bytes, sender: str, recipient: str) -> DeliveryOutcome:
        plain = recipient.isascii()
        client = await self._connected()
        if not plain and not client.supports_extension("smtputf8"):
            return DeliveryOutcome("unfit", "smtp_no_utf8")
        client = await self._begun(client, sender, [] if plain else ["SMTPUTF8"])
        self._stage = "recipient"
        await client.rcpt(recipient, encoding="ascii" if plain else "utf-8")
        self._stage = "data"
        answer = await client.data(data)
        self._used = True
        return DeliveryOutcome("sent", f"smtp_{answer.code}")

    async def _begun(self, client: "SMTP", sender: str, options: list[str]) -> "SMTP":
        """Return a line on which a mail has begun.

        One that lay idle may be dead: that says nothing of this mail, and another is opened.
        """
        from aiosmtplib import SMTPServerDisconnected

        self._stage = "sender"
        try:
            await client.mail(sender, options=options)
        except SMTPServerDisconnected:
            if not self._used:
                raise
            await self.close()
            self._stage = "greeting"
            client = await self._connected()
            self._stage = "sender"
            await client.mail(sender, options=options)
        return client

    async def _connected(self) -> "SMTP":
        from aiosmtplib import SMTP

        if self._client is not None and self._client.is_connected:
            return self._client
        server = self._server
        context = None if server.tls == "none" else ssl.create_default_context(cafile=server.ca)
        self._used = False
        self._client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "always",
            start_tls=server.tls == "starttls",
            tls_context=context,
            timeout=self._patience,
        )
        await self._client.connect()
        return self._client

    async def _after(self, error: "SMTPException | OSError") -> DeliveryOutcome:
        """Judge what went wrong, and make the line fit for the next mail."""
        from aiosmtplib import SMTPException, SMTPResponseException, SMTPServerDisconnected

        stage = self._stage
        if stage == "greeting":
            await self.close()
            return _not_reached(error)
        if not isinstance(error, SMTPResponseException) or error.code < 400:
            await self.close()
            lost = isinstance(error, SMTPServerDisconnected)
            detail = "smtp_disconnected" if lost else f"smtp_{_name_of(error)}"
            return DeliveryOutcome("unsure" if stage == "data" else "later", detail)
        try:
            if error.code == 421 or self._client is None:
                await self.close()
            else:
                await self._client.rset()
        except (SMTPException, OSError, TimeoutError):
            await self.close()
        return judge(error.code, error.message, stage)

    async def close(self) -> None:
        """Hang up, politely if the server still listens."""
        from aiosmtplib import SMTPException

        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(1):
                if client.is_connected:
                    await client.quit()
        except (SMTPException, OSError, TimeoutError):
            log.debug("mail server did not say goodbye")
        finally:
            client.close()


def _not_reached(error: Exception) -> DeliveryOutcome:
    """Say why there is no line; it is never the mail's fault, and holds for all."""
    from aiosmtplib import SMTPAuthenticationError, SMTPResponseException

    if isinstance(error, SMTPAuthenticationError):
        detail = f"smtp_login_{error.code}"
    elif isinstance(error, SMTPResponseException) and error.code >= 400:
        detail = judge(error.code, error.message, "greeting").detail
    elif isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        detail = "smtp_tls"
    else:
        detail = f"smtp_{_name_of(error)}"
    return DeliveryOutcome("later", detail, for_all=True)


def _name_of(error: Exception) -> str:
    """Name a fault by its class: texts of servers may hold addresses."""
    return type(error).__name__.removeprefix("SMTP").lower()
