"""A PostgreSQL of its own for a while, to try a backup on; nobody would miss it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage import embedded
from storage.embedded import FolderInUse, FolderUnusable

__all__ = ["FolderInUse", "FolderUnusable", "server"]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run one in a folder; yields its address. Raises FolderUnusable."""
    running = embedded.start(folder, durable=False)
    try:
        yield running.url
    finally:
        running.stop()
