"""`ritmo backup restore`: the way back. Nothing is touched before all of the backup was checked."""

import asyncio
from datetime import UTC, datetime
from typing import IO

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup import shelf
from actors.backup.manifest import Manifest
from actors.backup.order import identity_file, order_of
from actors.backup.process import targets_of
from actors.backup.progress import BackupProgress
from actors.backup.verification import keys_of, opened, whole
from actors.runtime.settings import Settings
from ops.backups import BackupBar, bar, said
from ops.faults import CannotRun
from ops.platform import database, folder_of, rooms, somebody_runs
from storage import embedded
from storage.backup import aftermath, programs, restoration, snapshot
from storage.backup.restoration import Archive
from storage.migrations import current, head, known, migrate
from storage.session import open_engine


async def restore(settings: Settings, backup: str | None, source: str | None, confirm: str) -> None:
    """Have the database hold what a backup holds."""
    if settings.database() is None and embedded.in_use(folder_of(settings)):
        raise CannotRun("Ritmo runs: stop it, and restore then.")
    rooms()  # which know what tables there are
    console = Console(highlight=False, soft_wrap=True)
    order = order_of(settings, "verify", backup=backup, target=source)
    with said():
        if not (keys := keys_of(order)):
            raise CannotRun(
                f"The key that opens backups is not here: {identity_file(settings)} is missing; "
                "name its file with --identity."
            )
        async with targets_of(order) as (targets, _):
            kept = await shelf.find(targets, backup, source)
            made = whole(kept)
            fits(made)
            with bar() as shows:
                async with opened(order, kept, keys, Follower(shows)) as file:
                    await into(settings, made, file, confirm, shows)
    console.print(
        f"Restored {made.name}: {made.rows} rows of {made.started_at:%Y-%m-%d %H:%M} UTC. Start "
        "Ritmo again, with the sealing keys of that time. What was on its way out then is not sent "
        "again."
    )


class Follower(BackupProgress):
    """Moves the bar of this process."""

    def __init__(self, shows: BackupBar) -> None:
        """Move `shows`."""
        super().__init__()
        self._bar = shows

    def tell(self, event: dict[str, object]) -> None:
        """Move it."""
        self._bar.told(event)


def fits(made: Manifest) -> None:
    """Refuse a backup of a newer Ritmo."""
    if made.revision is None or made.revision not in known():
        raise CannotRun(
            f"The backup {made.name} is of revision {made.revision}, newer than this Ritmo "
            f"({head()}): restore it with Ritmo {made.ritmo}."
        )


async def into(
    settings: Settings, made: Manifest, file: IO[bytes], confirm: str, shows: BackupBar
) -> None:
    """Restore what was checked, and bring it to this version. Raises CannotRun."""
    async with database(settings, own=settings.database() is None) as url:
        engine = open_engine(url, 2)
        try:
            server = await vacant(engine, made, confirm)
            tls = programs.demands_tls(url)
            tools = await asyncio.to_thread(programs.fitting, max(server, made.pg_dump), tls=tls)
            await engine.dispose()
            shows.told({"phase": "restore", "total": made.plain.bytes})
            await restoration.restore(
                url,
                tools,
                Archive(file, shows.moves),
                made.tables,
                server=server,
                after=aftermath.statements(made.name, datetime.now(UTC)),
            )
            await migrate(engine)
        finally:
            await engine.dispose()


async def vacant(engine: AsyncEngine, made: Manifest, confirm: str) -> int:
    """See that a database may be written over; return the major version of its server."""
    async with snapshot.opened(engine) as tx:
        server, empty = await snapshot.server_major(tx), await snapshot.is_empty(tx)
        revision = await current(tx)
        count = sum((await snapshot.contents(tx)).counts.values())
    if empty:
        return server
    if revision is not None and await somebody_runs(engine):
        raise CannotRun("Ritmo runs on this database: stop all its parts, and restore then.")
    asked = (
        f"The database holds {count} rows, which will be gone for good. To go on, type the name of "
        f"the backup ({made.name})"
    )
    given = confirm or str(typer.prompt(asked, err=True))
    if given.strip() != made.name:
        raise CannotRun("That is not its name: nothing was changed.")
    return server
