"""`ritmo backfill ROOM`: the owners tell a room all there is, beside a running Ritmo or alone."""

import asyncio
import time

from rich.console import Console
from rich.progress import Progress, TextColumn

from actors import ROOMS
from actors.runtime.replica import Known
from actors.runtime.settings import Settings
from ops.faults import CannotRun
from ops.platform import Platform, at_hand, room_of
from storage import outbox
from storage.replica import backfills
from storage.session import transaction

POLL = 0.1
"""Seconds between two looks at how far it is."""

STUCK = 60.0
"""Seconds without any progress after which nobody seems to be at work."""


async def backfill(settings: Settings, name: str) -> None:
    """Have a room told of all that it follows, and wait until it has taken it in.

    What it knows already, in this version, stays as it is; what is wrong is mended.
    """
    known = known_of(name)
    began = time.monotonic()
    async with at_hand(settings) as here:
        async with transaction(here.engine) as tx:
            await known.backfill(tx, again=True)
        here.courier.ring()
        rows = await followed(here, known)
    seconds = time.monotonic() - began
    words = f"Told {name} of {rows} things, seconds: {seconds:.1f}."
    Console(highlight=False).print(words)


def known_of(name: str) -> Known:
    """Return what a room follows. Raises `CannotRun` if it follows nothing, or there is none."""
    if name not in ROOMS:
        raise CannotRun(f"There is no room called {name}; there are {', '.join(ROOMS)}.")
    known = room_of(name).known
    if known is None:
        raise CannotRun(f"The room {name} keeps nothing of others; there is nothing to fill.")
    return known


async def followed(here: Platform, known: Known) -> int:
    """Show how far it is until all is taken in; return how many rows were told.

    Raises `CannotRun` if nothing moves any more.
    """
    last, moved = (-1, -1), time.monotonic()
    with Progress(TextColumn("{task.description}"), transient=True) as progress:
        task = progress.add_task("")
        while True:
            async with transaction(here.engine) as tx:
                told = await backfills.find(tx, known.room)
                waiting = await outbox.count(tx, known.states)
            rows = sum(one.rows for one in told)
            if not waiting and all(one.done_at for one in told):
                return rows
            progress.update(task, description=f"Told: {rows}, on their way: {waiting}")
            if (rows, waiting) != last:
                last, moved = (rows, waiting), time.monotonic()
            if time.monotonic() - moved > STUCK:
                raise CannotRun("Nobody carries what was told; is the courier running?")
            await asyncio.sleep(POLL)
