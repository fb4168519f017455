"""Those who appear in the tests of rooms, and what they usually do."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from actors.runtime.local import LocalBus
from contracts.accounts import Register
from contracts.message import (
    Refused,
    new_id,
)
from contracts.principal import Principal
from contracts.sessions import Login, SessionEnded
from contracts.tokens import Device, Tokens
from contracts.users import CreateProfile

Carry = Callable[[], Awaitable[None]]
PASSWORD = "correct horse battery"
TRIES = 10
"""Wrong passwords a minute in these tests."""

PATIENCE = 60.0
"""Seconds that an answer may take, for machines that are busy with other tests."""

NOON = datetime(2031, 5, 5, 12, tzinfo=UTC)
HOME, AWAY = Device(address="192.0.2.7", agent="Firefox"), Device(address="198.51.100.9")
ADMIN = Principal(user_id=new_id(), scopes=frozenset({"user", "admin"}), service="ops")


async def register(bus: LocalBus, email: str = "ann@example.org") -> Tokens:
    """Open an account."""
    return await bus.ask(Register(email=email, password=PASSWORD, device=HOME))


async def login(bus: LocalBus, password: str = PASSWORD, device: Device = HOME) -> Tokens:
    """Begin another session."""
    return await bus.ask(Login(email="ann@example.org", password=password, device=device))


def who(tokens: Tokens, *scopes: str) -> Principal:
    """Return whom tokens name."""
    return Principal(
        user_id=tokens.user_id,
        session_id=tokens.session_id,
        scopes=frozenset(scopes or ("user",)),
    )


async def code_of(asked: Awaitable[object]) -> str:
    """Return the code with which a room refuses; empty if it does not."""
    try:
        await asked
    except Refused as no:
        return no.code
    return ""


async def ends(bus: LocalBus) -> list[SessionEnded]:
    """Collect the ends of sessions from now on."""
    told: list[SessionEnded] = []

    async def keep(fact: SessionEnded) -> None:
        told.append(fact)

    await bus.overhear(SessionEnded, keep)
    return told


async def profile(bus: LocalBus, tokens: Tokens, email: str = "ann@example.org") -> None:
    """Make a profile in the users room."""
    await bus.ask(CreateProfile(email=email), who(tokens))
