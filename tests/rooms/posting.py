"""Mails about accounts, as their readers see them: what was sent, to whom, and which link."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import time_machine
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.post import DAY
from actors.notifications.sender import Sender
from actors.runtime.courier import Courier
from actors.runtime.edge import Edge
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.registrations import Confirm, SignedUp, SignUp
from contracts.tokens import Device, Tokens
from ops.platform import rooms
from tests.rooms.mailing import BASE, send_all, sender_to
from tests.rooms.people import HOME, NOON, PASSWORD, PATIENCE, TRIES, Carry
from tests.smtp_server import MailServer, Taken, mail_server

LINK = re.compile(re.escape(BASE) + r"/c/([A-Za-z0-9_-]{43})")


@dataclass
class PostBox:
    """A Ritmo with a mail server: its rooms, and all that was mailed."""

    bus: LocalBus
    server: MailServer
    carry: Carry
    sender: Sender
    clock: time_machine.Traveller

    async def arrived(self) -> list[Taken]:
        """Send what is to be sent; return what came since the last time."""
        before = len(self.server.taken)
        await self.carry()
        await send_all(self.sender)
        return self.server.taken[before:]

    async def one(self) -> Taken:
        """Return the only mail that came."""
        (mail,) = await self.arrived()
        return mail

    async def token(self) -> str:
        """Return the secret of the link in the only mail that came."""
        return token_in(await self.one())

    async def sign_up(
        self, email: str = "ann@example.org", password: str = PASSWORD, device: Device = HOME
    ) -> SignedUp:
        """Register."""
        given = SignUp(email=email, password=password, name="Click http://evil", device=device)
        return await self.bus.ask(given)

    async def joined(self, email: str = "ann@example.org") -> Tokens:
        """Register and confirm, and leave the welcome aside."""
        await self.sign_up(email)
        signed = await self.bus.ask(Confirm(token=await self.token(), device=HOME))
        await self.arrived()
        assert signed.tokens is not None
        return signed.tokens

    def later(self, span: timedelta = DAY) -> None:
        """Let time pass."""
        self.clock.shift(span + timedelta(seconds=1))


def token_in(mail: Taken) -> str:
    """Return the secret of the link in a mail; HTML and text have the same, and no other."""
    found = {*LINK.findall(mail.part("html")), *LINK.findall(mail.part("plain"))}
    (token,) = found
    return str(token)


@asynccontextmanager
async def post_box(engine: AsyncEngine, **settings: str) -> AsyncIterator[PostBox]:
    """Open the rooms with a mail server."""
    async with mail_server() as server:
        given = {"smtp_url": server.url, "login_per_minute": TRIES, "base_url": BASE, **settings}
        bus = LocalBus()
        for room in rooms():
            await room.open(Settings.model_validate(given))
            bus.open_room(Edge(room, engine, bus, 8, limit=PATIENCE))
        sender = sender_to(engine, server.url, bus=bus)
        with time_machine.travel(NOON) as clock:
            yield PostBox(
                bus, server, partial(carry_all, Courier(engine, bus.deliver)), sender, clock
            )


async def carry_all(courier: Courier) -> None:
    """Carry facts until none is left."""
    while await courier.carry():
        pass
