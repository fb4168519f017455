"""A small room for the tests of the buses: it answers, refuses, breaks, waits, tells, hears and
does jobs.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from fast_depends import Depends
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.room import Room, ShortTransaction, TheBus, Transaction, Who, prepared
from contracts.bus import trace_id
from contracts.message import (
    KINDS,
    Command,
    Durable,
    Fact,
    Invalid,
    Job,
    Query,
    Reply,
    Wrong,
    new_id,
)
from contracts.message import SECRET as CLASSIFIED
from contracts.principal import Principal
from storage.outbox import tell

SECRET = "postgresql://ritmo:hunter2@db/ritmo"

TABLES = (
    "CREATE SCHEMA IF NOT EXISTS trial",
    "CREATE TABLE IF NOT EXISTS trial.notes (note_id uuid, user_id uuid, body text)",
    "CREATE TABLE IF NOT EXISTS trial.heard (message_id uuid, user_id uuid, body text)",
    "CREATE TABLE IF NOT EXISTS trial.places (user_id uuid PRIMARY KEY, place text, version int)",
)


class Said(Reply):
    number: int = 0
    text: str = ""


class Noted(Reply):
    note_id: UUID


@dataclass(frozen=True)
class Found:
    """What was looked up before a transaction, and for whom."""

    number: int
    user_id: UUID


class Whom(Reply):
    user_id: UUID
    service: str | None = None
    session_id: UUID | None
    scopes: tuple[str, ...]


class Note(Command[Noted]):
    """Keep a note and tell it; `gate`: wait for that gate first; `refuse`: change your mind."""

    address: ClassVar[str] = "trial.note"
    text: str
    gate: str = ""
    refuse: bool = False


class Opened(Reply):
    """What is behind a password; `token` is a secret."""

    number: int = 0
    token: Annotated[str, CLASSIFIED] = ""


class ChangeLock(Command[Noted]):
    """Keep a note, with a password that nobody keeps."""

    address: ClassVar[str] = "trial.change_lock"
    text: str
    password: Annotated[str, CLASSIFIED]


class MakeToken(Command[Opened]):
    """Keep a note, and answer with a secret."""

    address: ClassVar[str] = "trial.make_token"
    text: str


class Count(Query[Said]):
    """Count the caller's notes."""

    address: ClassVar[str] = "trial.count"


class Crash(Command[Noted]):
    """Keep a note, then break."""

    address: ClassVar[str] = "trial.crash"


class Refuse(Query[Said]):
    """Refuse in the way that is asked for."""

    address: ClassVar[str] = "trial.refuse"
    kind: str
    code: str = "out_of_tea"


class Hold(Query[Said]):
    """Answer once a gate is open."""

    address: ClassVar[str] = "trial.hold"
    gate: str


class Echo(Query[Said]):
    """Say the number again."""

    address: ClassVar[str] = "trial.echo"
    public: ClassVar[bool] = True
    number: int


class Trace(Query[Said]):
    """Say which request this is."""

    address: ClassVar[str] = "trial.trace"
    public: ClassVar[bool] = True


class WhoAmI(Query[Whom]):
    """Say who asks."""

    address: ClassVar[str] = "trial.who_am_i"


class Relay(Query[Whom]):
    """Ask the room itself, over the bus, who asks."""

    address: ClassVar[str] = "trial.relay"


class ActFor(Query[Whom]):
    """Ask the room itself, over the bus, who asks, on behalf of somebody."""

    address: ClassVar[str] = "trial.act_for"
    public: ClassVar[bool] = True
    user_id: UUID


class Overstep(Query[Said]):
    """Ask the room itself, on behalf of somebody, for what nobody has said it may."""

    address: ClassVar[str] = "trial.overstep"
    public: ClassVar[bool] = True
    user_id: UUID
    admin: bool = False


class RelayRefusal(Query[Said]):
    """Ask the room itself, over the bus, to refuse."""

    address: ClassVar[str] = "trial.relay_refusal"
    kind: str


class Guarded(Query[Said]):
    """For administrators."""

    address: ClassVar[str] = "trial.guarded"
    scope: ClassVar[str] = "admin"


class LookUp(Command[Said]):
    """Look something up before the transaction, and wait for `gate` there."""

    address: ClassVar[str] = "trial.look_up"
    gate: str


class Absent(Query[Said]):
    """Belongs to a room that is not running."""

    address: ClassVar[str] = "nowhere.absent"
    public: ClassVar[bool] = True


class Happened(Fact):
    """The room writes it down."""

    address: ClassVar[str] = "trial.happened"
    text: str = ""


class Stumbled(Fact):
    """The room writes it down, and fails while the text is among `troubles`."""

    address: ClassVar[str] = "trial.stumbled"
    text: str = ""


class Moved(Fact):
    """The newest version counts."""

    address: ClassVar[str] = "trial.moved"
    place: str


class Whispered(Fact):
    """No room hears it."""

    address: ClassVar[str] = "trial.whispered"
    text: str = ""


class Build(Job):
    """The room writes it down; `gate`: waits for that gate first. It fails as with `Stumbled`."""

    address: ClassVar[str] = "trial.build"
    text: str = ""
    gate: str = ""


class Fly(Job):
    """No room does it."""

    address: ClassVar[str] = "nowhere.fly"


room = Room("trial")
gates: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
begun: list[str] = []
"""The gates before which a handler has arrived, once for each time."""

troubles: dict[str, int] = defaultdict(int)
"""How often, from now on, the room stumbles over a fact with this text."""


async def keep(tx: AsyncConnection, who: Principal, body: str) -> UUID:
    note_id = new_id()
    await tx.execute(
        text("INSERT INTO trial.notes VALUES (:note_id, :user_id, :body)"),
        {"note_id": note_id, "user_id": who.user_id, "body": body},
    )
    return note_id


async def write_down(tx: AsyncConnection, message: Durable, body: str) -> None:
    await tx.execute(
        text("INSERT INTO trial.heard VALUES (:id, :user_id, :body)"),
        {"id": message.id, "user_id": message.user_id, "body": body},
    )


async def pass_gate(name: str) -> None:
    begun.append(name)
    await gates[name].wait()


@room.do
async def build(job: Build, tx: Transaction) -> None:
    await write_down(tx, job, job.text)
    if job.gate:
        await pass_gate(job.gate)
    if troubles[job.text] > 0:
        troubles[job.text] -= 1
        raise LookupError("a stone in the way")


@room.tick("trial.nudge", every=3600)
async def nudge(tx: AsyncConnection) -> bool:
    await pass_gate("nudge")
    return False


@room.answer
async def change_lock(command: ChangeLock, who: Who, tx: Transaction) -> Noted:
    return Noted(note_id=await keep(tx, who, command.text))


@room.answer
async def make_token(command: MakeToken, who: Who, tx: Transaction) -> Opened:
    await keep(tx, who, command.text)
    return Opened(number=1, token="shown once")


@room.answer
async def note(command: Note, who: Who, tx: Transaction) -> Noted:
    note_id = await keep(tx, who, command.text)
    await tell(tx, Happened(user_id=who.user_id, text=command.text))
    if command.gate:
        await pass_gate(command.gate)
    if command.refuse:
        raise Invalid("second_thoughts", "Not after all.")
    return Noted(note_id=note_id)


@room.answer
async def count(query: Count, who: Who, tx: Transaction) -> Said:
    words = text("SELECT count(*) FROM trial.notes WHERE user_id = :user_id")
    return Said(number=(await tx.execute(words, {"user_id": who.user_id})).scalar_one())


@room.answer
async def crash(command: Crash, who: Who, tx: Transaction) -> Noted:
    await keep(tx, who, "never seen")
    raise RuntimeError(SECRET)


@room.answer
async def refuse(query: Refuse, who: Who) -> Said:
    raise KINDS[query.kind](
        query.code,
        "There is no {tea} left, {bags} bags.",
        fields=(Wrong(pointer="/cup", detail="It stays empty."),),
        retry_after=2.5,
        tea="Assam",
        bags=0,
    )


@room.answer
async def hold(query: Hold, who: Who) -> Said:
    await pass_gate(query.gate)
    return Said(text=query.gate)


@room.answer
async def echo(query: Echo) -> Said:
    return Said(number=query.number)


@room.answer
async def trace(query: Trace) -> Said:
    return Said(text=trace_id.get())


@room.answer
async def who_am_i(query: WhoAmI, who: Who) -> Whom:
    return Whom(
        user_id=who.user_id,
        service=who.service,
        session_id=who.session_id,
        scopes=tuple(sorted(who.scopes)),
    )


@room.answer
async def act_for(query: ActFor, bus: TheBus) -> Whom:
    return await bus.ask(WhoAmI(), on_behalf_of=query.user_id)


@room.answer
async def overstep(query: Overstep, bus: TheBus) -> Said:
    return await bus.ask(Guarded() if query.admin else Count(), on_behalf_of=query.user_id)


@room.answer
async def relay(query: Relay, who: Who, bus: TheBus) -> Whom:
    return await bus.ask(WhoAmI(), who)


@room.answer
async def relay_refusal(query: RelayRefusal, who: Who, bus: TheBus) -> Said:
    return await bus.ask(Refuse(kind=query.kind), who)


@room.answer
async def guarded(query: Guarded) -> Said:
    return Said(text="come in")


async def _found() -> Found:
    return prepared(Found)


@room.before
async def find(command: LookUp, who: Who, begin: ShortTransaction) -> Found:
    async with begin() as tx:
        number = (await tx.execute(text("SELECT 7"))).scalar_one()
    await pass_gate(command.gate)
    return Found(number, who.user_id)


@room.answer
async def look_up(command: LookUp, found: Annotated[Found, Depends(_found)]) -> Said:
    return Said(number=found.number, text=str(found.user_id))


@room.hear
async def happened(fact: Happened, tx: Transaction) -> None:
    await write_down(tx, fact, fact.text)


@room.hear
async def stumbled(fact: Stumbled, tx: Transaction) -> None:
    await write_down(tx, fact, fact.text)
    if troubles[fact.text] > 0:
        troubles[fact.text] -= 1
        raise LookupError("a stone")


@room.hear
async def moved(fact: Moved, tx: Transaction) -> None:
    await tx.execute(
        text(
            "INSERT INTO trial.places AS p VALUES (:user_id, :place, :version) ON CONFLICT "
            "(user_id) DO UPDATE SET place = :place, version = :version "
            "WHERE p.version < :version"
        ),
        {"user_id": fact.user_id, "place": fact.place, "version": fact.version},
    )


async def until(
    condition: Callable[[], bool | Awaitable[bool]], seconds: float = 30, pause: float = 0.02
) -> None:
    """Wait until a condition holds; fail after `seconds`."""
    async with asyncio.timeout(seconds):
        while True:
            held = condition()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(pause)


async def make_tables(engine: AsyncEngine, statements: Iterable[str] = TABLES) -> None:
    """Make the tables of this room."""
    async with engine.begin() as tx:
        for statement in statements:
            await tx.execute(text(statement))
