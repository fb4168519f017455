"""A diary of an archive is brought back: prompts, templates, entries, and what they said before."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import check_says_something
from actors.journal.room import known, room
from actors.journal.views import outline_of
from actors.runtime.restores import ArchivedRow, Rows
from actors.runtime.room import Now, TheBus, Transaction, Who
from contracts.habit import KeptTags
from contracts.journal import (
    EntriesImported,
    EntryDeleted,
    EntryWords,
    Links,
    PromptId,
)
from contracts.message import Invalid, NotFound
from contracts.prompts import Question
from contracts.restores import RestoreDiary, RowsRestored, own_id
from contracts.templates import TemplateWords
from contracts.time import Day, Zone
from storage import restores
from storage.journal import imported
from storage.journal.entries import EntryRow, entries, revisions
from storage.journal.habits import names
from storage.journal.prompts import prompts
from storage.journal.templates import templates
from storage.outbox import tell

A_DAY = timedelta(days=1)


class ArchivedPrompt(ArchivedRow):
    """A question of a person's own."""

    id: UUID
    question: Question


class ArchivedTemplate(TemplateWords):
    """A template."""

    id: UUID


class ArchivedRevision(EntryWords):
    """What an entry said in a version."""

    entry_id: UUID
    tags: KeptTags
    version: Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]
    day: Day
    at: AwareDatetime
    zone: Zone
    changed_at: AwareDatetime


class ArchivedDiaryEntry(ArchivedRevision):
    """An entry, perhaps one that was thrown away."""

    entry_id: UUID = Field(alias="id")
    created_at: AwareDatetime
    deleted_at: AwareDatetime | None
    import_key: Annotated[str, Field(max_length=200)] | None

    def check(self) -> None:
        """Refuse with `Invalid` an entry that says nothing."""
        check_says_something(self.text, self.title, self.mood, self.energy, self.tags)


@dataclass(frozen=True, slots=True)
class DiaryRestore:
    """Rows being brought back: whose they are, and what the clock says."""

    tx: AsyncConnection
    user_id: UUID
    import_id: UUID
    texts: Sequence[str]
    now: datetime

    def here(self, found: UUID, own: Iterable[UUID]) -> UUID:
        """Return what an id of the archive is here."""
        return found if found in set(own) else own_id(self.user_id, found)

    def prompt(self, found: PromptId | None) -> PromptId | None:
        """Return what a prompt of the archive is here: one of their own, or one of Ritmo."""
        try:
            return str(own_id(self.user_id, UUID(found))) if found else None
        except ValueError:
            return found

    async def links(self, rows: Iterable[ArchivedRevision]) -> Callable[[Links], list[UUID]]:
        """Return what turns links to habits of the archive into links to those that are here."""
        asked = {one for row in rows for one in row.habit_ids}
        own = await names(self.tx, self.user_id, asked)
        return lambda found: [self.here(one, own) for one in found]


@room.answer
async def restore_rows(
    command: RestoreDiary, who: Who, tx: Transaction, bus: TheBus, now: Now
) -> RowsRestored:
    """Bring rows of a section back."""
    await known.person(tx, bus, who, "stay")
    restorer = RESTORERS.get(command.section)
    if restorer is None:
        raise NotFound("section_not_found", "There is no section of this name here.")
    return await restorer(DiaryRestore(tx, who.user_id, command.import_id, command.rows, now))


async def restore_prompts(rows: DiaryRestore) -> RowsRestored:
    """Bring questions back."""
    read = Rows(ArchivedPrompt, rows.texts)
    found = list(read.each())
    own = await restores.own(rows.tx, prompts, rows.user_id, [one.id for one in found])
    values = [
        {"id": rows.here(one.id, own), "user_id": rows.user_id, "question": one.question}
        for one in found
    ]
    kept = await restores.keep(rows.tx, prompts, values)
    return read.account(restored=len(kept), there=len(found) - len(kept))


async def restore_templates(rows: DiaryRestore) -> RowsRestored:
    """Bring templates back."""
    read = Rows(ArchivedTemplate, rows.texts)
    found = list(read.each())
    own = await restores.own(rows.tx, templates, rows.user_id, [one.id for one in found])
    values = [
        one.model_dump() | {"id": rows.here(one.id, own), "user_id": rows.user_id, "version": 1}
        for one in found
    ]
    kept = await restores.keep(rows.tx, templates, values)
    return read.account(restored=len(kept), there=len(found) - len(kept))


async def restore_entries(rows: DiaryRestore) -> RowsRestored:
    """Bring entries back, and tell of them."""
    tx, user_id = rows.tx, rows.user_id
    read = Rows(ArchivedDiaryEntry, rows.texts)

    def check(one: ArchivedDiaryEntry) -> None:
        one.check()
        if max(one.at, one.created_at) > rows.now + 2 * A_DAY:
            raise Invalid("day_out_of_range", "This is yet to come.")

    found = list(read.each(check))
    own = await restores.own(tx, entries, user_id, [one.entry_id for one in found])
    linked = await rows.links(found)
    new = {
        here: EntryRow(
            **{name: getattr(one, name) for name in SAID},
            id=here,
            user_id=user_id,
            habit_ids=linked(one.habit_ids),
            prompt_id=rows.prompt(one.prompt_id),
            created_at=one.created_at,
            deleted_at=one.deleted_at,
            import_key=one.import_key,
        )
        for one in found
        for here in [rows.here(one.entry_id, own)]
    }
    kept = await imported.add_many(tx, user_id, rows.import_id, list(new.values()))
    told = [new[one] for one in kept]
    if told:
        outlines = tuple(map(outline_of, told))
        fact = EntriesImported(user_id=user_id, import_id=rows.import_id, entries=outlines)
        gone = [
            EntryDeleted(user_id=user_id, version=max(2, one.version), entry_id=one.id)
            for one in told
            if one.deleted_at is not None
        ]
        await tell(tx, fact, *gone)
    return read.account(restored=len(kept), there=len(found) - len(kept))


async def restore_revisions(rows: DiaryRestore) -> RowsRestored:
    """Bring back what entries said before."""
    read = Rows(ArchivedRevision, rows.texts)
    found = list(read.each())
    asked = {one.entry_id for one in found}
    own = await restores.own(rows.tx, entries, rows.user_id, asked)
    mapped = {one: rows.here(one, own) for one in asked}
    there = await restores.own(rows.tx, entries, rows.user_id, mapped.values())
    linked = await rows.links(found)
    values = []
    for one in found:
        here = mapped[one.entry_id]
        if here not in there:
            read.refused["entry_not_found"] += 1
            continue
        said = {name: getattr(one, name) for name in SAID}
        links = {"habit_ids": linked(one.habit_ids), "prompt_id": rows.prompt(one.prompt_id)}
        values.append({"entry_id": here} | said | links)
    kept = await restores.keep(rows.tx, revisions, values, "entry_id::text || '/' || version")
    return read.account(restored=len(kept), there=len(values) - len(kept))


SAID = (
    *("version", "day", "at", "zone", "title", "text", "mood", "energy", "tags"),
    *("question", "favourite", "changed_at"),
)
"""What a version of an entry says, but for what it is linked to."""

RESTORERS: Mapping[str, Callable[[DiaryRestore], Awaitable[RowsRestored]]] = {
    "prompts": restore_prompts,
    "templates": restore_templates,
    "entries": restore_entries,
    "revisions": restore_revisions,
}
"""What brings which section back."""
