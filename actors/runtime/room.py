"""A room declares, once, what it answers, what it hears, and which jobs it does.

    room = Room("habits")

    @room.answer
    async def check_in(command: CheckIn, who: Who, tx: Transaction) -> CheckedIn: ...

    @room.before
    async def look_up(command: CheckIn, begin: ShortTransaction) -> Found: ...

    @room.hear
    async def erase(fact: UserDeleted, tx: Transaction) -> None: ...

    @room.do
    async def send_notice(job: SendNotice, tx: Transaction) -> None: ...

    @room.tick("habits.clean_up", every=60)
    async def clean_up(tx: AsyncConnection) -> bool: ...

    @room.working
    async def send(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None: ...

    known = room.follow(People("zone"), Habits())  # what it keeps of others; see `replica`

The first parameter names the contract; the others are dependencies as FastStream knows them, so
that one plain function serves both carriers. They take no parameters, so that in one process they
are found when the room is declared; and they are asynchronous, for FastStream sends plain functions
to a thread.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args

from fast_depends import Depends
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.runtime.own_rows import Belongings
from actors.runtime.ping import look
from actors.runtime.replica import Known
from actors.runtime.seal import Seal
from actors.runtime.settings import Settings
from actors.runtime.signature import injected, signature
from contracts.exports import ExportRows, RowsPage, rows_of
from contracts.health import Ping, Pong, ping_of
from contracts.message import Asked, Command, Fact, Job, Message, Reply, Unauthenticated
from contracts.principal import Principal
from storage import sealed
from storage.base import metadata
from storage.own_rows import Section
from storage.replica.nouns import Noun

Function = TypeVar("Function", bound=Callable[..., Awaitable[Reply | None]])
Before = TypeVar("Before", bound=Callable[..., Awaitable[object]])
M = TypeVar("M", bound=Message)
P = TypeVar("P")
Call = Callable[[Any], Awaitable[Reply | None]]
Prepare = Callable[[Any], Awaitable[object]]
Strike = Callable[[AsyncConnection], Awaitable[bool]]
"""A stroke of work in one transaction; true if more is left, and it is to be called again."""

Loop = Callable[[AsyncEngine, Settings, RoomBus], Awaitable[None]]
"""Work that goes on for as long as a room is open, with the room's own bus."""

Gatherer = Callable[[AsyncConnection, Sequence[Fact]], Awaitable[None]]
"""Takes in all facts of a transaction that it is told of, at once."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A job that may be missed or doubled; the leading clock sends it, by seconds or cron (UTC)."""

    name: str
    strike: Strike
    every: int | str


Begin = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Begins a transaction, in a turn of the room: both end with the block."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a message is worked on with.

    `tx` is None before the transaction; `prepared` is what was returned by what came before it.
    """

    tx: AsyncConnection | None
    principal: Principal | None
    bus: RoomBus
    begin: Begin
    prepared: object = None


work: ContextVar[Work] = ContextVar("work")


async def _tx() -> AsyncConnection:
    tx = work.get().tx
    if tx is None:
        raise LookupError("there is no transaction yet; a short one can be begun")
    return tx


async def _begin() -> Begin:
    return work.get().begin


def prepared(kind: type[P]) -> P:
    """Return what was prepared before the transaction of this message."""
    found = work.get().prepared
    if not isinstance(found, kind):
        raise TypeError(f"{kind.__name__} was not prepared")
    return found


async def _bus() -> RoomBus:
    return work.get().bus


async def _who() -> Principal:
    principal = work.get().principal
    if principal is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    return principal


Transaction = Annotated[AsyncConnection, Depends(_tx)]
"""The transaction of this message: committed when the handler returns, else rolled back."""

ShortTransaction = Annotated[Begin, Depends(_begin)]
"""For what is called before the transaction: begins a short one of its own, to look something up.

    async with begin() as tx: ...
"""

Who = Annotated[Principal, Depends(_who)]
"""The verified caller."""

TheBus = Annotated[RoomBus, Depends(_bus)]
"""The bus, to ask another room."""


async def _now() -> datetime:
    return datetime.now(UTC)


Now = Annotated[datetime, Depends(_now)]
"""The instant at which the handler began, aware: the one clock of what it decides."""


@dataclass(frozen=True, slots=True)
class Handler(Generic[M]):
    """One function of a room and the contract that it serves."""

    contract: type[M]
    function: Callable[..., Awaitable[Reply | None]]
    reply: type[Reply] | None
    call: Call

    @property
    def changes(self) -> bool:
        """Tell whether this serves a command."""
        return issubclass(self.contract, Command)


@dataclass(slots=True)
class Room:
    """A room by name, with what it answers, hears and does, by address."""

    name: str
    answers: dict[str, Handler[Asked[Reply]]] = field(default_factory=dict)
    befores: dict[str, Prepare] = field(default_factory=dict)
    hears: dict[str, Handler[Fact]] = field(default_factory=dict)
    gatherers: dict[str, list[Gatherer]] = field(default_factory=lambda: defaultdict(list))
    jobs: dict[str, Handler[Job]] = field(default_factory=dict)
    opens: list[Callable[[Settings], Awaitable[None]]] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    known: Known | None = None
    belongings: Belongings = field(default_factory=Belongings)
    folder: Path = Path()

    def __post_init__(self) -> None:
        """Answer pings, and give people what is theirs, as every room does."""
        for function in _common(self):
            self.answer(function)

    def answer(self, function: Function) -> Function:
        """Declare that this function answers the contract of its first parameter."""
        contract, reply = signature(function)
        if contract.address in self.answers or not contract.address.startswith(f"{self.name}."):
            raise TypeError(f"{contract.address} cannot be answered twice, or by {self.name}")
        self.answers[contract.address] = Handler(contract, function, reply, injected(function))
        return function

    def before(self, function: Before) -> Before:
        """Declare what is called with a message before its transaction begins; it may refuse.

        For what takes its time without the database, such as looking up a name or hashing a
        password: it holds neither a connection nor a turn of the room. Its first parameter names
        one contract, or several: `First | Second`; the others are dependencies, but no
        `Transaction`. What it returns is `prepared` for the handler. With an `Idempotency-Key` it
        is called each time, and the handler once.
        """
        contract, _ = signature(function)
        for one in get_args(contract) or (contract,):
            self.befores[one.address] = injected(function)
        return function

    def opening(
        self, function: Callable[[Settings], Awaitable[None]]
    ) -> Callable[[Settings], Awaitable[None]]:
        """Declare what the room prepares, from the settings, before its first message."""
        self.opens.append(function)
        return function

    def tick(self, name: str, *, every: int | str) -> Callable[[Strike], Strike]:
        """Declare what the clock has this room do, every so many seconds or by cron (UTC).

        A tick may be missed, and several replicas of the room may be at it at once.
        """
        if not name.startswith(f"{self.name}."):
            raise TypeError(f"{name} is no tick of {self.name}")

        def declare(strike: Strike) -> Strike:
            self.ticks.append(Tick(name, strike, every))
            return strike

        return declare

    def working(self, loop: Loop) -> Loop:
        """Declare what the room does in the background, from its start until it is cancelled."""
        self.loops.append(loop)
        return loop

    async def open(self, settings: Settings) -> None:
        """Prepare the room for its first message."""
        sealed.use(Seal(settings))
        self.folder = settings.data.expanduser()
        for prepare in self.opens:
            await prepare(settings)

    def hear(self, function: Function) -> Function:
        """Declare that this function takes in the fact of its first parameter, once."""
        contract, _ = signature(function)
        if self.hears_alone(contract.address):
            raise TypeError(f"{self.name} hears {contract.address} twice")
        self.hears[contract.address] = Handler(contract, function, None, injected(function))
        return function

    def hears_alone(self, address: str) -> bool:
        """Tell whether a function of the room takes in facts of this address one by one."""
        return address in self.hears and self.hears[address].call is not _passed_over

    def gather(self, contracts: Iterable[type[Fact]], gatherer: Gatherer) -> None:
        """Let facts of some types be taken in together, once each: all that a transaction holds.

        That is before those that are heard one by one; a fact may be both.
        """
        for contract in contracts:
            self.gatherers[contract.address].append(gatherer)
            nothing = _passes_over(contract)
            self.hears.setdefault(contract.address, Handler(contract, nothing, None, _passed_over))

    def follow(self, *nouns: Noun, tables: MetaData = metadata) -> Known:
        """Keep what is declared of the nouns of other rooms, in tables of this room's schema."""
        self.known = Known(self, nouns, tables)
        return self.known

    def export(self, *sections: Section, left_out: Mapping[str, str] | None = None) -> None:
        """Declare what people may take away of theirs; `left_out`: what not, with the reason."""
        self.belongings.declare(*sections, left_out=left_out)

    def do(self, function: Function) -> Function:
        """Declare that this function does the job of its first parameter, once."""
        contract, _ = signature(function)
        if contract.address in self.jobs or not contract.address.startswith(f"{self.name}."):
            raise TypeError(f"{contract.address} cannot be done twice, or by {self.name}")
        self.jobs[contract.address] = Handler(contract, function, None, injected(function))
        return function


async def _passed_over(fact: Fact) -> None:
    """Do nothing with a fact: it was gathered."""


def _passes_over(contract: type[Fact]) -> Callable[[Fact], Awaitable[None]]:
    """Make what stands for a fact that is only gathered."""

    async def nothing(fact: Fact) -> None:
        """Do nothing: it was gathered."""

    nothing.__annotations__["fact"] = contract
    return nothing


def _common(room: Room) -> Sequence[Callable[..., Awaitable[Reply]]]:
    """Make what every room answers."""

    async def ping(query: Ping, tx: Transaction) -> Pong:
        """Show that the room is there, and what it sees."""
        return await look(tx, room.folder)

    async def export_rows(query: ExportRows, who: Who, tx: Transaction) -> RowsPage:
        """Give a page of what the room holds of the caller."""
        return await room.belongings.page(tx, who.user_id, query)

    ping.__annotations__["query"] = ping_of(room.name)
    export_rows.__annotations__["query"] = rows_of(room.name)
    return ping, export_rows
