"""`ritmo keys`: the keys that sign access tokens, and those that seal secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.seal import Seal, SealKey, replace
from actors.runtime.settings import Settings
from contracts.notifications import Channels, ChannelsChanged
from contracts.signing_keys import RotateKeys
from ops.platform import at_hand, operator
from ops.seal import ready, seal_all
from storage import sealed
from storage.auth import keys
from storage.notifications import apprise, chats
from storage.outbox import tell
from storage.session import transaction


async def rotate(settings: Settings) -> None:
    """Sign with the next key from now on, and seal everything with a new one.

    The new sealing key stands first in the file, before anything is sealed with it; the older ones
    stay until nothing needs them, and the last of them one rotation longer, for it may still be
    in the hand of a part that has not seen the new one. A crash leaves all readable. Of several
    at once one waits for the other, lest it write over a key that is already used.
    """
    console = Console(highlight=False)
    async with at_hand(settings) as here, _turn(here.engine):
        await ready(here.engine, settings)
        signing = await here.bus.ask(RotateKeys(), operator())
        console.print(f"Rotated; {len(signing.keys)} keys verify tokens now.")
        seal = Seal(settings)
        before = seal.keys()
        if seal.file is not None:
            replace(seal.file, [SealKey.made(), *before])
        sealed.use(seal)
        await seal_all(here.engine)
        if seal.file is None:
            console.print(
                f"All secrets are sealed with the first key of {seal.place}; write a new one "
                "before it, start every part again, and rotate once more to change it."
            )
            return
        async with transaction(here.engine) as tx:
            used = (await sealed.survey(tx)).heads
        new, *old = seal.keys()
        kept = [key for key in old if key == before[0] or any(key.id in head for head in used)]
        replace(seal.file, [new, *kept])
    console.print(f"All secrets are sealed with a new key, the first of {seal.file}.")


async def forget(settings: Settings) -> None:
    """Give up what no key opens any more, so that Ritmo can run without the keys that are lost."""
    seal = Seal(settings)
    if seal.exists:
        seal.keys()
    async with at_hand(settings, forgetting=True) as here, transaction(here.engine) as tx:
        lost = 0
        for place in sealed.places():
            ids = await sealed.drop_unreadable(
                tx, place, seal.knows if seal.exists else lambda head: False
            )
            lost += len(ids)
            if place.table is apprise.apprise:
                for user_id in ids:
                    await chats.hold_reach(tx, user_id)
                    await apprise.save(tx, user_id, None)
                    _, on, version = await chats.reach(tx, user_id)
                    left: Channels = ("telegram",) if on else ()
                    await tell(tx, ChannelsChanged(user_id=user_id, version=version, channels=left))
        await keys.retire_lost(tx, datetime.now(UTC))
    Console(highlight=False).print(f"Secrets given up: {lost}.")


@asynccontextmanager
async def _turn(engine: AsyncEngine) -> AsyncIterator[None]:
    """Be the only one who rotates keys on this database, for as long as that takes."""
    async with transaction(engine) as tx:
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            await tx.execute(text(f"SET LOCAL {limit} = 0"))
        await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('seal.rotation', 0))"))
        yield
