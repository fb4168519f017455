"""Slows the guessing of passwords, for one account and for one address; locks nobody out.

Only wrong tries count. What is being tried counts until it is known to be right, so that many
tries at once get no further than one after the other (with several auth processes on one Redis:
by at most what each of them works on at once).
"""

import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from contracts.message import Invalid, TooMany, Unauthenticated

log = structlog.get_logger()

PATIENCE = 0.5
"""Seconds to wait for Redis before counting in memory."""


class Guard:
    """Counts wrong tries by name, in Redis or in memory."""

    def __init__(self, per_minute: int, redis: str | None = None) -> None:
        """Let `per_minute` wrong tries through in any 60 seconds."""
        self._limit = RateLimitItemPerMinute(per_minute, namespace="ritmo-login")
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._limiter = MovingWindowRateLimiter(_shared(redis)) if redis else self._memory
        self._trying: Counter[str] = Counter()

    @asynccontextmanager
    async def attempt(self, *names: str) -> AsyncIterator[None]:
        """Let a try happen inside; one that ends `Invalid` or `Unauthenticated` was wrong.

        Refuses with `TooMany` if there were too many wrong ones under any of the names.
        """
        keys = [hashlib.sha256(name.encode()).hexdigest() for name in names]
        self._trying.update(keys)
        try:
            for key in keys:
                await self._admit(key)
            try:
                yield
            except (Invalid, Unauthenticated):
                for key in keys:
                    await self._count(key)
                raise
        finally:
            self._trying.subtract(keys)
            self._trying += Counter()

    async def _admit(self, key: str) -> None:
        reset, left = await self._stats(key)
        if left < self._trying[key]:
            raise TooMany(
                "too_many_attempts",
                "There were too many wrong passwords. Please wait a moment.",
                retry_after=max(1, round(reset - time.time())) if left == 0 else 1,
            )

    async def _stats(self, key: str) -> tuple[float, int]:
        """Return when the oldest wrong try is forgotten (Unix time), and how many are left."""
        try:
            stats = await self._limiter.get_window_stats(self._limit, key)
        except StorageError:
            log.warning("redis is away; counting wrong passwords in memory")
            stats = await self._memory.get_window_stats(self._limit, key)
        return stats.reset_time, stats.remaining

    async def _count(self, key: str) -> None:
        try:
            await self._limiter.hit(self._limit, key)
        except StorageError:
            await self._memory.hit(self._limit, key)


def _shared(redis: str) -> Storage:
    """Open the counters in Redis; no connection is made yet."""
    storage = storage_from_string(
        f"async+{redis}",
        wrap_exceptions=True,
        implementation="redispy",
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
    )
    if not isinstance(storage, Storage):
        raise TypeError("limits gave a blocking storage")
    return storage
