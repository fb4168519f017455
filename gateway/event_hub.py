"""What happened to whom, for those who watch: each fact is overheard once, and shared out here.

What was told is kept for a while, so that a watcher who was cut off can go on where they were.
Where they were is a point in time, so they may go on at another gateway: there, the last moments
before are told twice. What is not kept any more, or may not have been heard, is not made up: the
watcher is told to read /v1/changes again.
"""

import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from contracts.bus import Bus
from contracts.message import Fact, TooMany, Unavailable
from contracts.personal_tokens import PersonalTokenRevoked
from contracts.principal import Principal
from contracts.sessions import SessionEnded
from contracts.told import TOLD, scope_of_fact
from contracts.users import UserChanged, UserDeleted
from gateway.bounds import (
    MAX_EVENT_BYTES,
    MAX_EVENTS_KEPT,
    MAX_EVENTS_WAITING,
    MAX_STREAMS,
    MAX_STREAMS_PER_PERSON,
)

OVERLAP = 5000
"""Milliseconds by which gateways may differ in when they hear of something."""

NAMES = {"fact_id", "occurred_at", "version", "habit_id", "entry_id", "import_id"}
"""What is told of a fact that is too long: what it is about, and nothing of it."""

_PLACE = re.compile(r"([0-9]{13})-([0-9a-f]{8})")


SCOPES = frozenset(map(scope_of_fact, TOLD))
"""The scopes by which somebody is told of something."""


class Event(NamedTuple):
    """Something that was told: when (Unix time, in milliseconds), by which scope, and the text."""

    at: int
    scope: str
    text: bytes


@dataclass(slots=True, eq=False)
class Watcher:
    """Somebody who watches. `wake` is called when there is something to send, or an end."""

    who: Principal
    waiting: list[bytes] = field(default_factory=list)
    ended: str = ""
    wake: Callable[[], None] = lambda: None

    def tell(self, text: bytes) -> None:
        """Put an event in line; who does not read is dropped."""
        if len(self.waiting) >= MAX_EVENTS_WAITING:
            self.waiting.clear()
            self.end("slow_reader")
        elif not self.ended:
            self.waiting.append(text)
            self.wake()

    def end(self, why: str) -> None:
        """Have the stream end, and say why."""
        self.ended = self.ended or why
        self.wake()


class EventHub:
    """Shares facts out to those who watch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Know nothing before `listen`; `clock` gives Unix time."""
        self._clock = clock
        self._name = secrets.token_hex(4)
        self._last = 0
        self._since = self._now()
        self._log: deque[tuple[UUID, Event]] = deque()
        self._watchers: dict[UUID, list[Watcher]] = {}
        self._count = 0
        self._closed = False

    async def listen(self, bus: Bus) -> None:
        """Overhear what people are told of, and what ends their streams."""
        for fact in TOLD:
            await bus.overhear(fact, self._happened)
        await bus.overhear(SessionEnded, self._session_ended)
        await bus.overhear(PersonalTokenRevoked, self._token_revoked)
        await bus.overhear(UserChanged, self._user_changed)
        await bus.overhear(UserDeleted, self._user_deleted, missed=self.missed)

    # -- watchers ----------------------------------------------------------------------------------

    def open(self, who: Principal, place: str | None) -> Watcher:
        """Let somebody watch, from the place where they were, or from now on.

        Refuses with `TooMany` (`too_many_streams`) or `Unavailable` (`draining`, `streams_full`).
        """
        if self._closed:
            raise Unavailable("draining", "Ritmo is stopping; ask another one.", retry_after=2)
        if self._count >= MAX_STREAMS:
            text = "Too many event streams are open here; try again in a moment."
            raise Unavailable("streams_full", text, retry_after=10)
        theirs = self._watchers.setdefault(who.user_id, [])
        if len(theirs) >= MAX_STREAMS_PER_PERSON:
            text = "You have {most} event streams open already; close one first."
            raise TooMany("too_many_streams", text, retry_after=30, most=MAX_STREAMS_PER_PERSON)
        watcher = Watcher(who)
        if place is not None:
            watcher.waiting += self._missed_by(who, place)
        watcher.waiting.append(self.write("ready", b"{}", retry=True))
        theirs.append(watcher)
        self._count += 1
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Forget somebody who watches no more."""
        theirs = self._watchers[watcher.who.user_id]
        theirs.remove(watcher)
        self._count -= 1
        if not theirs:
            del self._watchers[watcher.who.user_id]

    def close(self) -> None:
        """End all streams: another gateway, or the next run of this one, goes on with them."""
        self._closed = True
        self._end_all("restart")

    def missed(self) -> None:
        """Note that something may not have been heard, and have everybody read again."""
        self._log.clear()
        self._since = self._now()
        for theirs in self._watchers.values():
            for watcher in theirs:
                watcher.tell(self._reset())

    def write(self, name: str, data: bytes, *, retry: bool = False) -> bytes:
        """Write an event, whose id is the place that is reached with it."""
        return self._write(self._now(), name, data, retry=retry)

    def _write(self, at: int, name: str, data: bytes, *, retry: bool = False) -> bytes:
        head = b"retry: 3000\n" if retry else b""
        return head + b"id: %d-%b\nevent: %b\ndata: %b\n\n" % (
            at,
            self._name.encode(),
            name.encode(),
            data,
        )

    def _reset(self) -> bytes:
        return self.write("reset", b'{"read":"/v1/changes"}')

    def _missed_by(self, who: Principal, place: str) -> list[bytes]:
        """Return what was told since somebody was cut off; if that is not known, that it is not."""
        found = _PLACE.fullmatch(place)
        if found is None:
            return [self._reset()]
        at = int(found[1]) - (0 if found[2] == self._name else OVERLAP)
        if not self._since <= at <= self._now() + OVERLAP:
            return [self._reset()]
        return [
            event.text
            for user_id, event in self._log
            if user_id == who.user_id and event.at > at and who.may(event.scope)
        ]

    def _now(self) -> int:
        """Return the time in milliseconds; never the same twice."""
        self._last = max(self._last + 1, int(self._clock() * 1000))
        return self._last

    # -- facts -------------------------------------------------------------------------------------

    async def _happened(self, fact: Fact) -> None:
        """Keep what happened, and tell those who watch."""
        data = fact.model_dump_json(exclude={"user_id"}).encode()
        if len(data) > MAX_EVENT_BYTES:
            data = fact.model_dump_json(include=NAMES).encode()[:-1] + b',"cut":true}'
        at = self._now()
        event = Event(at, scope_of_fact(type(fact)), self._write(at, fact.address, data))
        self._log.append((fact.user_id, event))
        if len(self._log) > MAX_EVENTS_KEPT:
            _, oldest = self._log.popleft()
            self._since = oldest.at
        for watcher in self._watchers.get(fact.user_id, ()):
            if watcher.who.may(event.scope):
                watcher.tell(event.text)

    async def _session_ended(self, fact: SessionEnded) -> None:
        for watcher in self._watchers.get(fact.user_id, ()):
            if watcher.who.session_id == fact.session_id:
                watcher.end("session_ended")

    async def _token_revoked(self, fact: PersonalTokenRevoked) -> None:
        for watcher in self._watchers.get(fact.user_id, ()):
            if watcher.who.token_id == fact.token_id:
                watcher.end("token_revoked")

    async def _user_changed(self, fact: UserChanged) -> None:
        if fact.disabled:
            self._end_all("account_disabled", fact.user_id)

    async def _user_deleted(self, fact: UserDeleted) -> None:
        self._log = deque(one for one in self._log if one[0] != fact.user_id)
        self._end_all("account_gone", fact.user_id)

    def _end_all(self, why: str, user_id: UUID | None = None) -> None:
        """End the streams of somebody, or of everybody."""
        for watched in [*self._watchers] if user_id is None else [user_id]:
            for watcher in self._watchers.get(watched, ()):
                watcher.end(why)
