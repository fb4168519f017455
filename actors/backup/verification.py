"""Reading a backup back: byte by byte, and, with a key, down to what pg_restore makes of it."""

import asyncio
import contextlib
import io
import queue
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import IO

from pyrage import x25519

from actors.backup import envelope
from actors.backup.envelope import CHUNK, Counted, Expander, Sink
from actors.backup.manifest import DATA, BackupVerdict, Bytes, Damaged, Depth, Manifest
from actors.backup.order import BackupOrder
from actors.backup.progress import BackupProgress
from actors.backup.shelf import BackupAt
from actors.backup.targets.protocol import BackupTarget, ObjectMissing
from actors.runtime.cancellation import cancel

AHEAD = 8
"""Chunks that are read ahead of a thread that works on them."""


class Downloaded(io.RawIOBase):
    """What comes from a target, for a thread to read; the loop feeds it."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        super().__init__()
        self.counted = Counted()
        self._queue: queue.Queue[bytes | None] = queue.Queue(AHEAD)
        self._rest = memoryview(b"")
        self._given_up = self._ended = False

    async def feed(self, chunks: AsyncIterator[bytes], progress: BackupProgress) -> None:
        """Take in all chunks, as fast as they are read; then the end."""
        try:
            async for chunk in chunks:
                self.counted.add(chunk)
                progress.moves(len(chunk))
                await self._put(chunk)
        finally:
            await self._put(None)

    async def _put(self, chunk: bytes | None) -> None:
        while not self._given_up:
            try:
                self._queue.put_nowait(chunk)
            except queue.Full:
                await asyncio.sleep(0.005)
            else:
                return

    def give_up(self) -> None:
        """Say that no more is wanted; who still reads is at the end."""
        self._given_up = True
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes, in the thread."""
        if self._ended:
            return b""
        if self._ended:
            return b""
        if not self._rest:
            chunk = self._queue.get()
            if chunk is None:
                self._ended = True
                return b""
            self._rest = memoryview(chunk)
        taken = self._rest[: size if size > 0 else CHUNK]
        self._rest = self._rest[len(taken) :]
        return bytes(taken)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True


def keys_of(order: BackupOrder) -> list[x25519.Identity]:
    """Return the private keys that there are; none if there is no file. Raises BadKey."""
    if order.identity is None:
        return []
    return envelope.identities(order.identity.read_text(), str(order.identity))


async def verify(
    kept: BackupAt, keys: Sequence[x25519.Identity], progress: BackupProgress
) -> BackupVerdict:
    """Read a backup back. Raises TargetAway, or WrongKey if keys were given that do not open it."""
    depth: Depth = "opened" if keys else "checksums"
    now = datetime.now(UTC)
    try:
        made = whole(kept)
        await _fits(kept.target, made)
        progress.begins("verify", made.cipher.bytes)
        if keys:
            await _through(kept, made, keys, progress, lambda data: None)
        else:
            counted = Counted()
            async for chunk in kept.target.read(f"{made.name}/{DATA}"):
                progress.moves(len(chunk))
                await asyncio.to_thread(counted.add, chunk)
            same(counted.bytes, made.cipher, made.name)
    except Damaged as no:
        return BackupVerdict(verified=False, at=now, depth=depth, why=str(no))
    except ObjectMissing:
        why = f"The data of {kept.name} are missing at {kept.target.name}."
        return BackupVerdict(verified=False, at=now, depth=depth, why=why)
    return BackupVerdict(verified=True, at=now, depth=depth)


def whole(kept: BackupAt) -> Manifest:
    """Return the manifest of a backup. Raises Damaged."""
    if kept.manifest is None:
        raise Damaged(kept.damage)
    return kept.manifest


def same(found: Bytes, said: Bytes, name: str) -> None:
    """Compare what is there with what was written. Raises Damaged."""
    if found != said:
        raise Damaged(
            f"The backup {name} was changed: it has {found.bytes} bytes of {said.bytes}."
            if found.bytes != said.bytes
            else f"The backup {name} was changed: its checksum does not fit."
        )


async def _fits(target: BackupTarget, made: Manifest) -> None:
    size = await target.size(f"{made.name}/{DATA}")
    if size != made.cipher.bytes:
        raise Damaged(
            f"The backup {made.name} was changed: it has {size} bytes of {made.cipher.bytes}."
        )


@asynccontextmanager
async def opened(
    order: BackupOrder, kept: BackupAt, keys: Sequence[x25519.Identity], progress: BackupProgress
) -> AsyncIterator[IO[bytes]]:
    """Decrypt a backup to scratch, and check all of it; yields the file, which stays compressed.

    Raises Damaged, WrongKey, TargetAway, or OSError if there is no room for it.
    """
    made = whole(kept)
    order.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=order.scratch) as file:  # gone with us, however we end
        try:
            await _fits(kept.target, made)
            progress.begins("fetch", made.cipher.bytes)
            await _through(kept, made, keys, progress, file.write)
        except ObjectMissing:
            raise Damaged(f"The data of {made.name} are missing at {kept.target.name}.") from None
        file.seek(0)
        yield file


async def _through(
    kept: BackupAt,
    made: Manifest,
    keys: Sequence[x25519.Identity],
    progress: BackupProgress,
    sink: Sink,
) -> None:
    """Read a backup through all its layers; what is decrypted goes to `sink`, compressed."""
    coming = Downloaded()
    feeding = asyncio.create_task(coming.feed(kept.target.read(f"{made.name}/{DATA}"), progress))
    expander = Expander(lambda data: None)

    def take(data: bytes) -> None:
        sink(data)
        expander.add(data)

    try:
        await asyncio.to_thread(envelope.unwrap, coming, take, keys)
        await feeding
        same(coming.counted.bytes, made.cipher, made.name)
        same(expander.counted.bytes, made.plain, made.name)
    except (Damaged, envelope.WrongKey):
        # A target that went away in the middle looks like a backup that was cut.
        coming.give_up()
        await asyncio.wait({feeding}, timeout=5)
        if feeding.done() and not feeding.cancelled():
            feeding.result()
        raise
    finally:
        coming.give_up()
        await cancel([feeding])
