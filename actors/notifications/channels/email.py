"""E-mail: over SMTP, or into a folder if there is no server."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.notifications import ledger
from actors.notifications.composer import Notice, language_of
from actors.notifications.domain import DeliveryOutcome
from actors.notifications.letter import write
from actors.notifications.mail_folder import MailFolder, mail_folder
from actors.notifications.mime import BadAddress, Mailbox, enclose, mailbox, sender_of
from actors.notifications.smtp import SmtpLine, server_of
from actors.runtime.settings import Settings
from contracts.deliveries import Channel
from contracts.language import Language
from contracts.notifications import ChannelName
from contracts.speech import say
from storage.notifications import deliveries
from storage.notifications.ledger import DeliveryRow
from storage.replica.replica import PersonRow


async def recipient(tx: AsyncConnection, person: PersonRow) -> str | None:
    """Return a person's address, if it is known."""
    return person.email or None


async def show(
    tx: AsyncConnection, person: PersonRow, settings: Settings, language: Language
) -> Channel:
    """Show whether a person's address takes mail."""
    if person.email is None:
        note = say(language, "Your address is not known yet.")
        return Channel(channel="email", on=False, note=note)
    if not person.email:
        return Channel(channel="email", on=False, note=say(language, "You have given no address."))
    detail = await deliveries.why_suppressed(tx, person.user_id, "email", person.email)
    note = ""
    if detail is not None:
        note = ledger.why_of(language, "suppressed", detail)
    elif settings.smtp_url is None:
        note = say(
            language,
            "No mail server is set: mails are written as files into the mail folder of Ritmo.",
        )
    return Channel(channel="email", on=detail is None, to=person.email, note=note)


class MailWay(Protocol):
    """Where finished mails go."""

    async def send(self, data: bytes, sender: str, recipient: str) -> DeliveryOutcome:
        """Send the bytes of a mail."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class EmailChannel:
    """Writes mails and sends them, one after the other."""

    name: ChannelName = "email"
    at_once = 1
    batch = 20

    def __init__(
        self, way: MailWay | MailFolder, sender: Mailbox, per_minute: int | None = None
    ) -> None:
        """Send over `way`, from `sender`, at most so many a minute."""
        self._way, self._sender, self.per_minute = way, sender, per_minute

    async def send(self, notice: Notice) -> DeliveryOutcome:
        """Write the mail and send it."""
        try:
            box = mailbox(notice.delivery.recipient, _name_in(notice.delivery))
            data = await asyncio.to_thread(self._written, notice, box)
        except BadAddress:
            return DeliveryOutcome("unfit", "bad_address")
        except (LookupError, ValueError):
            return DeliveryOutcome("unfit", "bad_template")
        if isinstance(self._way, MailFolder):
            try:
                return await asyncio.to_thread(self._way.keep, notice.delivery.id, data)
            except OSError as error:
                return DeliveryOutcome("later", f"eml_{type(error).__name__.lower()}", for_all=True)
        return await self._way.send(data, self._sender.address, box.address)

    def _written(self, notice: Notice, to: Mailbox) -> bytes:
        letter = write(notice.words, language_of(notice.delivery))
        now, leave = datetime.now(UTC), notice.leave
        return enclose(letter, self._sender, to, notice.delivery.id, now, leave).as_bytes()

    async def take_back(self, delivery: DeliveryRow) -> None:
        """Remove a file."""
        if isinstance(self._way, MailFolder):
            await asyncio.to_thread(self._way.drop, [delivery.id])

    async def rest(self) -> None:
        """Hang up."""
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if not isinstance(self._way, MailFolder):
            await self._way.close()


def _name_in(row: DeliveryRow) -> str:
    """Find the person's name in the data of a delivery; it stands in the address line."""
    said = json.loads(row.data)
    name = said.get("name") if isinstance(said, dict) else None
    return name if isinstance(name, str) else ""


def opened(settings: Settings) -> EmailChannel:
    """Open the channel. Raises UnusableServer or BadAddress."""
    sender = sender_of(settings.mail_from)
    if settings.smtp_url is None:
        return EmailChannel(mail_folder(settings), sender)
    line = SmtpLine(server_of(settings.smtp_url.get_secret_value()))
    return EmailChannel(line, sender, settings.mail_per_minute)
