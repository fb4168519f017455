"""What the journal room answers and hears: one short function a message."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal import (
    backfill,
    entry_changes,
    export,
    imports,
    moods,
    prompts,
    queries,
    templates,
)
from actors.journal.domain import month_of, prompt_of
from actors.journal.entry_html import harmless_html
from actors.journal.room import known, logical_day, room
from actors.runtime.room import TheBus, Transaction, Who
from contracts.backfill import TellEntries
from contracts.journal import (
    CreateEntry,
    DeleteEntry,
    EntryHistory,
    EntryHtml,
    EntryTag,
    EntryTags,
    GetEntry,
    GetEntryHistory,
    GetOnThisDay,
    JournalEntries,
    JournalEntry,
    ListEntries,
    ListEntryTags,
    OnThisDay,
    RenderEntry,
    RestoreEntry,
    UpdateEntry,
)
from contracts.journal_transfer import ExportedPage, ExportEntries
from contracts.message import Done, new_id
from contracts.moods import (
    CalendarDay,
    GetMoodCalendar,
    GetMoods,
    MoodCalendar,
    Moods,
    NameMoods,
    ResetMoods,
)
from contracts.prompts import (
    AddPrompt,
    ChangePrompt,
    GetPromptOfDay,
    ListPrompts,
    Prompt,
    Prompts,
    RemovePrompt,
)
from contracts.templates import (
    AddTemplate,
    ChangeTemplate,
    EntryTemplate,
    EntryTemplates,
    ListTemplates,
    RemoveTemplate,
)
from contracts.users import UserDeleted
from storage import idempotency
from storage.journal import entries, searches
from storage.journal import moods as kept_moods
from storage.journal import prompts as kept_prompts
from storage.journal import templates as kept_templates
from storage.journal.prompts import PromptRow

__all__ = ("PARTS", "room")

PARTS = (imports,)
"""The parts of the room that have their handlers with them."""

PURGED = 1000
"""Entries that are removed in one transaction, at most."""


# -- entries --------------------------------------------------------------------------------------


@room.answer
async def create_entry(
    command: CreateEntry, who: Who, tx: Transaction, bus: TheBus
) -> JournalEntry:
    """Write an entry."""
    person = await known.person(tx, bus, who, "stay")
    return await queries.view(tx, await entry_changes.create(tx, bus, who, command, person))


@room.answer
async def update_entry(
    command: UpdateEntry, who: Who, tx: Transaction, bus: TheBus
) -> JournalEntry:
    """Change an entry, and keep what it said."""
    person = await known.person(tx, bus, who)
    return await queries.view(tx, await entry_changes.update(tx, bus, who, command, person))


@room.answer
async def delete_entry(command: DeleteEntry, who: Who, tx: Transaction) -> Done:
    """Throw an entry away."""
    await entry_changes.delete(tx, who, command)
    return Done()


@room.answer
async def restore_entry(command: RestoreEntry, who: Who, tx: Transaction) -> JournalEntry:
    """Bring an entry back, or an earlier version of it."""
    return await queries.view(tx, await entry_changes.restore(tx, who, command))


@room.answer
async def get_entry(query: GetEntry, who: Who, tx: Transaction) -> JournalEntry:
    """Show one entry."""
    return await queries.view(tx, await queries.shown(tx, who, query.entry_id))


@room.answer
async def render_entry(query: RenderEntry, who: Who, tx: Transaction) -> EntryHtml:
    """Show the text of an entry as HTML; a hostile text may take long, so elsewhere."""
    row = await queries.shown(tx, who, query.entry_id)
    html = await asyncio.to_thread(harmless_html, row.text)
    return EntryHtml(entry_id=row.id, html=html, version=row.version)


@room.answer
async def list_entries(query: ListEntries, who: Who, tx: Transaction) -> JournalEntries:
    """Show a page of entries."""
    return await queries.listed(tx, who, query)


@room.answer
async def get_entry_history(query: GetEntryHistory, who: Who, tx: Transaction) -> EntryHistory:
    """Show what an entry said before."""
    return await queries.history(tx, who, query)


@room.answer
async def get_on_this_day(query: GetOnThisDay, who: Who, tx: Transaction, bus: TheBus) -> OnThisDay:
    """Show what was on a day in earlier years."""
    day = query.day or logical_day(await known.person(tx, bus, who))
    return await queries.on_this_day(tx, who, day)


@room.answer
async def list_entry_tags(query: ListEntryTags, who: Who, tx: Transaction) -> EntryTags:
    """Show the tags in use."""
    found = await searches.tags(tx, who.user_id)
    return EntryTags(tags=tuple(EntryTag(tag=tag, entries=count) for tag, count in found))


@room.do
async def tell_state(job: TellEntries, tx: Transaction) -> None:
    """Tell a room a page of entries."""
    await backfill.tell(tx, job)


@room.tick("journal.purge", every="41 * * * *")
async def purge(tx: AsyncConnection) -> bool:
    """Remove what was thrown away too long ago to be brought back; tell whether there is more."""
    return await entries.purge(tx, PURGED) == PURGED


# -- moods ----------------------------------------------------------------------------------------


@room.answer
async def get_moods(query: GetMoods, who: Who, tx: Transaction, bus: TheBus) -> Moods:
    """Show what the caller calls their moods."""
    return await moods.scale_of(tx, await known.person(tx, bus, who))


@room.answer
async def name_moods(command: NameMoods, who: Who, tx: Transaction, bus: TheBus) -> Moods:
    """Let moods be called otherwise."""
    await known.person(tx, bus, who, "stay")
    await kept_moods.keep(tx, who.user_id, moods.dump_names(command.moods))
    return Moods(moods=command.moods, custom=True)


@room.answer
async def reset_moods(command: ResetMoods, who: Who, tx: Transaction, bus: TheBus) -> Moods:
    """Let moods be called as usual."""
    await known.person(tx, bus, who, "stay")
    await kept_moods.erase(tx, who.user_id)
    return await moods.scale_of(tx, await known.person(tx, bus, who))


@room.answer
async def get_mood_calendar(
    query: GetMoodCalendar, who: Who, tx: Transaction, bus: TheBus
) -> MoodCalendar:
    """Show the moods of some days."""
    today = logical_day(await known.person(tx, bus, who))
    first, last = month_of(query.first, query.last, today)
    days = tuple(
        CalendarDay(day=day, entries=count, mood=None if mood is None else round(mood, 2))
        for day, count, mood in await searches.moods(tx, who.user_id, first, last)
    )
    return MoodCalendar(first=first, last=last, days=days)


# -- prompts --------------------------------------------------------------------------------------


@room.answer
async def list_prompts(query: ListPrompts, who: Who, tx: Transaction, bus: TheBus) -> Prompts:
    """Show all prompts."""
    person = await known.person(tx, bus, who)
    return Prompts(prompts=tuple(await prompts.all_of(tx, who.user_id, person.language)))


@room.answer
async def add_prompt(command: AddPrompt, who: Who, tx: Transaction, bus: TheBus) -> Prompt:
    """Add a prompt of one's own."""
    await known.person(tx, bus, who, "stay")
    return await prompts.add(tx, who.user_id, PromptRow(new_id(), command.question))


@room.answer
async def change_prompt(command: ChangePrompt, who: Who, tx: Transaction) -> Prompt:
    """Change a prompt of one's own."""
    return await prompts.change(tx, who.user_id, command.prompt_id, command.question)


@room.answer
async def remove_prompt(command: RemovePrompt, who: Who, tx: Transaction) -> Done:
    """Remove a prompt of one's own."""
    await prompts.remove(tx, who.user_id, command.prompt_id)
    return Done()


@room.answer
async def get_prompt_of_day(
    query: GetPromptOfDay, who: Who, tx: Transaction, bus: TheBus
) -> Prompt:
    """Show the prompt of a day."""
    person = await known.person(tx, bus, who)
    every = await prompts.all_of(tx, who.user_id, person.language)
    day = query.day or logical_day(person)
    return Prompt(**every[prompt_of(who.user_id, day, len(every))].model_dump())


# -- templates ------------------------------------------------------------------------------------


@room.answer
async def list_templates(
    query: ListTemplates, who: Who, tx: Transaction, bus: TheBus
) -> EntryTemplates:
    """Show all templates."""
    person = await known.person(tx, bus, who)
    found = await templates.all_of(tx, who.user_id, person.language)
    return EntryTemplates(templates=tuple(found))


@room.answer
async def add_template(
    command: AddTemplate, who: Who, tx: Transaction, bus: TheBus
) -> EntryTemplate:
    """Add a template."""
    await known.person(tx, bus, who, "stay")
    return await templates.add(tx, who.user_id, command)


@room.answer
async def change_template(command: ChangeTemplate, who: Who, tx: Transaction) -> EntryTemplate:
    """Change a template of one's own."""
    return await templates.change(tx, who.user_id, command)


@room.answer
async def remove_template(command: RemoveTemplate, who: Who, tx: Transaction) -> Done:
    """Remove a template of one's own."""
    await templates.remove(tx, who.user_id, command.template_id, command.expected_version)
    return Done()


# -- exports --------------------------------------------------------------------------------------


@room.answer
async def export_entries(query: ExportEntries, who: Who, tx: Transaction) -> ExportedPage:
    """Write a page of entries out."""
    return await export.page(tx, who.user_id, query)


# -- people ---------------------------------------------------------------------------------------


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase what the room owns of a user, and what was kept for repeated requests."""
    await kept_moods.erase(tx, fact.user_id)
    await entries.erase(tx, fact.user_id)
    await kept_prompts.erase(tx, fact.user_id)
    await kept_templates.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
