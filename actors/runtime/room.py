"""A room declares, once, what it answers, what it hears, and which jobs it does.

    room = Room("habits")

    @room.answer
    async def check_in(command: CheckIn, who: Who, tx: Transaction) -> CheckedIn: ...

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

import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args, get_type_hints

from fast_depends import Depends
from fast_depends.dependencies import Dependant
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.runtime.ping import look
from actors.runtime.replica import Known
from actors.runtime.settings import Settings
from contracts.health import Ping, Pong, ping_of
from contracts.message import Asked, Command, Fact, Job, Message, Reply, Unauthenticated
from contracts.principal import Principal
from storage.base import metadata
from storage.replica.nouns import Noun

Function = TypeVar("Function", bound=Callable[..., Awaitable[Reply | None]])
Before = TypeVar("Before", bound=Callable[..., Awaitable[None]])
M = TypeVar("M", bound=Message)
Call = Callable[[Any], Awaitable[Reply | None]]
Strike = Callable[[AsyncConnection], Awaitable[bool]]
"""A stroke of work in one transaction; true if more is left, and it is to be called again."""

Loop = Callable[[AsyncEngine, Settings, RoomBus], Awaitable[None]]
"""Work that goes on for as long as a room is open, with the room's own bus."""


Gatherer = Callable[[AsyncConnection, Sequence[Fact]], Awaitable[None]]
"""Takes in all facts of a transaction that it is told of, at once."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A job that may be missed or doubled: the leading clock sends it to the room every so many
    seconds, or by cron (UTC).
    """

    name: str
    strike: Strike
    every: int | str


@dataclass(frozen=True, slots=True)
class Work:
    """What a message is worked on with."""

    tx: AsyncConnection
    principal: Principal | None
    bus: RoomBus


work: ContextVar[Work] = ContextVar("work")


async def _tx() -> AsyncConnection:
    return work.get().tx


async def _bus() -> RoomBus:
    return work.get().bus


async def _who() -> Principal:
    principal = work.get().principal
    if principal is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    return principal


Transaction = Annotated[AsyncConnection, Depends(_tx)]
"""The transaction of this message: committed when the handler returns, else rolled back."""

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
    befores: dict[str, Callable[[Any], Awaitable[None]]] = field(default_factory=dict)
    hears: dict[str, Handler[Fact]] = field(default_factory=dict)
    gatherers: dict[str, list[Gatherer]] = field(default_factory=lambda: defaultdict(list))
    jobs: dict[str, Handler[Job]] = field(default_factory=dict)
    opens: list[Callable[[Settings], Awaitable[None]]] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    known: Known | None = None
    folder: Path = Path()

    def __post_init__(self) -> None:
        """Answer pings, as every room does."""
        self.answer(_pinged(self))

    def answer(self, function: Function) -> Function:
        """Declare that this function answers the contract of its first parameter."""
        contract, reply = _signature(function)
        if contract.address in self.answers or not contract.address.startswith(f"{self.name}."):
            raise TypeError(f"{contract.address} cannot be answered twice, or by {self.name}")
        self.answers[contract.address] = Handler(contract, function, reply, _injected(function))
        return function

    def before(self, function: Before) -> Before:
        """Declare what is called with a message before its transaction begins; it may refuse.

        For what takes its time outside, such as looking up a name. Its first parameter names one
        contract, or several: `First | Second`.
        """
        contract, _ = _signature(function)
        for one in get_args(contract) or (contract,):
            self.befores[one.address] = function
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
        self.folder = settings.data.expanduser()
        for prepare in self.opens:
            await prepare(settings)

    def hear(self, function: Function) -> Function:
        """Declare that this function takes in the fact of its first parameter, once."""
        contract, _ = _signature(function)
        if self.hears_alone(contract.address):
            raise TypeError(f"{self.name} hears {contract.address} twice")
        self.hears[contract.address] = Handler(contract, function, None, _injected(function))
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

    def do(self, function: Function) -> Function:
        """Declare that this function does the job of its first parameter, once."""
        contract, _ = _signature(function)
        if contract.address in self.jobs or not contract.address.startswith(f"{self.name}."):
            raise TypeError(f"{contract.address} cannot be done twice, or by {self.name}")
        self.jobs[contract.address] = Handler(contract, function, None, _injected(function))
        return function


async def _passed_over(fact: Fact) -> None:
    """Do nothing with a fact: it was gathered."""


def _passes_over(contract: type[Fact]) -> Callable[[Fact], Awaitable[None]]:
    """Make what stands for a fact that is only gathered."""

    async def nothing(fact: Fact) -> None:
        """Do nothing: it was gathered."""

    nothing.__annotations__["fact"] = contract
    return nothing


def _pinged(room: Room) -> Callable[[Ping, AsyncConnection], Awaitable[Pong]]:
    """Make what answers the ping of a room."""

    async def ping(query: Ping, tx: Transaction) -> Pong:
        """Show that the room is there, and what it sees."""
        return await look(tx, room.folder)

    ping.__annotations__["query"] = ping_of(room.name)
    return ping


def _signature(function: Callable[..., object]) -> tuple[Any, type[Reply] | None]:
    """Read the contract and the reply off a handler's annotations."""
    hints = get_type_hints(function)
    first = next(iter(inspect.signature(function).parameters))
    reply = hints.get("return")
    return hints[first], reply if isinstance(reply, type) and issubclass(reply, Reply) else None


def _injected(function: Callable[..., Awaitable[Reply | None]]) -> Call:
    """Resolve the dependencies of a handler once: each is a function without parameters."""
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)[1:]
    given = [_dependency(hints[name]) for name in names]

    async def call(message: Any) -> Reply | None:
        return await function(message, *[await give() for give in given])

    return call


def _dependency(annotation: Any) -> Callable[[], Awaitable[object]]:
    """Return the function behind an `Annotated[..., Depends(function)]`."""
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, Dependant):
            dependency: Callable[[], Awaitable[object]] = extra.dependency
            bare = not inspect.signature(dependency).parameters
            if bare and inspect.iscoroutinefunction(dependency):
                return dependency
    raise TypeError(f"{annotation} is no asynchronous dependency without parameters")
