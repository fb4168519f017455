"""What the journal room says about prompts: questions that make writing easier."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.habit import Line
from contracts.journal import PromptId
from contracts.message import Command, Done, Message, Query, Reply
from contracts.time import Day

Question = Annotated[
    Line, StringConstraints(min_length=1), Field(examples=["What made you laugh?"])
]


class PromptWords(Message):
    """A question, and whose it is: the person's `own`, or one that comes with Ritmo."""

    prompt_id: PromptId
    """Which prompt."""
    question: Question
    """The question."""
    own: bool
    """True: the person's own; false: it comes with Ritmo."""


class Prompt(PromptWords, Reply):
    """A prompt."""


class Prompts(Reply):
    """All prompts: own ones first, in the order in which they were added."""

    prompts: tuple[PromptWords, ...]
    """The prompts, own ones first."""


class ListPrompts(Query[Prompts]):
    """List prompts, in the caller's language."""

    address: ClassVar[str] = "journal.list_prompts"


class AddPrompt(Command[Prompt]):
    """Add a question of one's own. Refuses with `Conflict` (`too_many_prompts`)."""

    address: ClassVar[str] = "journal.add_prompt"
    question: Question


class ChangePrompt(Command[Prompt]):
    """Ask otherwise. Refuses with `NotFound`, or `Conflict` (`prompt_built_in`)."""

    address: ClassVar[str] = "journal.change_prompt"
    prompt_id: PromptId
    question: Question


class RemovePrompt(Command[Done]):
    """Take a question back; entries keep it. Refuses as `ChangePrompt` does."""

    address: ClassVar[str] = "journal.remove_prompt"
    prompt_id: PromptId


class GetPromptOfDay(Query[Prompt]):
    """Get the prompt of a day (today): the same all day long; each comes once in a round."""

    address: ClassVar[str] = "journal.get_prompt_of_day"
    day: Day | None = None
