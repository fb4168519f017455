"""Parts of Ritmo over RabbitMQ, each in a process of its own."""

import asyncio
import signal
from collections.abc import Callable

import structlog

from actors import ROOMS
from actors.runtime.courier import Courier
from actors.runtime.identity import TokenVerifier
from actors.runtime.memory import keep_loaded
from actors.runtime.pulse import Pulse
from actors.runtime.rabbit.app import open_alone
from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.rabbit.publisher import Publisher
from actors.runtime.rabbit.ticks import TickSender
from actors.runtime.rabbit.topology import routes_of
from actors.runtime.seal import Seal
from actors.runtime.settings import Settings
from ops.faults import CannotRun
from ops.figures import TableFigures
from ops.platform import database, fit, room_of, rooms
from ops.seal import ready
from ops.watch import watched
from storage.migrations import current, known, migrate
from storage.migrations.safety import unsafe
from storage.session import open_engine, transaction

log = structlog.get_logger()

COURIER_CONNECTIONS = 12
"""Up to four batches at once; each looks meanwhile who has heard what. Dead letters are parked. One
hears of what is told, one looks for figures."""

CLOCK_CONNECTIONS = 3
"""One holds the lock of the leader; beating and forgetting need one each."""


def needed(value: str | None, name: str, why: str) -> str:
    """Return a setting that this part cannot do without."""
    if value is None:
        raise CannotRun(f"{why} needs {name}; set it, or start everything with `ritmo up`.")
    return value


def until_told() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets."""
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


async def refuse_other_schema(url: str) -> None:
    """Refuse to run over a database that was not migrated, or that is newer than this Ritmo."""
    engine = open_engine(url, 1)
    try:
        await fit(engine)
    finally:
        await engine.dispose()


async def refuse_other_keys(url: str, settings: Settings, room: str) -> None:
    """Refuse to run a room without the keys of its secrets; seal those that are in the open."""
    engine = open_engine(url, 1)
    try:
        await ready(engine, settings, schemas=frozenset({room, "bus"}))
    finally:
        await engine.dispose()


async def run_room(settings: Settings, name: str) -> None:
    """Run one room until told to stop."""
    if name not in ROOMS:
        raise CannotRun(f"There is no room called {name}; there are {', '.join(ROOMS)}.")
    with watched(settings, name):
        await _run_room(settings, name)


async def _run_room(settings: Settings, name: str) -> None:
    url = needed(settings.database(), "RITMO_DATABASE_URL", f"The room {name}")
    needed(settings.amqp(), "RITMO_AMQP_URL", f"The room {name}")
    await refuse_other_schema(url)
    await refuse_other_keys(url, settings, name)
    app = open_alone(room_of(name), settings)
    log.info("room opens", room=name)
    await app.run()


async def run_gateway(
    settings: Settings, listening: Callable[[int], None] = lambda port: None
) -> None:
    """Run the gateway until told to stop."""
    with watched(settings, "gateway"):
        await _run_gateway(settings, listening)


async def _run_gateway(settings: Settings, listening: Callable[[int], None]) -> None:
    from ops.door import open_door  # heavy, and the rooms need none of it
    from ops.server import open_socket, serve

    bus = RabbitBus(needed(settings.amqp(), "RITMO_AMQP_URL", "The gateway"), "gateway")
    door = open_socket(settings)
    verifier = TokenVerifier(bus)
    await bus.start()
    watching = asyncio.create_task(verifier.watch())
    app = open_door(settings, bus, verifier)
    await app.state.door.listen(bus)
    keep_loaded()
    await serve(app, settings, door, listening)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await bus.stop()


async def run_courier(settings: Settings) -> None:
    """Run the courier until told to stop."""
    with watched(settings, "courier"):
        await _run_courier(settings)


async def _run_courier(settings: Settings) -> None:
    amqp = needed(settings.amqp(), "RITMO_AMQP_URL", "The courier")
    url = needed(settings.database(), "RITMO_DATABASE_URL", "The courier")
    await refuse_other_schema(url)
    engine = open_engine(url, COURIER_CONNECTIONS)
    publisher = Publisher(amqp, engine, routes_of(rooms()))
    await publisher.start()
    courier = Courier(engine, publisher.publish)
    courier.start()
    pulse = Pulse(engine, "courier")
    pulse.start()
    figures = TableFigures(engine, settings)
    if settings.metrics_port is not None:
        figures.start()
    await until_told().wait()
    await figures.stop()
    await pulse.stop()
    await courier.stop()
    await publisher.stop()
    await engine.dispose()


async def run_clock(settings: Settings) -> None:
    """Run the clock until told to stop."""
    with watched(settings, "clock"):
        await _run_clock(settings)


async def _run_clock(settings: Settings) -> None:
    from actors.runtime.clock import Clock, ticks_of  # Taskiq loads FastAPI and aiohttp

    amqp = needed(settings.amqp(), "RITMO_AMQP_URL", "The clock")
    url = needed(settings.database(), "RITMO_DATABASE_URL", "The clock")
    await refuse_other_schema(url)
    engine = open_engine(url, CLOCK_CONNECTIONS)
    sender = TickSender(amqp)
    await sender.start()
    clock = Clock(engine, ticks_of(rooms()), sender.strike)
    keep_loaded()
    clock.start()
    await until_told().wait()
    await clock.stop()
    await sender.stop()
    await engine.dispose()


async def tell_migrations(settings: Settings) -> None:
    """Say which migrations there are to be made; fail if the version before must stop first."""
    async with database(settings, own=False) as url:
        engine = open_engine(url, 1)
        try:
            async with transaction(engine) as tx:
                revision = await current(tx)
        finally:
            await engine.dispose()
    waiting = [one for one in known() if revision is None or one > revision]
    print(f"Migrations to be made: {', '.join(waiting) or 'none'}.")
    if wrong := unsafe(revision, waiting):
        raise CannotRun(
            f"Parts of the version before must not run during {', '.join(wrong)}: stop them first."
        )
    print("Parts of the version before may go on meanwhile.")


async def run_migrate(settings: Settings) -> None:
    """Bring the database to this version and say so."""
    async with database(settings, own=False) as url:
        engine = open_engine(url, 1)
        try:
            print(f"The database is at revision {await migrate(engine)}.")
            elsewhere = settings.database() is not None
            if await ready(engine, settings, make_file=True, later=elsewhere):
                print(
                    f"Made the sealing keys, {Seal(settings).place}: every room needs this file, "
                    "and a backup of the database is not whole without it."
                )
        finally:
            await engine.dispose()
