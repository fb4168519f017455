"""Entries: written, changed, thrown away and brought back. What one said before is kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import Lived, check_says_something, lived, moved
from actors.journal.prompts import question_of
from actors.journal.room import known, room
from actors.journal.views import fact_of, no_entry, seen, view
from actors.runtime.room import Now, TheBus, Transaction, Who
from contracts.bus import Bus
from contracts.journal import (
    MAX_LINKS,
    CreateEntry,
    DeleteEntry,
    EntryDeleted,
    JournalEntry,
    PromptId,
    RestoreEntry,
    UpdateEntry,
)
from contracts.message import Conflict, Done, Invalid, NotFound, Wrong, check_version, new_id
from contracts.principal import Principal
from storage.journal import entries, habits
from storage.journal.entries import EntryRow
from storage.outbox import tell
from storage.replica.replica import PersonRow

PURGED = 1000
"""Entries that are removed in one transaction, at most."""

LISTS = ("tags", "habit_ids")
PLAIN = ("title", "text", "mood", "energy", "prompt_id", "question", "favourite")
WORDS = frozenset({*PLAIN, *LISTS, "day", "at", "zone"}) - {"favourite"}
"""What makes a version: an entry that says something else, not one that is only liked more."""


async def _found(
    tx: AsyncConnection, who: Principal, entry_id: UUID, expected_version: int | None
) -> EntryRow:
    """Return an entry of the caller's, locked, at the version that they expect."""
    row = await entries.find(tx, who.user_id, entry_id, lock=True)
    if row is None:
        raise no_entry(entry_id)
    check_version(row.version, expected_version)
    return row


@room.answer
async def create_entry(
    command: CreateEntry, who: Who, tx: Transaction, bus: TheBus, now: Now
) -> JournalEntry:
    """Write an entry."""
    person = await known.person(tx, bus, who, "stay")
    check_says_something(command.text, command.title, command.mood, command.energy, command.tags)
    zone = command.zone or person.zone
    when = lived(command.day, command.at, zone, person.day_start, now)
    await _check_links(tx, bus, who, command.habit_ids)
    question = command.question
    if command.prompt_id is not None:
        question = await _asked(tx, who, command.prompt_id, person, question)
    words = {name: getattr(command, name) for name in (*PLAIN, *LISTS)}
    row = EntryRow(
        **words | {"question": question},
        id=new_id(),
        user_id=who.user_id,
        version=1,
        day=when.day,
        at=when.at,
        zone=when.zone,
        created_at=now,
        changed_at=now,
    )
    await entries.add(tx, who.user_id, row)
    await tell(tx, fact_of(row))
    return await view(tx, row)


async def _asked(
    tx: AsyncConnection, who: Principal, prompt_id: PromptId, person: PersonRow, given: str
) -> str:
    """Return the question that is answered; as the writer saw it, if they say so."""
    question = await question_of(tx, who.user_id, prompt_id, person.language)
    if question is None:
        wrong = Wrong(pointer="/prompt_id", detail="there is no such prompt")
        text = "There is no prompt {prompt_id}."
        raise Invalid("unknown_prompt", text, fields=(wrong,), prompt_id=prompt_id)
    return given or question


@room.answer
async def update_entry(
    command: UpdateEntry, who: Who, tx: Transaction, bus: TheBus, now: Now
) -> JournalEntry:
    """Change an entry, and keep what it said; a change of nothing is none."""
    person = await known.person(tx, bus, who)
    row = await _found(tx, who, command.entry_id, command.expected_version)
    if row.deleted_at is not None:
        raise Conflict("entry_deleted", "This entry was deleted; restore it first.")
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in command.changes().items()
        if name in (*PLAIN, *LISTS)
    }
    prompt_id = values.get("prompt_id")
    if isinstance(prompt_id, str) and prompt_id != row.prompt_id:
        given = command.question or ""
        values["question"] = await _asked(tx, who, prompt_id, person, given)
    elif "prompt_id" in values and prompt_id is None:
        values["question"] = command.question or ""
    if command.habit_ids is not None:
        await _check_links(tx, bus, who, command.habit_ids)
        values["habit_ids"] = await _linked(tx, row, command.habit_ids)
    old = Lived(row.day, row.at, row.zone)
    when = moved(old, command.day, command.at, command.zone, person.day_start, now)
    values |= {"day": when.day, "at": when.at, "zone": when.zone}
    said = ("text", "title", "mood", "energy", "tags")
    check_says_something(*(values.get(name, getattr(row, name)) for name in said))
    return await view(tx, await _save(tx, row, values, now))


async def _linked(tx: AsyncConnection, row: EntryRow, given: tuple[UUID, ...]) -> list[UUID]:
    """Return the links that an entry is to have: those to habits in the bin are not seen, and stay.

    Of these there is only room beside what is given (`MAX_LINKS`). What is said already, as far as
    it is seen, changes nothing.
    """
    hidden = await habits.hidden(tx, row.user_id)
    if given == seen(row.habit_ids, hidden):
        return list(row.habit_ids)
    return [*given, *(one for one in row.habit_ids if one in hidden)][:MAX_LINKS]


async def _save(
    tx: AsyncConnection, row: EntryRow, values: dict[str, object], now: datetime
) -> EntryRow:
    """Save what differs, keep what the entry said if its words do, and tell."""
    values = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not values:
        return row
    if WORDS & values.keys():
        await entries.keep_revision(tx, row.user_id, row)
        values["changed_at"] = now
    changed = await entries.change(tx, row.user_id, row.id, values)
    await tell(tx, fact_of(changed))
    return changed


@room.answer
async def delete_entry(command: DeleteEntry, who: Who, tx: Transaction, now: Now) -> Done:
    """Throw an entry away."""
    row = await _found(tx, who, command.entry_id, command.expected_version)
    if command.forever:
        await entries.remove(tx, who.user_id, row.id)
    if row.deleted_at is None and command.forever:
        await tell(tx, EntryDeleted(user_id=row.user_id, version=row.version + 1, entry_id=row.id))
    elif row.deleted_at is None:
        await _save(tx, row, {"deleted_at": now}, now)
    return Done()


@room.answer
async def restore_entry(command: RestoreEntry, who: Who, tx: Transaction, now: Now) -> JournalEntry:
    """Bring an entry back, or what it said before; links to what is gone stay out."""
    row = await _found(tx, who, command.entry_id, command.expected_version)
    values: dict[str, object] = {"deleted_at": None}
    version = command.to_version
    if version is not None and version > row.version:
        text = "This entry has no version {version}."
        raise NotFound("version_not_found", text, version=version)
    before = await entries.find_revision(tx, who.user_id, row.id, version) if version else None
    if before is not None:
        values |= {name: getattr(before, name) for name in WORDS}
        names = await habits.names(tx, who.user_id, before.habit_ids, stay=True)
        there = {*names, *await habits.hidden(tx, who.user_id)}
        values["habit_ids"] = [one for one in before.habit_ids if one in there]
    return await view(tx, await _save(tx, row, values, now))


@room.tick("journal.purge", every="41 * * * *")
async def purge(tx: AsyncConnection) -> bool:
    """Remove what was thrown away too long ago to be brought back; tell whether there is more."""
    return await entries.purge(tx, PURGED) == PURGED


async def _check_links(
    tx: AsyncConnection, bus: Bus, who: Principal, habit_ids: tuple[UUID, ...]
) -> None:
    """See to it that these are the caller's habits; ask for those of which no fact has come yet.

    Refuses with `Invalid` (`unknown_habit`).
    """
    names = await habits.names(tx, who.user_id, habit_ids, stay=True)
    for place, habit_id in enumerate(habit_ids):
        if habit_id not in names and not await _is_there(tx, bus, who, habit_id):
            wrong = Wrong(pointer=f"/habit_ids/{place}", detail="there is no such habit")
            text = "There is no habit {habit_id}."
            raise Invalid("unknown_habit", text, fields=(wrong,), habit_id=str(habit_id))


async def _is_there(tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID) -> bool:
    """Ask for a habit and note it; False if there is none, or it is known to be gone."""
    try:
        await known.ask_habit(tx, bus, who, habit_id)
    except NotFound:
        return False
    return bool(await habits.names(tx, who.user_id, [habit_id], stay=True))
