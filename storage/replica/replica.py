"""A replica: what a room keeps of the nouns that it follows, in its own schema.

`lock` first, then `save`: one person's news are taken in one after the other. People are locked in
the order of their ids, so that two who lock many never wait for each other in a circle. Whoever
makes something new for a person lets them `stay`: nothing new outlives who was erased.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import MetaData, Table, TextClause, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.language import Language
from contracts.users import Weekday
from storage.replica import statements
from storage.replica.nouns import Breaks, Days, Entries, Habits, Noun, People, Row
from storage.replica.tables import table_of

Lock = Literal["stay", "lock"]
"""Let a person stay who they are until the transaction ends, or have them for oneself."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """How a person lives, as far as the room keeps it; as if new, until their profile was told.

    `version` 0: it was not. `gone`: they were erased.
    """

    user_id: UUID
    gone: bool = False
    version: int = 0
    email: str | None = None
    name: str = ""
    language: Language = "en"
    zone: str = "UTC"
    day_start: int = 0
    week_start: Weekday = "mon"
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class HabitNews:
    """A habit of which something was news; `deleted`: it is gone for good."""

    user_id: UUID
    habit_id: UUID
    deleted: bool


@dataclass(frozen=True, slots=True)
class DaysNews:
    """Days of a habit that are news lie from `first` to `last`."""

    user_id: UUID
    habit_id: UUID
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Changes:
    """What was news in a batch: of people, breaks and entries, whose they are."""

    people: Sequence[UUID] = ()
    habits: Sequence[HabitNews] = ()
    days: Sequence[DaysNews] = ()
    breaks: Sequence[UUID] = ()
    entries: Sequence[UUID] = ()

    @property
    def nouns(self) -> set[type[Noun]]:
        """Return of which nouns something was news."""
        said = {
            People: self.people,
            Habits: self.habits,
            Days: self.days,
            Breaks: self.breaks,
            Entries: self.entries,
        }
        return {kind for kind, news in said.items() if news}

    @property
    def users(self) -> list[UUID]:
        """List, in order, whose something is."""
        theirs = {*self.people, *self.breaks, *self.entries}
        theirs |= {one.user_id for one in self.habits} | {one.user_id for one in self.days}
        return sorted(theirs)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A noun with its table and its statement."""

    noun: Noun
    table: Table
    save: TextClause


@dataclass(slots=True)
class Replica:
    """The nouns that a room keeps in its schema, by their kind."""

    schema: str
    nouns: tuple[Noun, ...]
    tables: MetaData = field(repr=False)
    _kept: dict[type[Noun], _Kept] = field(init=False, default_factory=dict, repr=False)
    _lock: TextClause = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay out the tables, and write the statements."""
        if not any(isinstance(noun, People) for noun in self.nouns):
            self.nouns = (People("zone"), *self.nouns)
        kinds = {type(noun) for noun in self.nouns}
        if len(kinds) < len(self.nouns) or (Days in kinds and Habits not in kinds):
            raise TypeError("each noun is followed once, and days come with their habits")
        self._lock = text(statements.LOCK.format(schema=self.schema))
        for noun in self.nouns:
            save = statements.save_of(self.schema, noun, with_habits=Habits in kinds)
            table = table_of(self.tables, self.schema, noun)
            self._kept[type(noun)] = _Kept(noun, table, text(save))

    def __contains__(self, kind: type[Noun]) -> bool:
        """Tell whether a noun is kept."""
        return kind in self._kept

    def noun(self, kind: type[Noun]) -> Noun:
        """Return what is kept of a noun."""
        return self._kept[kind].noun

    def table(self, kind: type[Noun]) -> Table:
        """Return the table of a noun."""
        return self._kept[kind].table

    async def lock(self, tx: AsyncConnection, user_ids: Collection[UUID]) -> set[UUID]:
        """Lock people until the transaction ends, known or not; return those that are gone."""
        rows = await tx.execute(self._lock, {"ids": sorted(user_ids)})
        return {row[0] for row in rows if row[1]}

    async def save(self, tx: AsyncConnection, rows: dict[type[Noun], list[Row]]) -> Changes:
        """Save what is newer than what is known, of people that are locked; return what was."""
        news = {
            kind: await self._save(tx, kept, rows[kind])
            for kind, kept in self._kept.items()
            if rows.get(kind)
        }
        habits = [HabitNews(*row) for row in news.get(Habits, ())]
        await self._drop(tx, [one for one in habits if one.deleted])
        return Changes(
            people=[row[0] for row in news.get(People, ())],
            habits=habits,
            days=[DaysNews(*row) for row in news.get(Days, ())],
            breaks=[row[0] for row in news.get(Breaks, ())],
            entries=[row[0] for row in news.get(Entries, ())],
        )

    async def _save(self, tx: AsyncConnection, kept: _Kept, rows: list[Row]) -> Sequence[Any]:
        values = statements.values_of(kept.noun, kept.noun.merge(rows))
        return (await tx.execute(kept.save, values)).all()

    async def _drop(self, tx: AsyncConnection, gone: Sequence[HabitNews]) -> None:
        """Drop what belongs to habits that are gone."""
        if not gone:
            return
        values = {
            "users": [one.user_id for one in gone],
            "habits": [one.habit_id for one in gone],
        }
        for kind, statement in ((Days, statements.drop_days), (Breaks, statements.empty_breaks)):
            if kind in self._kept:
                await tx.execute(text(statement(self.schema)), values)

    async def find_person(
        self, tx: AsyncConnection, user_id: UUID, lock: Lock | None = None
    ) -> PersonRow | None:
        """Return a person, if the room has heard of them."""
        people = self.table(People)
        kept = [name for name in PersonRow.__slots__ if name in people.c]
        statement = select(*(people.c[name] for name in kept)).where(people.c.user_id == user_id)
        if lock is not None:
            statement = statement.with_for_update(key_share=True, read=lock == "stay")
        row = (await tx.execute(statement)).first()
        if row is None:
            return None
        said = dict(zip(kept, row, strict=True))
        return PersonRow(**{name: value for name, value in said.items() if value is not None})

    async def erase(self, tx: AsyncConnection, user_ids: Sequence[UUID]) -> None:
        """Erase people who are locked, once all who let them stay are done; only their ids are
        kept, so that what comes late brings nothing back.
        """
        people = self.table(People)
        mine = people.c.user_id.in_(user_ids)
        await tx.execute(
            select(people.c.user_id).where(mine).order_by(people.c.user_id).with_for_update()
        )
        for kind, kept in self._kept.items():
            if kind is not People:
                await tx.execute(delete(kept.table).where(kept.table.c.user_id.in_(user_ids)))
        empty = self.noun(People).row({})[1:]
        said = dict(zip(self.noun(People).names[1:], empty, strict=True))
        await tx.execute(update(people).where(mine).values(**said, gone=True))

    async def forget(self, tx: AsyncConnection, today: date, most: int) -> int:
        """Drop some of what is older than it is kept for, at most so many rows; return how many."""
        dropped = 0
        for kept in self._kept.values():
            if kept.noun.since is not None:
                statement = text(statements.forget_of(self.schema, kept.noun))
                before = today - timedelta(days=kept.noun.since)
                done = await tx.execute(statement, {"before": before, "most": most})
                dropped += done.rowcount
        return dropped


def without(rows: dict[type[Noun], list[Row]], gone: set[UUID]) -> dict[type[Noun], list[Row]]:
    """Return rows without those of people that are gone."""
    if not gone:
        return rows
    return {kind: [row for row in said if row[0] not in gone] for kind, said in rows.items()}
