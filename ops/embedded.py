"""`ritmo up` without anything: everything in one process, on a PostgreSQL of its own."""

import time

from rich.console import Console

from actors import ROOMS
from actors.runtime.clock import Clock, ticks_of
from actors.runtime.memory import keep_loaded, keep_small
from actors.runtime.pulse import Pulse
from actors.runtime.settings import Settings
from ops.figures import TableFigures
from ops.platform import database, platform, rooms
from ops.seal import ready
from ops.server import open_socket, serve
from ops.watch import watched
from storage.migrations import migrate


async def up(settings: Settings) -> None:
    """Start, serve until told to stop, and stop in order: nothing is lost."""
    keep_small()
    with watched(settings, "ritmo"):
        await _up(settings)


async def _up(settings: Settings) -> None:
    began = time.monotonic()
    console = Console(highlight=False)
    console.print("[dim]Ritmo is starting …[/dim]")
    door = open_socket(settings)
    async with database(settings, own=True) as url, platform(settings, url) as here:
        await migrate(here.engine)
        await ready(here.engine, settings, make_file=True)
        await here.verifier.watch()
        here.courier.start()
        pulse = Pulse(here.engine, "courier", *ROOMS)
        pulse.start()
        figures = TableFigures(here.engine, settings)
        if settings.metrics_port is not None or settings.metrics_token is not None:
            figures.start()
        clock = Clock(here.engine, ticks_of(rooms()), here.bus.strike)
        clock.start()
        from ops.door import open_door

        app = open_door(settings, here.bus, here.verifier)
        await app.state.door.listen(here.bus)

        keep_loaded()
        here.loops.start()  # last: what they load is not waited for

        def listening(port: int) -> None:
            greet(console, settings, port, time.monotonic() - began)

        await serve(app, settings, door, listening)
        console.print("[dim]Ritmo is stopping …[/dim]")
        await clock.stop()
        await figures.stop()
        await pulse.stop()
    console.print("Ritmo has stopped; everything is saved.")


def greet(console: Console, settings: Settings, port: int, seconds: float) -> None:
    """Say where Ritmo listens, where the data lies, and what to try next."""
    address = settings.address(port)
    folder = settings.data.expanduser().resolve() / "mail"
    mail = "your mail server" if settings.smtp_url else f"files in {folder} (RITMO_SMTP_URL)"
    where = "your PostgreSQL" if settings.database() else str(settings.data.expanduser().resolve())
    console.print(
        f"\n  [bold green]Ritmo is up[/bold green] after {seconds:.1f} s.\n\n"
        f"  open      [bold]{address}/[/bold]\n"
        f"  API       {address}/docs\n"
        f"  data      {where}\n"
        f"  mail      {mail}\n\n"
        f"  [dim]Try next, in another terminal:[/dim]\n"
        f"  curl -X POST {address}/v1/auth/register -H 'Content-Type: application/json' \\\n"
        f'    -d \'{{"email": "you@example.org", "password": "a long one, please", '
        f'"zone": "Europe/Berlin"}}\'\n\n'
        f"  [dim]Ctrl-C stops Ritmo.[/dim]\n",
        soft_wrap=True,
    )
