"""A mail server for tests: aiosmtpd on a free port, answering as told, keeping what it took."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Taken:
    """A mail that the server said it has taken."""

    sender: str
    recipient: str
    mail: EmailMessage

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])

    def part(self, kind: str) -> str:
        body = self.mail.get_body((kind,))
        assert body is not None
        return str(body.get_content())


@dataclass
class MailServer:
    """What the server says. A list is answered from its front, each answer once.

    `drop_after_data` counts mails that are taken, whereupon the line is cut without an answer.
    `holds`: what is to happen before a mail is taken; `asked` is set when one has come.
    `withholds`: what is to happen before a mail that was taken is answered.
    """

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    recipient_says: list[str] = field(default_factory=list)
    sender_says: list[str] = field(default_factory=list)
    data_says: list[str] = field(default_factory=list)
    drop_after_data: int = 0
    connections: int = 0
    lines: list[asyncio.Transport] = field(default_factory=list)
    holds: asyncio.Event | None = None
    withholds: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def let_go(self) -> None:
        """Answer at once from now on; for another thread."""
        assert self.loop is not None
        assert self.withholds is not None
        self.loop.call_soon_threadsafe(self.withholds.set)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if isinstance(server.transport, asyncio.Transport):
            self.lines.append(server.transport)
        if self.sender_says:
            return self.sender_says.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_says:
            return self.recipient_says.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.asked.set()
        if self.holds is not None:
            await self.holds.wait()
        if self.data_says:
            return self.data_says.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        mail = BytesParser(policy=default).parsebytes(content)
        assert isinstance(mail, EmailMessage)
        self.taken.append(Taken(str(envelope.mail_from), envelope.rcpt_tos[0], mail))
        if self.withholds is not None:
            await self.withholds.wait()
        if self.drop_after_data:
            self.drop_after_data -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 2.0.0 Taken"


@asynccontextmanager
async def mail_server(
    port: int = 0, wrapped: ssl.SSLContext | None = None, **given: Any
) -> AsyncIterator[MailServer]:
    """Run a server in this loop, on a free port; `given` goes to aiosmtpd.

    `wrapped`: every connection begins with TLS.
    """
    server = MailServer(loop=asyncio.get_running_loop())

    def connection() -> SMTP:
        server.connections += 1
        return SMTP(server, enable_SMTPUTF8=True, **given)

    listening = await asyncio.get_running_loop().create_server(
        connection, "127.0.0.1", port, ssl=wrapped
    )
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
