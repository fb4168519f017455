"""How many requests a person, or an address, may make in a minute.

Windows are aligned to the clock, so every gateway counts the same ones, in Redis if there is one.
A gateway draws small leases from the common count instead of asking for each request.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from fastapi import Request
from limits.aio.storage import Storage
from limits.errors import StorageError
from limits.storage import storage_from_string

from contracts.message import TooMany
from gateway.visit import visit_of

log = structlog.get_logger()

AWAY = 5.0
"""Seconds during which a Redis that failed is not asked again."""


@dataclass(frozen=True, slots=True)
class Policy:
    """So many requests (`quota`) in so many seconds (`window`)."""

    name: str
    quota: int
    window: int = 60

    @property
    def lease(self) -> int:
        """How many requests are drawn from the common count at once."""
        return max(1, self.quota // 60)

    @property
    def header(self) -> bytes:
        """Write it as a `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11)."""
        return f'"{self.name}";q={self.quota};w={self.window}'.encode()


@dataclass(slots=True)
class _Lease:
    """What was drawn: requests `left` of it, and the common count when it was drawn."""

    left: int
    total: int


@dataclass(frozen=True, slots=True)
class QuotaStanding:
    """Where a caller stands: requests `used` of the quota, seconds until the next window."""

    policy: Policy
    used: int
    reset: int

    @property
    def allowed(self) -> bool:
        """Tell whether this request is within the quota."""
        return self.used <= self.policy.quota

    @property
    def header(self) -> bytes:
        """Write it as `RateLimit`."""
        left = max(0, self.policy.quota - self.used)
        return f'"{self.policy.name}";r={left};t={self.reset}'.encode()


class Limiter:
    """Counts requests, in Redis or in memory; while Redis is away, in memory."""

    def __init__(
        self, redis_url: str | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Count in the Redis at `redis_url`, or in memory; `clock` gives Unix time."""
        self._redis_url = redis_url
        self._clock = clock
        self._memory: Storage | None = None
        self._redis: Storage | None = None
        self._away_until = 0.0
        self._window = 0
        self._leases: dict[tuple[str, str], _Lease] = {}

    async def take(self, policy: Policy, key: str) -> QuotaStanding:
        """Count one request of `key`."""
        now = self._clock()
        window = int(now // policy.window)
        if window != self._window:
            self._window, self._leases = window, {}
        lease = self._leases.get((policy.name, key))
        if lease is None or lease.left == 0:
            name = f"ritmo/{policy.name}/{key}/{window}"
            total = await self._count(name, policy.window, policy.lease)
            lease = self._leases[policy.name, key] = _Lease(policy.lease, total)
        lease.left -= 1
        reset = math.ceil((window + 1) * policy.window - now)
        return QuotaStanding(policy, lease.total - lease.left, max(1, reset))

    def is_spent(self, policy: Policy, key: str) -> bool:
        """Tell whether `key` has used up its quota, as far as this gateway knows; count nothing."""
        lease = self._leases.get((policy.name, key))
        if lease is None or int(self._clock() // policy.window) != self._window:
            return False
        return lease.total - lease.left >= policy.quota

    async def _count(self, name: str, seconds: int, amount: int) -> int:
        if self._redis_url is not None and self._clock() >= self._away_until:
            try:
                return await self._shared(self._redis_url).incr(name, seconds, amount)
            except (StorageError, OSError) as error:
                self._away_until = self._clock() + AWAY
                log.warning("rate limits count locally", why=type(error).__name__)
        if self._memory is None:
            self._memory = _open("async+memory://")
        return await self._memory.incr(name, seconds, amount)

    def _shared(self, url: str) -> Storage:
        if self._redis is None:
            self._redis = _open(
                f"async+{url}",
                implementation="redispy",
                wrap_exceptions=True,
                socket_timeout=0.25,
                socket_connect_timeout=0.25,
            )
        return self._redis


def _open(url: str, **options: str | float | bool) -> Storage:
    storage = storage_from_string(url, **options)
    if not isinstance(storage, Storage):
        raise TypeError(f"{type(storage).__name__} cannot be awaited")
    return storage


def address_of(request: Request) -> str:
    """Return the caller's address, as the server (and the proxies it trusts) tells it."""
    return request.client.host if request.client else ""


async def admit(request: Request, limiter: Limiter, policy: Policy, key: str) -> None:
    """Let a request through, or refuse with `TooMany`; the answer tells where the caller stands."""
    standing = await limiter.take(policy, key)
    visit_of(request.scope).headers += [
        (b"ratelimit-policy", policy.header),
        (b"ratelimit", standing.header),
    ]
    if not standing.allowed:
        raise TooMany(
            "rate_limited",
            "These were too many requests. Try again in {seconds} seconds.",
            retry_after=standing.reset,
            seconds=standing.reset,
        )
