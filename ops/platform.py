"""The composition root: settings in, a running platform out.

Embedded, all rooms share this process, its bus and one courier. The same function serves the
commands that only need to ask a room something.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from actors import ROOMS
from actors.runtime.courier import Courier
from actors.runtime.delegation import RoomBus
from actors.runtime.edge import Edge
from actors.runtime.identity import TokenVerifier
from actors.runtime.local import LocalBus
from actors.runtime.loops import Loops
from actors.runtime.room import Room
from actors.runtime.settings import Settings
from contracts.message import new_id
from contracts.principal import Principal
from ops.faults import CannotRun
from ops.seal import ready
from storage import embedded, heartbeat, outbox
from storage.migrations import current, head, known, migrate
from storage.session import open_engine, transaction

RUNNING = 10.0
"""Seconds: a clock that beat within them is that of a running Ritmo."""

PATIENCE = 5.0
"""Seconds that a command waits for a running Ritmo: to take what it told, or to have a database."""

ADMIN = frozenset({"user", "admin"})


@dataclass(frozen=True, slots=True)
class Platform:
    """Rooms in this process, and what they stand on; `loops` are begun by who stays."""

    settings: Settings
    engine: AsyncEngine
    bus: LocalBus
    verifier: TokenVerifier
    courier: Courier
    loops: Loops


def rooms() -> list[Room]:
    """Import and return every room."""
    return [room_of(name) for name in ROOMS]


def room_of(name: str) -> Room:
    """Import one room by name."""
    room = getattr(import_module(f"actors.{name}.handlers"), "room", None)
    if not isinstance(room, Room) or room.name != name:
        raise TypeError(f"actors/{name}/handlers.py declares no room = Room({name!r})")
    return room


def operator() -> Principal:
    """Return who the one at the keyboard is: an administrator that is no user."""
    return Principal(user_id=new_id(), scopes=ADMIN, service="ops")


def vouching(here: Platform) -> RoomBus:
    """Return the bus of the operator, who may vouch for people (`MAY_OPEN_ACCOUNTS`)."""
    return RoomBus(here.bus, "ops", here.engine)


def folder_of(settings: Settings) -> Path:
    """Return the folder of the embedded database."""
    return settings.data.expanduser().resolve() / "postgres"


@asynccontextmanager
async def database(settings: Settings, *, own: bool) -> AsyncIterator[str]:
    """Yield the address of the database.

    The embedded one is started if it is not running; `own` refuses one that is. Of who owns it,
    the process is told to stop, as with SIGTERM, when it can be kept running no longer.
    Raises `embedded.FolderInUse` or `embedded.FolderUnusable` with a sentence for people.
    """
    given = settings.database()
    if given is not None:
        yield given
        return
    if own:
        async with owned(folder_of(settings)) as url:
            yield url
        return
    server = await reached(folder_of(settings))
    if isinstance(server, str):
        yield server
        return
    try:
        yield server.url
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def owned(folder: Path) -> AsyncIterator[str]:
    """Run the embedded database; raises FolderUnusable in the end if it could not be kept."""
    lost: list[str] = []

    def give_up(why: str) -> None:
        lost.append(why)
        os.kill(os.getpid(), signal.SIGTERM)

    server = await asyncio.to_thread(embedded.start, folder, give_up=give_up)
    try:
        yield server.url
    finally:
        await asyncio.to_thread(server.stop)
        if lost:
            log = folder / "postgres.log"
            raise embedded.FolderUnusable(f"{lost[0].rstrip('.')}; see {log}. Ritmo has stopped.")


async def reached(folder: Path) -> str | embedded.Embedded:
    """Find the embedded database of a running Ritmo, or start it.

    One that is just being started, or started again, is waited for.
    """
    late = time.monotonic() + PATIENCE
    while True:
        running = embedded.connect_url(folder)
        if running is not None:
            return running
        try:
            return await asyncio.to_thread(embedded.start, folder)
        except embedded.FolderInUse:
            if time.monotonic() > late:
                raise embedded.FolderUnusable(
                    f"A Ritmo runs on {folder}, but its database does not answer; see "
                    f"{folder / 'postgres.log'}, or stop that Ritmo and start it again."
                ) from None
        await asyncio.sleep(0.1)


@asynccontextmanager
async def platform(
    settings: Settings, url: str, *, only: Sequence[str] = ROOMS
) -> AsyncIterator[Platform]:
    """Run rooms in this process over a migrated database, with a courier between them."""
    share = settings.room_concurrency
    engine = open_engine(url, share * len(only) + 3)
    bus = LocalBus()
    courier = Courier(engine, bus.deliver)
    folder = folder_of(settings) if settings.database() is None else None
    opened = [room_of(name) for name in only]
    for room in opened:
        await room.open(settings)
        bus.open_room(Edge(room, engine, bus, share, after=courier.ring, folder=folder))
    verifier = TokenVerifier(bus)
    loops = Loops(opened, engine, settings, bus)
    try:
        yield Platform(settings, engine, bus, verifier, courier, loops)
    finally:
        await loops.stop()
        await courier.stop()
        await engine.dispose()


@asynccontextmanager
async def at_hand(
    settings: Settings, *, make: bool = False, forgetting: bool = False
) -> AsyncIterator[Platform]:
    """Open the platform for a command: beside a running Ritmo, or alone.

    Where there is no database, one is made only if `make` says so; else CannotRun is raised, as for
    a database of another version that this command did not start itself.

    Alone, what the command tells is carried here, to the end. Beside a running Ritmo its courier
    carries, so that its gateway overhears: an ended session ends there, too. Who is `forgetting`
    what no key opens needs no keys.
    """
    folder = folder_of(settings)
    ours = settings.database() is None
    if ours and not make and not embedded.is_made(folder):
        raise CannotRun(
            f"There is no Ritmo in {settings.data.expanduser().resolve()}; start one with "
            "`ritmo up`, or name its folder with --data."
        )
    cold = ours and embedded.connect_url(folder) is None
    async with database(settings, own=False) as url, platform(settings, url) as here:
        await fit(here.engine, migrate_if=lambda revision: cold or (make and revision is None))
        if (cold or make) and not forgetting:
            await ready(here.engine, settings, make_file=True)
        if not cold and (settings.amqp() or await somebody_runs(here.engine)):
            yield here
            await carried(here.engine)
            return
        here.courier.start()
        yield here
        await here.courier.stop()  # what it has in hand is not done; it stays in the outbox
        while await here.courier.carry():
            pass


async def fit(
    engine: AsyncEngine, migrate_if: Callable[[str | None], bool] = lambda revision: False
) -> None:
    """Have the database fit this Ritmo, migrated if need be where that may be done.

    Raises CannotRun, or SchemaTooNew, if it does not fit and must stay as it is.
    """
    async with transaction(engine) as tx:
        revision = await current(tx)
    if revision == head():
        return
    if migrate_if(revision):
        await migrate(engine)
        return
    newer = revision is not None and revision not in known()
    raise CannotRun(
        f"The database is at revision {revision}, newer than this Ritmo; start the newer one."
        if newer
        else "The database is not migrated to this version; run `ritmo migrate` first."
    )


async def carried(engine: AsyncEngine) -> None:
    """Wait until the running Ritmo has taken what was told; not for ever, nothing gets lost."""
    late = time.monotonic() + PATIENCE
    while time.monotonic() < late:
        async with transaction(engine) as tx:
            waiting, _ = await outbox.backlog(tx)
        if not waiting:
            return
        await asyncio.sleep(0.05)


async def somebody_runs(engine: AsyncEngine) -> bool:
    """Tell whether a Ritmo runs on this database: its clock has just beaten."""
    async with transaction(engine) as tx:
        beat = await heartbeat.age(tx, "clock")
    return beat is not None and beat < RUNNING
