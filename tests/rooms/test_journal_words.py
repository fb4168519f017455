"""Names of moods, prompts and templates over the bus."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pydantic import ValidationError

from contracts.journal import GetEntry, UpdateEntry
from contracts.message import Asked, Conflict, NotFound, new_id
from contracts.moods import GetMoods, MoodName, NameMoods, ResetMoods
from contracts.prompts import (
    AddPrompt,
    ChangePrompt,
    GetPromptOfDay,
    ListPrompts,
    RemovePrompt,
)
from contracts.templates import AddTemplate, ChangeTemplate, ListTemplates, RemoveTemplate
from contracts.users import ChangeProfile
from tests.rooms.people import Carry, code_of
from tests.rooms.test_journal import write
from tests.rooms.tracking import Tracker, day

pytestmark = pytest.mark.asyncio

OWN = tuple(MoodName(mood=n, name=f"m{n}", emoji="🌩") for n in range(1, 6))


async def read_russian(ann: Tracker, carry: Carry) -> None:
    """Let Ann read Russian."""
    await ann.ask(ChangeProfile(language="ru"))
    await carry()


async def test_moods_have_names_in_the_readers_language(ann: Tracker, carry: Carry) -> None:
    usual = await ann.ask(GetMoods())
    assert [(one.mood, one.name) for one in usual.moods] == [
        (1, "awful"),
        (2, "bad"),
        (3, "okay"),
        (4, "good"),
        (5, "great"),
    ]
    assert not usual.custom
    await read_russian(ann, carry)
    russian = await ann.ask(GetMoods())
    assert (russian.moods[0].name, russian.moods[0].emoji) == ("ужасно", usual.moods[0].emoji)


async def test_moods_can_be_called_otherwise(ann: Tracker, bob: Tracker, carry: Carry) -> None:
    named = await ann.ask(NameMoods(moods=OWN))
    assert (named.custom, named.moods) == (True, OWN)
    await read_russian(ann, carry)
    assert await ann.ask(GetMoods()) == named
    assert not (await bob.ask(GetMoods())).custom
    again = await ann.ask(ResetMoods())
    assert (again.custom, again.moods[4].name) == (False, "отлично")
    assert await ann.ask(GetMoods()) == again


@pytest.mark.parametrize(
    "moods",
    [
        OWN[:4],
        OWN[::-1],
        (*OWN[:4], OWN[3]),
        (*OWN[:4], MoodName(mood=5, name="M1")),
    ],
)
async def test_scales_that_are_none(moods: tuple[MoodName, ...]) -> None:
    with pytest.raises(ValidationError):
        NameMoods(moods=moods)


async def test_prompts_come_with_ritmo_and_can_be_added(ann: Tracker, carry: Carry) -> None:
    given = (await ann.ask(ListPrompts())).prompts
    assert len(given) >= 12
    assert given[0].question == "What went well today?"
    assert not any(one.own for one in given)
    added = await ann.ask(AddPrompt(question="  What did you cook?  "))
    assert (added.question, added.own) == ("What did you cook?", True)
    changed = await ann.ask(ChangePrompt(prompt_id=added.prompt_id, question="What did you eat?"))
    assert changed == added.model_copy(update={"question": "What did you eat?"})
    await read_russian(ann, carry)
    listed = (await ann.ask(ListPrompts())).prompts
    assert [one.question for one in listed[:2]] == [
        "What did you eat?",
        "Что сегодня получилось хорошо?",
    ]


async def test_an_entry_keeps_its_question(ann: Tracker) -> None:
    own = await ann.ask(AddPrompt(question="Why?"))
    made = await write(ann, prompt_id=own.prompt_id)
    assert (made.prompt_id, made.question) == (own.prompt_id, "Why?")
    await ann.ask(RemovePrompt(prompt_id=own.prompt_id))
    assert await ann.ask(GetEntry(entry_id=made.entry_id)) == made
    same = await ann.ask(UpdateEntry(entry_id=made.entry_id, prompt_id=own.prompt_id, text="x"))
    assert same.question == "Why?"
    other = await ann.ask(UpdateEntry(entry_id=made.entry_id, prompt_id="learned"))
    assert other.question == "What did you learn?"
    none = await ann.ask(UpdateEntry(entry_id=made.entry_id, prompt_id=None))
    assert (none.prompt_id, none.question) == (None, "")


async def test_the_prompt_of_the_day(
    ann: Tracker, bob: Tracker, clock: time_machine.Traveller
) -> None:
    count = len((await ann.ask(ListPrompts())).prompts)
    first = await ann.ask(GetPromptOfDay())
    clock.shift(timedelta(hours=11))
    assert await ann.ask(GetPromptOfDay()) == first
    assert await ann.ask(GetPromptOfDay(day=day(0))) == first
    round_of = [await ann.ask(GetPromptOfDay(day=day(number))) for number in range(count)]
    assert len({one.prompt_id for one in round_of}) == count


async def test_templates(ann: Tracker, carry: Carry) -> None:
    given = (await ann.ask(ListTemplates())).templates
    assert [(one.template_id, one.own) for one in given] == [
        ("evening", False),
        ("gratitude", False),
    ]
    made = await ann.ask(AddTemplate(name="Dream", body="I was ", tags=("dream",)))
    assert (made.body, made.version, made.own) == ("I was ", 1, True)
    command = ChangeTemplate(template_id=made.template_id, name="Night", expected_version=1)
    changed = await ann.ask(command)
    assert (changed.name, changed.body, changed.tags, changed.version) == (
        "Night",
        "I was ",
        ("dream",),
        2,
    )
    assert await code_of(ann.ask(command)) == "version_conflict"
    same = ChangeTemplate(template_id=made.template_id, tags=("dream",))
    assert await ann.ask(same) == changed
    await read_russian(ann, carry)
    assert [one.name for one in (await ann.ask(ListTemplates())).templates] == [
        "Night",
        "Вечер",
        "Три хороших события",
    ]
    await ann.ask(RemoveTemplate(template_id=made.template_id, expected_version=2))
    assert len((await ann.ask(ListTemplates())).templates) == 2


@pytest.mark.parametrize(
    "message",
    [
        ChangePrompt(prompt_id="went-well", question="x"),
        RemovePrompt(prompt_id="went-well"),
        ChangeTemplate(template_id="evening", name="x"),
        RemoveTemplate(template_id="evening"),
    ],
)
async def test_what_comes_with_ritmo_stays(ann: Tracker, message: Asked[Any]) -> None:
    with pytest.raises(Conflict):
        await ann.ask(message)


async def test_what_is_not_there_or_anothers(ann: Tracker, bob: Tracker) -> None:
    prompt = (await ann.ask(AddPrompt(question="x"))).prompt_id
    template = (await ann.ask(AddTemplate(name="x"))).template_id
    for prompt_id in (prompt, "unheard-of", str(new_id()), prompt.replace("-", "")):
        messages: tuple[Asked[Any], ...] = (
            ChangePrompt(prompt_id=prompt_id, question="y"),
            RemovePrompt(prompt_id=prompt_id),
        )
        for message in messages:
            with pytest.raises(NotFound):
                await bob.ask(message)
    for template_id in (template, "unheard-of", str(new_id())):
        others: tuple[Asked[Any], ...] = (
            ChangeTemplate(template_id=template_id, name="y"),
            RemoveTemplate(template_id=template_id),
        )
        for other in others:
            with pytest.raises(NotFound):
                await bob.ask(other)
    assert (await ann.ask(ListPrompts())).prompts[0].question == "x"


async def test_there_is_an_end_to_what_one_adds(ann: Tracker) -> None:
    for number in range(200):
        await ann.ask(AddPrompt(question=f"{number}?"))
    assert await code_of(ann.ask(AddPrompt(question="x"))) == "too_many_prompts"
    for number in range(100):
        await ann.ask(AddTemplate(name=f"{number}"))
    assert await code_of(ann.ask(AddTemplate(name="x"))) == "too_many_templates"
