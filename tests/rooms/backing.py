"""Backups in the tests of rooms: made in this process, where a test can look at each step."""

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup import shelf
from actors.backup.order import BackupOrder, Work, order_of, ready
from actors.backup.process import done
from actors.backup.progress import BackupProgress
from actors.backup.report import BackupReport
from actors.backup.shelf import BackupAt
from actors.backup.targets.folder import FolderTarget
from actors.runtime.settings import Settings
from storage.session import open_engine


def quiet() -> BackupProgress:
    """Tell nobody how far it is."""
    return BackupProgress(io.StringIO())


def settings_of(folder: Path, *targets: str) -> Settings:
    """Keep backups, keys and scratch below a folder."""
    given: dict[str, object] = {"data": folder / "data", "backup_identity": folder / "key" / "k"}
    if targets:
        given["backup_targets"] = ",".join(targets)
    return Settings.model_validate(given)


def ordered(settings: Settings, database: str = "", work: Work = "create") -> BackupOrder:
    """Write an order; the key is made with the first."""
    base = ready(settings)[0] if work == "create" else order_of(settings, work)
    return base.model_copy(update={"database": database, "work": work, "ritmo": "0.0.0"})


async def create(settings: Settings, database: str) -> BackupReport:
    """Make a backup."""
    return await done(ordered(settings, database), quiet())


async def kept(settings: Settings) -> Sequence[BackupAt]:
    """List what there is in the folder of backups."""
    return await shelf.backups(FolderTarget(settings.data / "backups"))


async def another(engine: AsyncEngine, name: str) -> str:
    """Make an empty database beside that of an engine; return its address."""
    there = make_url(engine.url).set(database="postgres")
    plain = open_engine(there.render_as_string(hide_password=False), 1, command=None)
    async with plain.connect() as connection:
        tx = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await tx.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        await tx.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    await plain.dispose()
    return make_url(engine.url).set(database=name).render_as_string(hide_password=False)


async def ran(*words: str, **environment: str) -> str:
    """Run a line of a shell as docs/backup.md says; return what it said."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=environment,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()
