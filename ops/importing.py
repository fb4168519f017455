"""`ritmo import`: reads another tracker's file into a user's habits, and shows the account."""

import asyncio
import base64
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from actors.runtime.settings import Settings
from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    GetImport,
    Import,
    RunImport,
    StartImport,
)
from contracts.principal import Principal
from contracts.users import GetUser
from ops.faults import CannotRun
from ops.platform import Platform, at_hand, operator

POLL = 0.2
"""Seconds between two looks at how far an import is."""


async def import_file(settings: Settings, file: Path, email: str, *, dry_run: bool) -> None:
    """Import a file for a user, with a progress bar, and print what became of every row."""
    async with at_hand(settings) as here:
        user = await here.bus.ask(GetUser(email=email), operator())
        who = Principal(user_id=user.user_id, scopes=frozenset({"user"}), service="ops")
        done = await follow(here, who, await send(here, who, file, dry_run=dry_run))
    if done.phase == "failed":
        raise CannotRun(done.problem or "The import failed.")
    console = Console(highlight=False)
    console.print(account(done))
    if dry_run:
        console.print("Nothing was written: this was a dry run.")


async def send(here: Platform, who: Principal, file: Path, *, dry_run: bool) -> Import:
    """Hand the file to the room, part by part, and tell it to read it."""
    begun = await here.bus.ask(
        StartImport(file_name=file.name[:200], size=file.stat().st_size), who
    )
    with file.open("rb") as content:
        number = 0
        while part := content.read(PART_BYTES):
            data = base64.b64encode(part).decode()
            await here.bus.ask(
                AddImportPart(import_id=begun.import_id, number=number, data=data), who
            )
            number += 1
    return await here.bus.ask(RunImport(import_id=begun.import_id, dry_run=dry_run), who)


async def follow(here: Platform, who: Principal, now: Import) -> Import:
    """Show a bar until the import is done or has failed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("Reading", total=None, start=True)
        began = time.monotonic()
        while now.phase not in ("done", "failed"):
            await asyncio.sleep(POLL)
            now = await here.bus.ask(GetImport(import_id=now.import_id), who)
            progress.update(task, completed=now.rows, total=now.total)
            if now.phase == "waiting" and time.monotonic() - began > 30:
                raise CannotRun("Nobody takes up the import; is the courier running?")
    return now


def account(done: Import) -> Table:
    """Lay out what became of every row: read = imported + derived + skipped."""
    table = Table("Habit", "Outcome", "Read", "Imported", "Derived", "Skipped", "Why")
    for habit in done.habits:
        table.add_row(
            habit.name,
            habit.outcome,
            str(habit.read),
            str(habit.imported),
            str(habit.derived),
            str(sum(habit.skipped.values())),
            ", ".join(f"{why}: {count}" for why, count in habit.skipped.items()),
        )
    return table
