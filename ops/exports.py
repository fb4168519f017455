"""`ritmo export`: writes all that is a person's, or their habits or diary, into a file."""

import asyncio
import base64
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from actors.runtime.settings import Settings
from contracts.exports import Archive, Export, GetExport, GetExportPart, StartExport
from contracts.principal import Principal
from contracts.users import GetUser
from ops.faults import CannotRun
from ops.platform import Platform, at_hand, operator

PATIENCE = 30.0
"""Seconds after which nobody seems to take up an export."""

POLL = 0.2
"""Seconds between two looks at how far an export is."""


async def export_person(settings: Settings, email: str, format: Archive, out: Path | None) -> None:
    """Write what is a person's into a file, which must not be there yet."""
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        who = Principal(user_id=user.user_id, scopes=frozenset({"user"}), service="ops")
        done = await follow(here, who, await here.bus.ask(StartExport(format=format), who))
        if done.phase == "failed":
            raise CannotRun("The export failed; the log says why.")
        path = out or Path(done.file_name)
        try:
            with path.open("xb") as file:
                for number in range(done.parts):
                    query = GetExportPart(export_id=done.export_id, number=number)
                    part = (await here.bus.ask(query, who)).data
                    await asyncio.to_thread(file.write, base64.b64decode(part))
        except FileExistsError:
            raise CannotRun(f"{path} is there already; name another file with --out.") from None
    Console(highlight=False).print(f"{done.rows} rows are in {path} ({done.bytes} bytes).")


async def follow(here: Platform, who: Principal, now: Export) -> Export:
    """Show a bar until the export is done, or has failed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("Writing", total=None, start=True)
        began = time.monotonic()
        while now.phase in ("waiting", "running"):
            await asyncio.sleep(POLL)
            now = await here.bus.ask(GetExport(), who)
            progress.update(task, completed=now.rows, total=now.total)
            if now.phase == "waiting" and time.monotonic() - began > PATIENCE:
                raise CannotRun("Nobody takes up the export; is the courier running?")
    return now
