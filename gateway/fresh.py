"""Answers that are still true: reports are kept in memory until something changes.

A change is overheard (`analytics.history_changed`), and what was kept of that person is dropped; an
answer from before it is not kept, however late it comes. Nobody tells when a person's logical day
turns, and a fact can be missed while a line is down: so nothing is kept longer than `KEPT`.
Who asks is checked before, each time.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from contracts.analytics import HistoryChanged
from contracts.bus import Bus
from contracts.users import UserDeleted
from gateway.answers import is_known

KEPT = 60.0
"""Seconds for which an answer is kept."""

MOST = 32 << 20
"""Bytes of all answers that are kept; the one not asked for longest goes first."""

LARGEST = 4 << 20
"""Bytes of an answer that is kept."""

ENTRIES = 20_000
PEOPLE = 20_000
"""People of whom the last change is remembered."""

APIECE = 600
"""Bytes that an answer takes beside its body and its key, roughly."""

Key = tuple[UUID, str, bytes, bytes]
"""A person and all of a request that an answer depends on: path, query, what is accepted."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given; `stamp` is the latest change that it knows of."""

    body: bytes
    headers: list[tuple[bytes, bytes]]
    etag: str
    stamp: int

    @staticmethod
    def of(answer: Response, stamp: int) -> "Kept":
        """Take an answer as it is."""
        return Kept(bytes(answer.body), answer.raw_headers, answer.headers["etag"], stamp)

    def answer(self, known: str | None) -> Response:
        """Give it again, or 304 if the caller `known`s it."""
        if known is None or not is_known(self.etag, known):
            answer = Response(self.body)
            answer.raw_headers = list(self.headers)
        else:
            answer = Response(status_code=304)
            answer.raw_headers = [pair for pair in self.headers if pair[0] not in OF_BODIES]
        return answer


OF_BODIES = frozenset({b"content-length", b"content-type", b"content-disposition"})
"""Headers that go with a body."""


class Fresh:
    """Keeps answers by person and request. Nothing is kept before it listens."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep at most so many bytes; `clock` gives seconds."""
        self._most = most
        self._clock = clock
        self._listens = False
        self._kept: OrderedDict[Key, tuple[Kept, float, int]] = OrderedDict()
        self._of: dict[UUID, set[Key]] = {}
        self._told: OrderedDict[UUID, int] = OrderedDict()
        self.size = 0

    async def listen(self, bus: Bus) -> None:
        """Listen for changes, and keep answers from now on."""
        await bus.overhear(HistoryChanged, self._changed)
        await bus.overhear(UserDeleted, self._gone)
        self._listens = True

    def find(self, key: Key) -> Kept | None:
        """Return an answer that is still true."""
        found = self._kept.get(key)
        if found is None:
            return None
        kept, until, _ = found
        if self._clock() >= until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept

    def keep(self, key: Key, kept: Kept) -> None:
        """Keep an answer, unless a change came while it was on its way, or it is too large."""
        size = len(kept.body) + sum(map(len, key[1:])) + APIECE
        late = kept.stamp < self._told.get(key[0], kept.stamp)
        if late or size > LARGEST or not self._listens:
            return
        self._drop(key)
        self._kept[key] = kept, self._clock() + KEPT, size
        self._of.setdefault(key[0], set()).add(key)
        self.size += size
        while self.size > self._most or len(self._kept) > ENTRIES:
            self._drop(next(iter(self._kept)))

    async def _changed(self, fact: HistoryChanged) -> None:
        """Drop what a person was told before a change."""
        latest = max(fact.version, self._told.get(fact.user_id, 0))
        self._told[fact.user_id] = latest
        self._told.move_to_end(fact.user_id)
        if len(self._told) > PEOPLE:
            self._told.popitem(last=False)
        for key in list(self._of.get(fact.user_id, ())):
            if self._kept[key][0].stamp < latest:
                self._drop(key)

    async def _gone(self, fact: UserDeleted) -> None:
        """Drop all of a person."""
        for key in list(self._of.get(fact.user_id, ())):
            self._drop(key)
        self._told.pop(fact.user_id, None)

    def _drop(self, key: Key) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is None:
            return
        self.size -= dropped[2]
        mine = self._of[key[0]]
        mine.discard(key)
        if not mine:
            del self._of[key[0]]
