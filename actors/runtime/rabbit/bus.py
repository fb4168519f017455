"""The bus over RabbitMQ: asks go out, answers come back to one queue of our own.

FastStream's own request() serves one call at a time for a whole process, so the answers are
matched here, by correlation id. Asks are mandatory: where no room listens the broker returns them
at once. When the line breaks every waiting ask fails at that moment; one that waits for a while is
looked after: if its room has gone in the meantime, there will be no answer.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast, get_args
from uuid import uuid4

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError
from aiormq.exceptions import ChannelAccessRefused
from pamqp.common import FieldValue
from prometheus_client import Counter

from actors.runtime.background import Background
from actors.runtime.local import overhear
from actors.runtime.rabbit.line import ANSWER, LOST, Check, Line, breaks
from actors.runtime.rabbit.refusals import broker_away, line_lost, room_lost, unanswered
from actors.runtime.rabbit.topology import (
    ANSWERS,
    ASKS,
    FACTS,
    consumed_and_bound,
    exchanges_for,
)
from actors.runtime.rabbit.users import has_own_user, user_of
from contracts.bus import deadline_in, trace_id
from contracts.message import (
    Asked,
    Fact,
    Refusal,
    Refused,
    Reply,
    Unavailable,
)
from contracts.principal import Principal
from contracts.spans import span

R = TypeVar("R", bound=Reply)
F = TypeVar("F", bound=Fact)
Overheard = Callable[[bytes], Awaitable[None]]

log = structlog.get_logger()
late_answers = Counter("ritmo_late_answers_total", "Answers that came after their deadline.")

LOOK = 0.4
"""Seconds after which, and then again and again, it is looked whether the room of an ask that waits
is still there; shorter than a room needs to come back."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An ask that waits for its answer."""

    address: str
    answer: asyncio.Future[AbstractIncomingMessage]
    since: float = field(default_factory=time.monotonic)

    def fail(self, no: Refused) -> None:
        """Give up waiting."""
        if not self.answer.done():
            self.answer.set_exception(no)


class RabbitBus:
    """Asks rooms over RabbitMQ; see `contracts.bus.Bus`."""

    def __init__(self, url: str, name: str) -> None:
        """Describe the bus of a part called `name`; `start` connects it."""
        self._name, self._user = name, user_of(url)
        self._apart = has_own_user(url, name)
        self._line = Line(
            url, f"{name}.asks", self._prepare, confirms=True, lost=self._fail_pending
        )
        self._looking = Background(f"asks of {name}", self._look_after)
        self._pending: dict[str, Pending] = {}
        self._overheard: dict[str, list[Overheard]] = {}
        self._missed: list[Callable[[], None]] = []
        self._checks: list[Check] = []
        self._asks: AbstractExchange | None = None
        self._reply_to = ""

    @property
    def connected(self) -> bool:
        """Tell whether the broker is reached."""
        return self._line.connected

    async def start(self) -> None:
        """Connect, and stay connected."""
        self._looking.start()
        await self._line.start()

    async def stop(self) -> None:
        """Disconnect; what is still asked fails."""
        await self._looking.stop()
        await self._line.stop()

    async def ask(
        self,
        message: Asked[R],
        principal: Principal | None = None,
        *,
        deadline: float | None = None,
        idempotency_key: str | None = None,
    ) -> R:
        """Ask a room; see `contracts.bus.Bus`."""
        until = deadline or deadline_in()
        left = until - time.time()
        if left <= 0:
            raise unanswered()
        correlation_id = uuid4().hex
        answer: asyncio.Future[AbstractIncomingMessage] = asyncio.get_running_loop().create_future()
        self._pending[correlation_id] = Pending(message.address, answer)
        try:
            with span(f"ask {message.address}", "client"):
                async with asyncio.timeout(left):
                    await self._send(message, principal, until, idempotency_key, correlation_id)
                    incoming = await answer
        except TimeoutError:
            raise unanswered() from None
        finally:
            self._pending.pop(correlation_id, None)
        if self._apart and incoming.user_id != message.address.partition(".")[0]:
            log.warning("odd answer", address=message.address)
            raise unanswered()
        return _read(message, incoming)

    async def overhear(
        self,
        fact: type[F],
        listener: Callable[[F], Awaitable[None]],
        *,
        missed: Callable[[], None] | None = None,
    ) -> None:
        """Call `listener` with each fact of this type from now on; see `contracts.bus.Bus`."""
        hear = partial(overhear, fact, listener)
        if missed is not None:
            self._missed.append(missed)
        listeners = self._overheard.setdefault(fact.address, [])
        listeners.append(hear)
        if len(listeners) > 1 or not self._line.connected:
            return
        with suppress(*LOST), breaks():  # the next line will hear it
            await self._hear(self._line.channel, fact.address)

    async def _send(
        self,
        message: Asked[R],
        principal: Principal | None,
        until: float,
        key: str | None,
        correlation_id: str,
    ) -> None:
        if self._asks is None or not self._line.connected:
            raise broker_away()
        headers: dict[str, FieldValue] = {
            "deadline": int(until * 1000),
            "trace": trace_id.get(),
        }
        if principal is not None and principal.token:
            headers["principal"] = principal.token
        if key is not None:
            headers["key"] = key
        outgoing = Message(
            message.model_dump_json().encode(),
            content_type="application/json",
            delivery_mode=DeliveryMode.NOT_PERSISTENT,
            type=message.address,
            correlation_id=correlation_id,
            reply_to=self._reply_to,
            expiration=max(0.001, until - time.time()),
            user_id=self._user,
            headers=headers,
        )
        try:
            with breaks():
                await self._asks.publish(outgoing, message.address, mandatory=True)
        except DeliveryError:
            raise Unavailable(
                "room_down", "This part of Ritmo is not running; try again.", retry_after=2
            ) from None
        except LOST:
            # It may have arrived, with only its confirmation lost.
            raise line_lost() from None

    async def _prepare(self, channel: AbstractChannel) -> list[Check]:
        """Make a new channel ready: a fresh queue for answers, and ears for returned asks."""
        exist = exchanges_for(apart=self._apart)
        await exist(await channel.get_underlay_channel())
        name = f"answers.{self._name}.{uuid4().hex}"
        queue = await channel.declare_queue(name, exclusive=True, auto_delete=True)
        await queue.bind(ANSWERS, name)
        await queue.consume(self._answered, no_ack=True)
        self._reply_to = f"{name}|{ANSWERS}"
        self._asks = await channel.get_exchange(ASKS, ensure=False)
        answers = partial(consumed_and_bound, queue=name, exchange=ANSWERS, keys=(name,))
        self._checks = [exist, answers]
        for address in self._overheard:
            await self._hear(channel, address)
        for missed in self._missed:  # nothing was heard while there was no line
            missed()
        return self._checks

    async def _hear(self, channel: AbstractChannel, address: str) -> None:
        name = f"overhears.{self._name}.{uuid4().hex}"
        queue = await channel.declare_queue(name, exclusive=True, auto_delete=True)
        await queue.bind(FACTS, f"{address}.*")

        async def heard(incoming: AbstractIncomingMessage) -> None:
            trace_id.set(str(incoming.headers.get("trace") or ""))
            for listener in self._overheard[address]:
                await listener(incoming.body)

        await queue.consume(heard, no_ack=True)
        keys = (f"{address}.*",)
        self._checks.append(partial(consumed_and_bound, queue=name, exchange=FACTS, keys=keys))

    async def _look_after(self) -> None:
        """Look again and again whether the rooms are there that owe an answer for a while."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                with breaks():
                    await self._look()
            except LOST:
                continue  # the line itself will notice

    async def _look(self) -> None:
        waiting = defaultdict(list)
        for pending in self._pending.values():
            if time.monotonic() - pending.since >= LOOK:
                waiting[pending.address].append(pending)
        for address, those in waiting.items():
            if not await self._is_answered(address):
                for pending in those:
                    pending.fail(room_lost())

    async def _is_answered(self, address: str) -> bool:
        """Tell whether a room takes asks at this address.

        A queue that a broker kept for a room which did not come back is removed: the next ask is
        refused at once. It would go by itself, but not while somebody looks at it. Of parts that
        have users of their own the gateway alone may do so.
        """
        async with asyncio.timeout(ANSWER):
            channel = await self._line.aside()
            try:
                underlay = await channel.get_underlay_channel()
                found = await underlay.queue_declare(address, passive=True)
                if not found.consumer_count:
                    await underlay.queue_delete(address, if_unused=True)
            except (ChannelNotFoundEntity, ChannelAccessRefused):
                return False
            await channel.close()
        return bool(found.consumer_count)

    async def _answered(self, incoming: AbstractIncomingMessage) -> None:
        pending = self._pending.get(incoming.correlation_id or "")
        if pending is None or pending.answer.done():
            late_answers.inc()
        else:
            pending.answer.set_result(incoming)

    def _fail_pending(self) -> None:
        for pending in self._pending.values():
            pending.fail(line_lost())


def _read(message: Asked[R], incoming: AbstractIncomingMessage) -> R:
    """Read an answer: the reply that the contract names, or the refusal, raised again."""
    if incoming.type == "refused":
        raise Refused.read(Refusal.model_validate_json(incoming.body))
    return cast(R, reply_type(type(message)).model_validate_json(incoming.body))


_reply_types: dict[type, type[Reply]] = {}


def reply_type(contract: type) -> type[Reply]:
    """Return the reply that a contract names: the `R` of its `Command[R]` or `Query[R]`."""
    if contract not in _reply_types:
        for base in contract.__mro__:
            found = getattr(base, "__pydantic_generic_metadata__", {}).get("args") or ()
            if found:
                _reply_types[contract] = found[0]
                break
        else:
            raise TypeError(f"{contract.__name__} names no reply {get_args(contract)}")
    return _reply_types[contract]
