"""Prompts: the questions that come with Ritmo, and people's own."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import prompt_of
from actors.journal.room import known, logical_day, room
from actors.runtime.room import TheBus, Transaction, Who
from contracts.journal import PromptId
from contracts.message import Conflict, Done, NotFound, new_id
from contracts.prompts import (
    AddPrompt,
    ChangePrompt,
    GetPromptOfDay,
    ListPrompts,
    Prompt,
    Prompts,
    PromptWords,
    RemovePrompt,
)
from contracts.speech import say
from storage.journal import prompts
from storage.journal.prompts import PromptRow

MAX_PROMPTS = 200
"""Own prompts that a person may have."""

BUILT_IN = {
    "went-well": "What went well today?",
    "grateful": "What are you grateful for?",
    "learned": "What did you learn?",
    "smile": "What made you smile?",
    "proud": "What are you proud of?",
    "hard": "What was hard, and how did you deal with it?",
    "differently": "What would you do differently?",
    "energy": "What gave you energy, and what took it?",
    "kindness": "Who was kind to you, or to whom were you?",
    "body": "How does your body feel?",
    "mind": "What is on your mind?",
    "let-go": "What can you let go of?",
    "moment": "Which moment do you want to remember?",
    "tomorrow": "What are you looking forward to tomorrow?",
}
"""Questions in English by name; in other languages they are in the catalog."""


async def all_of(tx: AsyncConnection, user_id: UUID, language: str) -> list[PromptWords]:
    """Return a person's own questions, and those that come with Ritmo."""
    own = [
        PromptWords(prompt_id=str(row.id), question=row.question, own=True)
        for row in await prompts.of_user(tx, user_id)
    ]
    given = [
        PromptWords(prompt_id=name, question=say(language, text), own=False)
        for name, text in BUILT_IN.items()
    ]
    return [*own, *given]


async def question_of(
    tx: AsyncConnection, user_id: UUID, prompt_id: PromptId, language: str
) -> str | None:
    """Return what a prompt asks; None if there is no such prompt."""
    if prompt_id in BUILT_IN:
        return say(language, BUILT_IN[prompt_id])
    own_id = read_id(prompt_id)
    row = await prompts.find(tx, user_id, own_id) if own_id else None
    return row.question if row else None


@room.answer
async def list_prompts(query: ListPrompts, who: Who, tx: Transaction, bus: TheBus) -> Prompts:
    """Show all prompts."""
    person = await known.person(tx, bus, who)
    return Prompts(prompts=tuple(await all_of(tx, who.user_id, person.language)))


@room.answer
async def add_prompt(command: AddPrompt, who: Who, tx: Transaction, bus: TheBus) -> Prompt:
    """Add a prompt of one's own."""
    await known.person(tx, bus, who, "stay")
    if len(await prompts.of_user(tx, who.user_id)) >= MAX_PROMPTS:
        text = "You have {most} prompts of your own; remove one first."
        raise Conflict("too_many_prompts", text, most=MAX_PROMPTS)
    row = PromptRow(new_id(), command.question)
    await prompts.add(tx, who.user_id, row)
    return shown(row)


@room.answer
async def change_prompt(command: ChangePrompt, who: Who, tx: Transaction) -> Prompt:
    """Let a prompt of one's own ask otherwise."""
    row = PromptRow(_own(command.prompt_id), command.question)
    if not await prompts.change(tx, who.user_id, row):
        raise no_prompt(command.prompt_id)
    return shown(row)


@room.answer
async def remove_prompt(command: RemovePrompt, who: Who, tx: Transaction) -> Done:
    """Remove a prompt of one's own."""
    if not await prompts.remove(tx, who.user_id, _own(command.prompt_id)):
        raise no_prompt(command.prompt_id)
    return Done()


@room.answer
async def get_prompt_of_day(
    query: GetPromptOfDay, who: Who, tx: Transaction, bus: TheBus
) -> Prompt:
    """Show the prompt of a day."""
    person = await known.person(tx, bus, who)
    every = await all_of(tx, who.user_id, person.language)
    day = query.day or logical_day(person)
    return Prompt(**every[prompt_of(who.user_id, day, len(every))].model_dump())


def shown(row: PromptRow) -> Prompt:
    """Show a person's own prompt."""
    return Prompt(prompt_id=str(row.id), question=row.question, own=True)


def read_id(own: PromptId) -> UUID | None:
    """Read the id of something of a person's own; None: it is none."""
    try:
        found = UUID(own)
    except ValueError:
        return None
    return found if str(found) == own else None


def _own(prompt_id: PromptId) -> UUID:
    if prompt_id in BUILT_IN:
        text = "This prompt comes with Ritmo; add one of your own instead."
        raise Conflict("prompt_built_in", text)
    own_id = read_id(prompt_id)
    if own_id is None:
        raise no_prompt(prompt_id)
    return own_id


def no_prompt(prompt_id: PromptId) -> NotFound:
    """Say that there is no such prompt, or that it is somebody else's."""
    return NotFound("prompt_not_found", "There is no prompt {prompt_id}.", prompt_id=prompt_id)
