"""Prompts: the questions that come with Ritmo, and people's own."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.journal import PromptId
from contracts.message import Conflict, NotFound
from contracts.prompts import Prompt, PromptWords
from contracts.speech import say
from storage.journal import prompts
from storage.journal.prompts import PromptRow

MOST = 200
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


async def add(tx: AsyncConnection, user_id: UUID, row: PromptRow) -> Prompt:
    """Keep a question of a person's."""
    if len(await prompts.of_user(tx, user_id)) >= MOST:
        text = "You have {most} prompts of your own; remove one first."
        raise Conflict("too_many_prompts", text, most=MOST)
    await prompts.add(tx, user_id, row)
    return shown(row)


async def change(tx: AsyncConnection, user_id: UUID, prompt_id: PromptId, question: str) -> Prompt:
    """Let a person's own prompt ask otherwise."""
    row = PromptRow(_own(prompt_id), question)
    if not await prompts.change(tx, user_id, row):
        raise no_prompt(prompt_id)
    return shown(row)


async def remove(tx: AsyncConnection, user_id: UUID, prompt_id: PromptId) -> None:
    """Remove a person's own prompt."""
    if not await prompts.remove(tx, user_id, _own(prompt_id)):
        raise no_prompt(prompt_id)


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
