"""What a target can do, and what it says when it cannot."""

from collections.abc import AsyncIterator
from typing import Protocol

PART = 8 << 20
"""Bytes of a part of a stream: what is in memory at once is a few of them."""


class TargetAway(Exception):
    """A target cannot be used; the message says which, and why."""


class Undeletable(TargetAway):
    """We may not delete there: whoever owns the target drops what is old, by a rule of its own."""


class ObjectMissing(Exception):
    """There is no such object at a target."""


class BackupTarget(Protocol):
    """A place for objects; their keys are paths with one slash: `<backup>/<object>`."""

    @property
    def name(self) -> str:
        """Return how the target is called: its address, without secrets."""

    async def open(self) -> None:
        """Be ready. Raises TargetAway."""

    async def close(self) -> None:
        """Let go of what was opened."""

    async def stream(self, key: str, parts: AsyncIterator[bytes]) -> None:
        """Write an object in parts; wholly, or not at all. Raises TargetAway."""

    async def put(self, key: str, data: bytes) -> None:
        """Write a small object. Raises TargetAway."""

    async def get(self, key: str) -> bytes:
        """Read a small object. Raises ObjectMissing or TargetAway."""

    def read(self, key: str) -> AsyncIterator[bytes]:
        """Read an object on and on. Raises ObjectMissing or TargetAway."""

    async def size(self, key: str) -> int:
        """Return the bytes of an object. Raises ObjectMissing or TargetAway."""

    async def keys(self) -> list[str]:
        """List all objects. Raises TargetAway."""

    async def drop(self, key: str) -> None:
        """Delete an object, if it is there. Raises TargetAway."""
