"""The outside of the reminders room: the doors through which deliveries leave.

A door takes one delivery and says how it went; it never raises for what the other side does.
"""

import asyncio
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.reminders.delivering import Outcome
from actors.reminders.envelope import BadAddress, Mailbox, enclose, mailbox, sender_of
from actors.reminders.letters import write
from actors.reminders.links import Signing
from actors.reminders.mail_folder import MailFolder, mail_folder
from actors.reminders.posting import Post, language_of, post_of
from actors.reminders.smtp import SmtpLine, server_of
from actors.reminders.webhooks.client import SLOTS, Helper
from actors.runtime.settings import Settings
from contracts.reminders import ChannelName
from storage.reminders import channels
from storage.reminders.ledger import Delivery
from storage.session import transaction


class Door(Protocol):
    """A way out: of which channel, how many a minute, how many rounds at once.

    `batch`: how many deliveries are claimed for each round.
    """

    channel: ChannelName
    per_minute: int | None
    at_once: int
    batch: int

    async def send(self, row: Delivery, signing: Signing) -> Outcome:
        """Send a delivery and say how it went."""
        ...

    async def take_back(self, row: Delivery) -> None:
        """Take back what was sent to somebody who was erased meanwhile, where that is possible."""
        ...

    async def rest(self) -> None:
        """Let go of what costs something; there is nothing to send for now."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...


class MailWay(Protocol):
    """Where finished mails go."""

    async def send(self, data: bytes, sender: str, recipient: str) -> Outcome:
        """Send the bytes of a mail."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class MailDoor:
    """E-mail: over SMTP, or into a folder if there is no server."""

    channel: ChannelName = "email"
    at_once = 1
    batch = 20

    def __init__(
        self, way: MailWay | MailFolder, sender: Mailbox, per_minute: int | None = None
    ) -> None:
        """Send over `way`, from `sender`, at most so many a minute."""
        self._way, self._sender, self.per_minute = way, sender, per_minute

    async def send(self, row: Delivery, signing: Signing) -> Outcome:
        """Write the mail and send it."""
        try:
            recipient = mailbox(row.recipient, _name_in(row))
            data = await asyncio.to_thread(self._written, row, recipient, signing)
        except BadAddress:
            return Outcome("unfit", "bad_address")
        except (LookupError, ValueError):
            return Outcome("unfit", "bad_template")
        if isinstance(self._way, MailFolder):
            try:
                return await asyncio.to_thread(self._way.keep, row.id, data)
            except OSError as error:
                return Outcome("later", f"eml_{type(error).__name__.lower()}", for_all=True)
        return await self._way.send(data, self._sender.address, recipient.address)

    def _written(self, row: Delivery, recipient: Mailbox, signing: Signing) -> bytes:
        post = post_of(row, signing)
        letter = write(post.words, language_of(row))
        mail = enclose(letter, self._sender, recipient, row.id, datetime.now(UTC), post.leave)
        return mail.as_bytes()

    async def take_back(self, row: Delivery) -> None:
        """Remove a file."""
        if isinstance(self._way, MailFolder):
            await asyncio.to_thread(self._way.drop, [row.id])

    async def rest(self) -> None:
        """Hang up."""
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if not isinstance(self._way, MailFolder):
            await self._way.close()


class AppriseDoor:
    """Whatever Apprise reaches, at the address that the person gave."""

    channel: ChannelName = "apprise"
    per_minute: int | None = None
    at_once = SLOTS
    batch = 1

    def __init__(self, engine: AsyncEngine, helper: Helper, *, allow_private: bool) -> None:
        """Find addresses over `engine`, and have `helper` send."""
        self._engine, self._helper, self._allow_private = engine, helper, allow_private

    async def send(self, row: Delivery, signing: Signing) -> Outcome:
        """Send a notice: the words of the letter, and its links."""
        async with transaction(self._engine) as tx:
            url = await channels.find_apprise(tx, row.user_id)
        if url is None:
            return Outcome("unfit", "channel_gone")
        try:
            title, body = notice(post_of(row, signing))
        except (LookupError, ValueError):
            return Outcome("unfit", "bad_template")
        return await self._helper.send(url, title, body, allow_private=self._allow_private)

    async def take_back(self, row: Delivery) -> None:
        """Do nothing: what was sent is sent."""

    async def rest(self) -> None:
        """Let the helper go if it was not needed for a while."""
        self._helper.rest()

    async def close(self) -> None:
        """Let the helper go."""
        self._helper.close()


def notice(post: Post) -> tuple[str, str]:
    """Make a short message of a letter: its subject, and its text with the links."""
    words = post.words
    lines = [*words.paragraphs, *(f"{button.label}: {button.url}" for button in words.buttons)]
    return words.subject, "\n".join(lines) or words.heading


def _name_in(row: Delivery) -> str:
    """Find the person's name in the data of a delivery; it stands in the address line."""
    import json

    said = json.loads(row.data)
    name = said.get("name") if isinstance(said, dict) else None
    return name if isinstance(name, str) else ""


def mail_door(settings: Settings) -> MailDoor:
    """Open the door for mails. Raises UnusableServer or BadAddress."""
    sender = sender_of(settings.mail_from)
    if settings.smtp_url is None:
        return MailDoor(mail_folder(settings), sender)
    line = SmtpLine(server_of(settings.smtp_url.get_secret_value()))
    return MailDoor(line, sender, settings.mail_per_minute)


def doors(engine: AsyncEngine, settings: Settings, helper: Helper) -> tuple[Door, ...]:
    """Open every door that there is. Telegram has none here: its room hears what is told."""
    private = settings.allow_private_webhooks
    return (mail_door(settings), AppriseDoor(engine, helper, allow_private=private))


def base_of(settings: Settings) -> str:
    """Return where people reach Ritmo, without a slash at the end."""
    return settings.base_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
