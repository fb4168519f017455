"""What the check of a token costs at the door: of a session, and of a machine."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.auth.domain import TokenSubject, claims
from actors.auth.keyring import Keyring
from actors.runtime.identity import TokenVerifier
from actors.runtime.settings import Settings
from contracts.accounts import Register
from contracts.bus import Bus
from contracts.message import new_id
from contracts.personal_tokens import CreatePersonalToken
from contracts.principal import Principal
from gateway.token_exchange import TokenExchange
from ops.platform import platform
from storage import embedded
from storage.migrations import migrate
from storage.session import transaction
from tests.bench.figures import Figure

CACHED, FRESH, PERSONAL = 2_000, 300, 40
"""Checks of one measurement; a person has so many personal tokens at most."""


def run(folder: Path, rounds: int) -> Iterator[Figure]:
    """Check tokens that are remembered, and tokens that are seen for the first time."""
    taken = asyncio.run(_measured(folder, rounds))
    yield Figure("token.cached", taken["session, again"], "us", "<=", 30)
    yield Figure("token.not-cached", taken["session, first"], "us", "<=", 400)
    yield Figure("token.personal-cached", taken["personal, again"], "us", "<=", 30)
    yield Figure("token.personal-exchange", taken["personal, first"], "us", "<=", 10_000)


async def _measured(folder: Path, rounds: int) -> dict[str, float]:
    """Measure, and show in microseconds."""
    server = await asyncio.to_thread(embedded.start, folder / "postgres")
    found: dict[str, list[float]] = {}
    try:
        async with platform(Settings(data=folder), server.url) as here:
            await migrate(here.engine)
            who = await _somebody(here.bus)
            command = CreatePersonalToken(name="bench", scopes=("habits:read",))
            personal = [(await here.bus.ask(command, who)).token for _ in range(PERSONAL)]
            for _ in range(rounds):
                verifier = TokenVerifier(here.bus)
                await verifier.watch()
                exchange = TokenExchange(here.bus, verifier)
                fresh = await _access_tokens(here.engine, who)
                sides: dict[str, tuple[Callable[[str], Awaitable[Principal]], list[str]]] = {
                    "session, first": (verifier.verify, fresh),
                    "session, again": (verifier.verify, fresh[:1] * CACHED),
                    "personal, first": (exchange.verify, personal),
                    "personal, again": (exchange.verify, personal[:1] * CACHED),
                }
                for name, (check, tokens) in sides.items():
                    found.setdefault(name, []).append(await _each(check, tokens))
    finally:
        await asyncio.to_thread(server.stop)
    print("\nthe check of a token, microseconds")
    shown = {name: median(each) * 1e6 for name, each in found.items()}
    for name, each in shown.items():
        print(f"  {name:16} {each:9.1f}")
    return shown


async def _each(check: Callable[[str], Awaitable[Principal]], tokens: list[str]) -> float:
    """Return the seconds that one check takes."""
    began = time.perf_counter()
    for token in tokens:
        await check(token)
    return (time.perf_counter() - began) / len(tokens)


async def _somebody(bus: Bus) -> Principal:
    """Open an account."""
    told = await bus.ask(Register(email="bench@example.org", password="a quiet heron at dawn"))
    now = int(time.time())
    words = {"user_id": told.user_id, "session_id": told.session_id, "scopes": {"user"}}
    if "auth_time" in Principal.model_fields:  # fresh proof, where it is asked for
        words["auth_time"] = now
    return Principal.model_validate(words)


async def _access_tokens(engine: AsyncEngine, who: Principal) -> list[str]:
    """Sign access tokens of one session, each another one."""
    keyring, now = Keyring(), datetime.now(UTC)
    bearer = TokenSubject(who.user_id, who.session_id or new_id(), "user", now)
    async with transaction(engine) as tx:
        return [await keyring.sign(tx, claims(bearer, now, new_id())) for _ in range(FRESH)]
