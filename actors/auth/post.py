"""Mails that auth has sent: secret links, and notices about an account; few enough of each.

Whoever asks can make no more than a few mails go to an address in a day, and from one network.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.agents import family_of
from actors.auth.domain import digest
from actors.runtime.mailed import LINK, token_of
from actors.runtime.secret import InstallationSecret
from contracts.language import Language
from contracts.message import TooMany, new_id
from contracts.networks import networks_of
from contracts.notifications import SendNotice
from contracts.tokens import Device
from storage.auth import mails
from storage.auth.accounts import Account
from storage.outbox import tell

DAY = timedelta(days=1)

MAX_TO_ADDRESS, MAX_FROM_NETWORK = 3, 60
"""Mails of a kind to one address, and of all kinds that one network can cause, in a day."""

MAX_FROM_USER = 5
"""Mails to other addresses that one user can cause in a day."""

MAX_NOTICES = 5
"""Notices of a kind to one address in a day."""

WAIT = 3600
"""Seconds after which a network may try again."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A secret link that is mailed: its id, and what is kept of its token."""

    id: UUID
    hash: bytes


@dataclass(frozen=True, slots=True)
class Post:
    """Has mails sent. Without a mail server nothing needs a confirmation, and nobody is warned."""

    secret: InstallationSecret
    there_is_a_server: bool

    async def admit(self, tx: AsyncConnection, device: Device, now: datetime) -> None:
        """Count a mail against the network that causes it. Refuses with `TooMany`."""
        if not device.address:
            return
        network = f"network {networks_of(device.address).own}"
        if not await mails.count(tx, _name(network), now, DAY, MAX_FROM_NETWORK):
            text = "Too many mails were asked for from this network today; try again later."
            raise TooMany("too_many_mails", text, retry_after=WAIT)

    async def admit_user(self, tx: AsyncConnection, user_id: UUID, now: datetime) -> None:
        """Count a mail against the user who causes it. Refuses with `TooMany`."""
        if not await mails.count(tx, _name(f"user {user_id}"), now, DAY, MAX_FROM_USER):
            text = "Too many mails were asked for today; try again tomorrow."
            raise TooMany("too_many_mails", text, retry_after=WAIT)

    async def make_link(self, tx: AsyncConnection) -> NewLink:
        """Make a secret link, which `send` writes into a mail."""
        link_id = new_id()
        return NewLink(link_id, digest(token_of(await self.secret.value(tx), link_id)))

    async def send(
        self,
        tx: AsyncConnection,
        template: str,
        user_id: UUID,
        email: str | None,
        now: datetime,
        *,
        link: NewLink | None = None,
        life: timedelta = DAY,
        language: Language | None = None,
        data: dict[str, str] | None = None,
        most: int = MAX_TO_ADDRESS,
        counts_as: str = "",
    ) -> bool:
        """Have a mail sent, unless its address got `most` of the kind within a day already.

        Who has given no address is told in Telegram, if they can be.
        `counts_as`: the kind, if it is not the template. `life`: for how long it is of use.
        """
        name = _name(f"{counts_as or template} {email or user_id}")
        if not await mails.count(tx, name, now, DAY, most):
            return False
        said: dict[str, str | int | float | bool] = dict(data or {})
        if link is not None:
            said[LINK] = str(link.id)
        notice = SendNotice(
            user_id=user_id,
            template=template,
            channels=("email",) if email else ("telegram",),
            email=email,
            language=language,
            data=said,
            dedupe_key=f"{template}:{link.id if link else new_id()}",
            useful_until=now + life,
        )
        await tell(tx, notice)
        return True


async def warn(
    tx: AsyncConnection,
    post: Post,
    account: Account | None,
    template: str,
    now: datetime,
    *,
    agent: str = "",
    what: str = "",
) -> None:
    """Tell the owner of an account what was done to it, `now`; by which program.

    Without a mail server there are no mails: nobody looks for a warning in a folder.
    """
    if account is None or (account.email is not None and not post.there_is_a_server):
        return
    data = {"at": now.isoformat(), "agent": family_of(agent), "what": what}
    known = {name: said for name, said in data.items() if said}
    user_id, email = account.user_id, account.email
    kind = f"{template} {what}".strip()
    await post.send(tx, template, user_id, email, now, data=known, most=MAX_NOTICES, counts_as=kind)


def _name(said: str) -> bytes:
    return hashlib.sha256(said.encode()).digest()
