"""How one room runs alone: its own process, database pool and FastStream broker."""

from typing import TYPE_CHECKING

from actors.runtime.edge import Edge
from actors.runtime.identity import TokenVerifier
from actors.runtime.loops import Loops
from actors.runtime.memory import keep_loaded, keep_small
from actors.runtime.pulse import Pulse
from actors.runtime.rabbit.broker import StandingBroker
from actors.runtime.rabbit.bus import RabbitBus
from actors.runtime.room import Room
from actors.runtime.settings import Settings
from storage.session import open_engine

if TYPE_CHECKING:
    from faststream import FastStream


def open_alone(room: Room, settings: Settings | None = None) -> "FastStream":
    """Make the FastStream application of a room that lives in a process of its own.

    Needs `RITMO_AMQP_URL` and `RITMO_DATABASE_URL`; raises ValueError without them.
    """
    from faststream import FastStream

    keep_small()
    settings = settings or Settings()
    amqp, database = settings.amqp(), settings.database()
    if amqp is None or database is None:
        raise ValueError("A room alone needs RITMO_AMQP_URL and RITMO_DATABASE_URL.")
    engine = open_engine(database, settings.room_concurrency + 1)  # one for the pulse
    bus = RabbitBus(amqp, room.name)
    verifier = TokenVerifier(bus)
    edge = Edge(room, engine, bus, settings.room_concurrency)
    loops = Loops([room], engine, settings, bus)
    pulse = Pulse(engine, room.name)
    broker = StandingBroker(amqp, edge, verifier, settings.room_concurrency)
    app = FastStream(broker, logger=None)

    @app.on_startup
    async def start() -> None:
        await bus.start()
        await room.open(settings)

    @app.after_startup
    async def watch() -> None:
        pulse.start()  # it answers by now
        await verifier.watch()
        loops.start()
        keep_loaded()

    @app.on_shutdown
    async def rest() -> None:
        await pulse.stop()
        await loops.stop()

    @app.after_shutdown
    async def stop() -> None:
        await bus.stop()
        await engine.dispose()

    return app
