"""A folder as a target: files are written beside, synced, and moved to their place."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.backup.targets.protocol import PART, ObjectMissing, TargetAway

UNFINISHED = ".part"
"""What the name of a file ends with until it is whole."""

MODE = 0o600
"""Mode of files: their owner's alone."""


class FolderTarget:
    """Keeps a folder for each backup, and a file for each object in it."""

    def __init__(self, path: Path) -> None:
        """Keep them below `path`."""
        self._path = path

    @property
    def name(self) -> str:
        """Return the path."""
        return str(self._path)

    async def open(self) -> None:
        """Make the folder, if need be."""
        with self._told():
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def close(self) -> None:
        """Let go of nothing."""

    async def stream(self, key: str, parts: AsyncIterator[bytes]) -> None:
        """Write a file in parts."""
        path = self._path / key
        half = path.with_name(path.name + UNFINISHED)
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                with open(half, "wb", opener=_opened) as out:  # noqa: ASYNC230 - no waiting here
                    async for part in parts:
                        await asyncio.to_thread(out.write, part)
                    out.flush()
                    await asyncio.to_thread(os.fsync, out.fileno())
                half.replace(path)
            finally:
                with contextlib.suppress(OSError):
                    half.unlink(missing_ok=True)
            _sync(path.parent)
            _sync(self._path)

    async def put(self, key: str, data: bytes) -> None:
        """Write a small file."""

        async def one() -> AsyncIterator[bytes]:
            yield data

        await self.stream(key, one())

    async def get(self, key: str) -> bytes:
        """Read a small file."""
        with self._told():
            return (self._path / key).read_bytes()

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Read a file on and on."""
        with self._told(), (self._path / key).open("rb") as file:
            while data := await asyncio.to_thread(file.read, PART // 8):
                yield data

    async def size(self, key: str) -> int:
        """Return the bytes of a file."""
        with self._told():
            return (self._path / key).stat().st_size

    async def keys(self) -> list[str]:
        """List all files."""
        with self._told():
            found = [path for path in self._path.glob("*/*") if path.is_file()]
        return sorted(str(path.relative_to(self._path)) for path in found)

    async def drop(self, key: str) -> None:
        """Delete a file; its folder, too, with the last of them."""
        path = self._path / key
        with self._told():
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise ObjectMissing(str(error.filename)) from None
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            why = "its disk is full; free some space" if full else str(error.strerror).lower()
            raise TargetAway(f"The backup folder {self._path} cannot be used: {why}.") from error


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags, MODE)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
