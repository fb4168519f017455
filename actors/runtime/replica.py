"""A room follows nouns of others: it keeps what it declares of them, and is told of what is news.

    known = room.follow(People("zone day_start"), Habits(), Days(since=400), Breaks())

    @known.changed(Habits, Days)
    async def reschedule(changes: Changes, tx: AsyncConnection) -> None: ...

What is heard is taken in batch by batch, one statement a noun; `changed` is called after that, in
the same transaction, once for all that was news. What has not arrived yet is asked for. A room that
meets a Ritmo in which it has not followed before has the owners tell what there is (`backfill`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime import backfill
from actors.runtime.replica_rows import (
    OUTLINE,
    PROFILE,
    READERS,
    Said,
    dump_versions,
    laid_out,
    said_of,
    state_rows,
)
from actors.runtime.settings import Settings
from contracts.backfill import NounName, state_for
from contracts.bus import Bus
from contracts.habits import GetHabit
from contracts.message import Fact, Gone
from contracts.principal import Principal
from contracts.users import GetProfile, UserDeleted
from storage.replica.nouns import Habits, Noun, People, Row
from storage.replica.replica import Changes, Lock, PersonRow, Replica, without
from storage.session import transaction

if TYPE_CHECKING:
    from actors.runtime.room import Room

Listener = Callable[[Changes, AsyncConnection], Awaitable[None]]
L = TypeVar("L", bound=Listener)
Rows = dict[type[Noun], list[Row]]


class Known:
    """What a room knows of others."""

    def __init__(self, room: "Room", nouns: Sequence[Noun], tables: MetaData) -> None:
        """Let a room follow these; `tables` is where they are laid out."""
        self.room = room.name
        self.replica = Replica(room.name, tuple(nouns), tables)
        self._listeners: list[tuple[frozenset[type[Noun]], Listener]] = []
        self._readers: dict[str, Callable[[Fact], Said]] = {}
        contracts: list[type[Fact]] = [UserDeleted]
        for noun in self.replica.nouns:
            for contract, read in READERS[type(noun)].items():
                self._readers[contract.address] = read
                contracts.append(contract)
        owners = sorted({noun.owner for noun in self.replica.nouns})
        self.states = [state_for(owner, room.name).address for owner in owners]
        """The addresses of the facts by which the room is told what there is."""
        for owner in owners:
            state = state_for(owner, room.name)
            self._readers[state.address] = cast("Callable[[Fact], Said]", state_rows)
            contracts.append(state)
        room.gather(contracts, self.take_in)
        room.working(self.meet)

    def changed(self, *kinds: type[Noun]) -> Callable[[L], L]:
        """Declare what is called when something of these nouns was news: once a transaction."""

        def declare(listener: L) -> L:
            self._listeners.append((frozenset(kinds), listener))
            return listener

        return declare

    async def take_in(self, tx: AsyncConnection, facts: Sequence[Fact]) -> None:
        """Take in a batch of facts, whatever their order."""
        leaving = {fact.user_id for fact in facts if isinstance(fact, UserDeleted)}
        gone = await self.replica.lock(tx, {fact.user_id for fact in facts})
        if leaving:
            await self.replica.erase(tx, sorted(leaving))
        rows = without(self._rows(facts), gone | leaving)
        if any(rows.values()):
            await self._tell(await self.replica.save(tx, rows), tx)

    def _rows(self, facts: Sequence[Fact]) -> Rows:
        """Lay out what facts say, so far as it is kept."""
        rows: Rows = {}
        oldest = self._oldest()
        for fact in facts:
            read = self._readers.get(fact.address)
            for kind, said in read(fact) if read else ():
                if kind not in self.replica:
                    continue
                noun = self.replica.noun(kind)
                said_rows = laid_out(noun, said)
                if kind in oldest:
                    at, first = noun.names.index("day"), oldest[kind]
                    said_rows = [row for row in said_rows if not _is_older(row[at], first)]
                rows.setdefault(kind, []).extend(said_rows)
        return rows

    def _oldest(self) -> Mapping[type[Noun], date]:
        today = datetime.now(UTC).date()
        return {
            type(noun): today - timedelta(days=noun.since)
            for noun in self.replica.nouns
            if noun.since is not None
        }

    async def _tell(self, changes: Changes, tx: AsyncConnection) -> None:
        news = changes.nouns
        for kinds, listener in self._listeners:
            if kinds & news:
                await listener(changes, tx)

    # -- what has not arrived yet ------------------------------------------------------------------

    async def person(
        self, tx: AsyncConnection, bus: Bus, who: Principal, lock: Lock | None = None
    ) -> PersonRow:
        """Return the caller, as `lock` says; ask for them if they are not known here yet.

        Refuses with `Gone` if they were deleted.
        """
        names = self.replica.noun(People).names
        found = await self.replica.find_person(tx, who.user_id, lock)
        told = found is not None and not found.gone and found.version
        if found is not None and told and (found.email is not None or "email" not in names):
            return found
        if who.user_id in await self.replica.lock(tx, [who.user_id]):
            raise Gone("user_gone", "This account was deleted.")
        user = await bus.ask(GetProfile(), who)
        said = said_of(user, ("user_id", "email", "disabled", "version", *PROFILE))
        await self._note(tx, People, {**said, "disabled_version": user.version})
        return await self.replica.find_person(tx, who.user_id) or PersonRow(who.user_id)

    async def ask_habit(
        self, tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID
    ) -> None:
        """Ask for a habit that is not known here yet, and note it. Refuses with `NotFound`."""
        habit = await bus.ask(GetHabit(habit_id=habit_id), who)
        said = said_of(habit, ("habit_id", "version", "start_day", "archived", *OUTLINE))
        more = {"versions": dump_versions(habit.versions), "archived_version": habit.version}
        await self._note(tx, Habits, {**said, **more, "user_id": who.user_id})

    async def _note(self, tx: AsyncConnection, kind: type[Noun], values: dict[str, object]) -> None:
        row = self.replica.noun(kind).row(values)
        await self._tell(await self.replica.save(tx, {kind: [row]}), tx)

    # -- what there was before ---------------------------------------------------------------------

    async def meet(self, engine: AsyncEngine, settings: Settings, bus: Bus) -> None:
        """Have the owners tell what there is, if the room has not followed here before."""
        async with transaction(engine) as tx:
            await self.backfill(tx)
        await asyncio.Event().wait()  # it is done, and nothing is left to do

    async def backfill(self, tx: AsyncConnection, *, again: bool = False) -> None:
        """Have the owners tell the room what there is; `again`: also what was told before."""
        oldest = self._oldest()
        for noun in self.replica.nouns:
            name, since = cast(NounName, noun.table), oldest.get(type(noun))
            await backfill.begin(tx, self.room, noun.owner, name, noun.declared, since, again=again)


def _is_older(day: object, oldest: date) -> bool:
    return isinstance(day, date) and day < oldest
