"""A zip that is written as it goes: what is ready is taken, and memory stays flat."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


class _Ready:
    """What a zip was written into and nobody has taken yet; it cannot be gone back in."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, data: bytes, /) -> int:
        self.held += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: all is at hand."""

    def close(self) -> None:
        """Do nothing: what was written is still to be taken."""


class ZipStream:
    """A zip on its way; the same members make the same bytes."""

    def __init__(self) -> None:
        """Begin a zip."""
        self._ready = _Ready()
        self._zip = zipfile.ZipFile(self._ready, "w")

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """Write a member."""
        with self._zip.open(_info(name), "w") as stream:
            yield stream

    def open(self, name: str) -> IO[bytes]:
        """Begin a member, which is closed by who writes it."""
        return self._zip.open(_info(name), "w")

    def add(self, name: str, data: bytes) -> None:
        """Write a whole member."""
        with self.member(name) as stream:
            stream.write(data)

    @property
    def ready(self) -> int:
        """Return how many bytes can be taken."""
        return len(self._ready.held)

    def take(self, size: int | None = None) -> bytes:
        """Take what is ready, at most so much."""
        taken = bytes(self._ready.held[:size])
        del self._ready.held[: len(taken)]
        return taken

    def end(self) -> None:
        """End the zip; its rest is ready then."""
        self._zip.close()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
    info.external_attr = 0o644 << 16
    return info
