"""Slows the guessing of passwords, codes and tokens, by account, network and device; locks nobody
out.

    async with guard.attempt(f"code {user_id}", Bucket(networks.wide, WIDE)):
        ...  # what ends `Invalid` or `Unauthenticated` was a wrong try

Only wrong tries count. What is being tried counts until it is known to be right, so that many
tries at once get no further than one after the other (with several auth processes on one Redis:
by at most what each of them works on at once).
"""

import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from contracts.message import Invalid, TooMany, Unauthenticated
from contracts.networks import networks_of

log = structlog.get_logger()

PATIENCE = 0.5
"""Seconds to wait for Redis before counting in memory."""

AWAY = 5.0
"""Seconds during which a Redis that failed is not asked again."""

WIDE, ACCOUNT = 2, 3
"""How many times the usual number of wrong tries a wide network may make, and all the devices
together that an account does not know."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Counts wrong tries under a name: at most `times` the usual number in any 60 seconds."""

    name: str
    times: int = 1


def buckets_of(account: str, address: str) -> tuple[Bucket, ...]:
    """Name what a try from a device that the account does not know counts for.

    That is the account as seen from one network, this network and the one around it, and the
    account as seen from everywhere; whoever tries from one network does not fill the last one, so
    that they keep its owner from nowhere else.
    """
    if not address:
        return (Bucket(account),)
    networks = networks_of(address)
    return (
        Bucket(f"{account} {networks.own}"),
        Bucket(networks.own),
        Bucket(f"around {networks.wide}", WIDE),
        Bucket(account, ACCOUNT),
    )


class Guard:
    """Counts wrong tries by name, in Redis or in memory."""

    def __init__(self, per_minute: int, redis: str | None = None) -> None:
        """Let `per_minute` wrong tries through in any 60 seconds."""
        self._per_minute = per_minute
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._limiter = MovingWindowRateLimiter(_shared(redis)) if redis else self._memory
        self._away_until = 0.0
        self._trying: Counter[str] = Counter()

    @asynccontextmanager
    async def attempt(self, *names: Bucket | str) -> AsyncIterator[None]:
        """Let a try happen inside; one that ends `Invalid` or `Unauthenticated` was wrong.

        Refuses with `TooMany` if there were too many wrong ones under any of the names.
        """
        tried = {
            hashlib.sha256(one.name.encode()).hexdigest(): self._limit(one.times)
            for one in (Bucket(name) if isinstance(name, str) else name for name in names)
        }
        self._trying.update(tried.keys())
        try:
            for key, limit in tried.items():
                await self._admit(limit, key)
            try:
                yield
            except (Invalid, Unauthenticated):
                for key, limit in tried.items():
                    await self._count(limit, key)
                raise
        finally:
            self._trying.subtract(tried.keys())
            self._trying += Counter()

    def _limit(self, times: int) -> RateLimitItemPerMinute:
        return RateLimitItemPerMinute(times * self._per_minute, namespace="ritmo-login")

    async def _admit(self, limit: RateLimitItemPerMinute, key: str) -> None:
        reset, left = await self._stats(limit, key)
        if left < self._trying[key]:
            raise TooMany(
                "too_many_attempts",
                "There were too many wrong tries. Please wait a moment.",
                retry_after=max(1, round(reset - time.time())) if left == 0 else 1,
            )

    async def _stats(self, limit: RateLimitItemPerMinute, key: str) -> tuple[float, int]:
        """Return when the oldest wrong try is forgotten (Unix time), and how many are left."""
        if time.monotonic() >= self._away_until:
            try:
                stats = await self._limiter.get_window_stats(limit, key)
            except StorageError:
                self._go_without()
            else:
                return stats.reset_time, stats.remaining
        stats = await self._memory.get_window_stats(limit, key)
        return stats.reset_time, stats.remaining

    async def _count(self, limit: RateLimitItemPerMinute, key: str) -> None:
        if time.monotonic() >= self._away_until:
            try:
                await self._limiter.hit(limit, key)
            except StorageError:
                self._go_without()
            else:
                return
        await self._memory.hit(limit, key)

    def _go_without(self) -> None:
        """Count in memory for a while: each name would wait for Redis by itself."""
        self._away_until = time.monotonic() + AWAY
        log.warning("redis is away; counting wrong tries in memory")


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
