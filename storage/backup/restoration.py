"""Writing a whole database: `pg_restore` makes statements of a dump, `psql` does them all at once.

It is one transaction: whatever fails, the database is as it was. The schemas that a dump brings
along, and those of this Ritmo, are dropped in it first.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Collection
from typing import IO

import zstandard

from storage.backup import programs
from storage.backup.programs import Programs, reason
from storage.base import metadata

CHUNK = 1 << 20

STATISTICS = 18
"""The first server that takes statistics from a dump."""


class RestoreFailed(Exception):
    """The database stayed as it was; the message says why."""


class Archive:
    """A dump that is compressed in a file, on its way to `pg_restore`."""

    def __init__(self, file: IO[bytes], moved: Callable[[int], None]) -> None:
        """Read it from its beginning; `moved` is told how many bytes went on."""
        self._file, self._moved = file, moved

    def write_to(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        """Decompress it into a file descriptor, which is closed; in a thread."""
        self._file.seek(0)
        reader = zstandard.ZstdDecompressor().stream_reader(self._file, closefd=False)
        with os.fdopen(number, "wb", buffering=0) as out:
            while data := reader.read(CHUNK):
                try:
                    left = memoryview(data)
                    while left:
                        left = left[out.write(left) or 0 :]
                except BrokenPipeError:
                    return  # who reads says why it does no more
                loop.call_soon_threadsafe(self._moved, len(data))


async def restore(
    url: str,
    tools: Programs,
    archive: Archive,
    tables: Collection[str],
    *,
    server: int = STATISTICS,
    after: str = "",
) -> None:
    """Have the database hold what a dump holds, and nothing else of Ritmo's.

    `tables` are those of the dump; `after` is what is done at last, in the same transaction. Raises
    RestoreFailed.
    """
    loop = asyncio.get_running_loop()
    env = programs.environment_of(url)
    to_restore, from_archive = _pipe()
    words = [tools.path("pg_restore"), "-f", "-", "--no-owner", "--no-privileges"]
    if server < STATISTICS <= tools.major:
        words.append("--no-statistics")
    reading = await asyncio.create_subprocess_exec(
        *words,
        stdin=to_restore,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=env,
    )
    os.close(to_restore)
    psql = await asyncio.create_subprocess_exec(
        *(tools.path("psql"), "-X", "-q", "--no-password", "-v", "ON_ERROR_STOP=1"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=env,
    )
    writer = threading.Thread(target=archive.write_to, args=(from_archive, loop), daemon=True)
    writer.start()
    complaints = [asyncio.create_task(_last_of(one.stderr)) for one in (reading, psql)]
    try:
        whole = await _hand_over(reading, psql, _before(tables), after)
        said = [await one for one in complaints]
        if psql.returncode:
            raise RestoreFailed(f"The database refused the backup: {reason(said[1])}")
        if not whole:
            raise RestoreFailed(f"pg_restore cannot read the backup: {reason(said[0])}")
    finally:
        for process in (reading, psql):
            if process.returncode is None:
                process.kill()
                await process.wait()
        for task in complaints:
            task.cancel()
        await asyncio.to_thread(writer.join)


async def _hand_over(
    reading: asyncio.subprocess.Process,
    psql: asyncio.subprocess.Process,
    before: str,
    after: str,
) -> bool:
    """Let psql do what pg_restore says; only if all of it was said it is committed."""
    assert reading.stdout is not None
    assert psql.stdin is not None
    try:
        psql.stdin.write(before.encode())
        while data := await reading.stdout.read(CHUNK):
            psql.stdin.write(data)
            await psql.stdin.drain()
        whole = await reading.wait() == 0
        if whole:
            psql.stdin.write(f"\n{after}\nCOMMIT;\n".encode())
            await psql.stdin.drain()
        psql.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        reading.kill()
        await psql.wait()
        await reading.wait()
        return True  # psql says why it did not go on
    await psql.wait()
    return whole


def _before(tables: Collection[str]) -> str:
    """Return what is done first: a transaction, and in it nothing of Ritmo's is there any more."""
    schemas = {name.partition(".")[0].strip('"') for name in tables}
    schemas |= {table.schema or "public" for table in metadata.tables.values()}
    drops = [f'DROP SCHEMA IF EXISTS "{name}" CASCADE;' for name in sorted(schemas - {"public"})]
    drops += [f"DROP TABLE IF EXISTS {name} CASCADE;" for name in tables if name[:7] == "public."]
    said = ["\\set QUIET on", "BEGIN;", "SET LOCAL client_min_messages = error;", *drops]
    return "\n".join(said) + "\n"


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    os.set_inheritable(writing, False)
    return reading, writing


async def _last_of(stream: asyncio.StreamReader | None) -> str:
    said = b""
    while stream is not None and (data := await stream.read(65536)):
        said = (said + data)[-4096:]
    return said.decode(errors="replace")
