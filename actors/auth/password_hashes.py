"""Password hashes: argon2id, on half of the processors, with a short queue before them.

A hash costs some 30 ms and 19 MiB on purpose. Unbounded, a handful of logins would stop
everything else.
"""

import asyncio
import contextlib
import os
import secrets
import sys
import threading
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.message import Unavailable

T = TypeVar("T")

MEMORY, TIME, LANES = 19456, 2, 1
"""argon2id m (KiB), t and p (ASVS 5.0, appendix C)."""

MAX_THREADS, QUEUE = 2, 32
GIVES_WAY = 10
"""By how much the threads that hash are nicer than the rest (setpriority(2)): a login may take
longer, other requests may not."""


def threads() -> int:
    """Say on how many threads is hashed here: half of the processors stay for everything else."""
    return max(1, min(MAX_THREADS, (os.cpu_count() or 1) // 2))


def _hash_of_nobody() -> str:
    """Write a hash that no password has, and that costs as much to check as any."""
    salt, tag = (b64encode(secrets.token_bytes(n)).rstrip(b"=").decode() for n in (16, 32))
    return f"$argon2id$v=19$m={MEMORY},t={TIME},p={LANES}${salt}${tag}"


def _give_way() -> None:
    """Let this thread have only what the event loop leaves; Linux knows priorities of threads.

    Where that is not allowed it goes without: the kernel refuses whoever would become less nice.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(PermissionError):
            nicer = min(os.getpriority(os.PRIO_PROCESS, thread) + GIVES_WAY, 19)
            os.setpriority(os.PRIO_PROCESS, thread, nicer)


class Turns:
    """Lets so many do something at once; some come before all others who wait."""

    def __init__(self, at_once: int) -> None:
        """Begin with nobody."""
        self._free = at_once
        self._first: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @contextlib.asynccontextmanager
    async def turn(self, *, first: bool) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends."""
        if self._free:
            self._free -= 1
        else:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            (self._first if first else self._others).append(waiting)
            try:
                await waiting
            except asyncio.CancelledError:
                if waiting.done() and not waiting.cancelled():
                    self._pass_on()
                raise
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give a turn to who is next."""
        for waiting in (self._first, self._others):
            while waiting:
                one = waiting.popleft()
                if not one.done():
                    one.set_result(None)
                    return
        self._free += 1


class Hasher:
    """Makes and checks hashes off the event loop."""

    def __init__(self, at_once: int | None = None, queue: int = QUEUE) -> None:
        """Make `at_once` hashes at once, or as many as `threads`, and let `queue` more wait."""
        at_once = at_once or threads()
        self._argon2 = PasswordHasher(TIME, MEMORY, LANES)
        self._threads = ThreadPoolExecutor(at_once, "argon2", _give_way)
        self._room = at_once + queue
        self._turns = Turns(at_once)
        self._nobody = _hash_of_nobody()

    async def hash(self, password: str) -> str:
        """Hash a password. Refuses with `Unavailable` when too many wait."""
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, kept: str | None, password: str, *, first: bool = False) -> bool:
        """Tell whether a password is the one; None, an unknown account, takes as long to say no.

        `first` is for whom strangers must not keep waiting. Refuses with `Unavailable` when too
        many wait.
        """
        return await self._run(lambda: self._matches(kept or self._nobody, password), first=first)

    def is_old(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(kept)

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._argon2.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T], *, first: bool = False) -> T:
        if self._room == 0:
            raise Unavailable("busy", "Many people are logging in; try again.", retry_after=2)
        self._room -= 1
        try:
            async with self._turns.turn(first=first):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._room += 1
