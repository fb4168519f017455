"""Making a backup: the snapshot, through zstd and age, to all targets at once; manifests last.

Nothing is whole before its manifest is there, so that whoever is killed leaves no backup behind.
What is left of it is cleared away later. A target that fails is left out, the others go on.
"""

import asyncio
import base64
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from pyrage import encrypt, x25519
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.backup import envelope, manifest
from actors.backup.domain import begun_at, named
from actors.backup.fan import Fan, Parts
from actors.backup.manifest import DATA, MANIFEST, Bytes, Manifest
from actors.backup.order import BackupOrder
from actors.backup.progress import BackupProgress
from actors.backup.targets.protocol import PART, BackupTarget, TargetAway, Undeletable
from actors.runtime.cancellation import cancel
from storage.backup import programs, snapshot
from storage.backup.programs import Programs, reason
from storage.session import open_engine

ABANDONED = timedelta(days=1)
"""What has no manifest after so long was left by somebody who died."""

MAX_PARTS = 9000
"""Parts of an object, at most: S3 takes 10 000."""

STATISTICS = 18
"""The first pg_dump that keeps statistics: what is restored is planned for as it was."""


class DumpFailed(Exception):
    """pg_dump did not end well; the message says why."""


@dataclass(frozen=True, slots=True)
class Created:
    """A backup that was made: where it is, and where it could not be written."""

    manifest: Manifest
    targets: list[BackupTarget]
    failed: dict[str, str]


async def create(
    order: BackupOrder, targets: Sequence[BackupTarget], progress: BackupProgress
) -> Created:
    """Make a backup. Raises TargetAway, DumpFailed, NoProgram, BackupRuns or BadKey."""
    keys = envelope.recipients(order.recipients)
    engine = open_engine(order.database, 2, command=None)
    try:
        async with snapshot.turn(engine):
            for target in targets:
                await clear(target)
            async with snapshot.opened(engine) as tx:
                tools = await asyncio.to_thread(
                    programs.fitting,
                    await snapshot.server_major(tx),
                    tls=programs.demands_tls(order.database),
                )
                return await _create(order, targets, progress, keys, tx, tools)
    finally:
        await engine.dispose()


async def _create(
    order: BackupOrder,
    targets: Sequence[BackupTarget],
    progress: BackupProgress,
    keys: Sequence[x25519.Recipient],
    tx: AsyncConnection,
    tools: Programs,
) -> Created:
    begun = datetime.now(UTC)
    name = named(begun, secrets.token_hex(4))
    size, revision = await snapshot.size(tx), await snapshot.revision(tx)
    part_bytes = max(PART, size // MAX_PARTS)
    progress.begins("dump", size)
    held = await snapshot.exported(tx)
    counting = asyncio.create_task(snapshot.contents(tx))
    fan = Fan(targets)
    fan.begin(f"{name}/{DATA}")
    try:
        written = await _dump(order, tools, held, keys, fan, part_bytes, progress)
        found = await counting
        there = await fan.end()
    finally:
        await cancel([counting])
        await fan.abort()
    samples = json.dumps({one: asdict(it) for one, it in found.samples.items() if it.rows})
    made = Manifest(
        name=name,
        started_at=begun,
        finished_at=datetime.now(UTC),
        ritmo=order.ritmo,
        revision=revision,
        server=await snapshot.server_major(tx),
        pg_dump=tools.major,
        tables=found.counts,
        plain=written.plain,
        cipher=written.cipher,
        part_bytes=part_bytes,
        parts=written.parts,
        recipients=order.recipients,
        samples=base64.b64encode(encrypt(samples.encode(), list(keys))).decode(),
    )
    failed = dict(fan.failed)
    for target in list(there):
        try:
            await target.put(f"{name}/{MANIFEST}", manifest.written(made))
        except TargetAway as no:
            failed[target.name] = str(no)
            there.remove(target)
    if not there:
        raise TargetAway(" ".join(failed.values()))
    return Created(made, there, failed)


@dataclass(slots=True)
class _Dumped:
    """What was written: the dump, and what became of it."""

    plain: Bytes
    cipher: Bytes
    parts: int


async def _dump(
    order: BackupOrder,
    tools: Programs,
    held: str,
    keys: Sequence[x25519.Recipient],
    fan: Fan,
    part_bytes: int,
    progress: BackupProgress,
) -> _Dumped:
    """Have pg_dump read the snapshot, and write what it says to all targets."""
    reading, writing = os.pipe()
    words = [tools.path("pg_dump"), "-Fc", "-Z0", f"--snapshot={held}", "--no-password"]
    words += ["--no-owner", "--no-privileges"]
    if tools.major >= STATISTICS:
        words.append("--statistics")
    with os.fdopen(reading, "rb", buffering=0) as source:
        try:
            dump = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=asyncio.subprocess.PIPE,
                env=programs.environment_of(order.database),
            )
        finally:
            os.close(writing)
        parts = Parts(fan, part_bytes, progress)
        complaint = asyncio.create_task(_all_of(dump.stderr))
        try:
            plain = await asyncio.to_thread(envelope.wrap, parts.counting(source), parts.add, keys)
            said = await complaint
            if await dump.wait():
                raise DumpFailed(f"pg_dump failed: {reason(said)}")
            await asyncio.to_thread(parts.end)
        finally:
            parts.stop()
            if dump.returncode is None:
                dump.kill()
                await dump.wait()
            await cancel([complaint])
    return _Dumped(plain, parts.counted.bytes, parts.count)


async def _all_of(stream: asyncio.StreamReader | None) -> str:
    """Read what a program complains of, to its end; the last of it is enough."""
    said = b""
    while stream is not None and (data := await stream.read(65536)):
        said = (said + data)[-4096:]
    return said.decode(errors="replace")


async def clear(target: BackupTarget) -> None:
    """Clear away what was left by somebody who died: it has no manifest, and is a day old."""
    keys = await target.keys()
    whole = {key.partition("/")[0] for key in keys if key.endswith(f"/{MANIFEST}")}
    for key in keys:
        name = key.partition("/")[0]
        begun = begun_at(name)
        if begun and name not in whole and datetime.now(UTC) - begun > ABANDONED:
            with suppress(Undeletable):
                await target.drop(key)
