"""What makes writing easier: /v1/journal/prompts and /v1/journal/templates."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from contracts.journal import PromptId
from contracts.prompts import (
    AddPrompt,
    ChangePrompt,
    GetPromptOfDay,
    ListPrompts,
    Prompt,
    Prompts,
    Question,
    RemovePrompt,
)
from contracts.templates import (
    AddTemplate,
    ChangeTemplate,
    EntryTemplate,
    EntryTemplates,
    ListTemplates,
    RemoveTemplate,
    TemplateWords,
)
from contracts.time import Day
from gateway.answers import answer, created, etag_of, nothing
from gateway.bodies import Body, Said, changes_of, given, resource
from gateway.deps import Expected, Key, TheBus
from gateway.identity import Me

router = resource("journal")

OwnId = Annotated[
    UUID,
    Path(
        description="Which prompt, one of the caller's own.",
        examples=["01890a5d-ac96-774b-bcce-b302099a8057"],
    ),
]
TheId = Annotated[
    PromptId,
    Path(
        description="Which one: an id, or the name of one that comes with Ritmo.",
        examples=["evening"],
    ),
]


class NewPrompt(Body):
    """A question of one's own."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "What did you cook?"}]})
    question: Question
    """The question."""


class NewTemplate(TemplateWords):
    """A template: Markdown with which an entry can begin."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Dream", "body": "I was ", "tags": ["dream"]}]},
    )


if TYPE_CHECKING:
    TemplateChanges = BaseModel
else:
    TemplateChanges = changes_of(
        "TemplateChanges",
        ChangeTemplate,
        of=EntryTemplate,
        example={"name": "Night"},
    )


@router.get("/v1/journal/prompts", response_model=Prompts, summary="List prompts")
async def list_prompts(me: Me, bus: TheBus) -> Response:
    """List own questions, and those that come with Ritmo."""
    return answer(await bus.ask(ListPrompts(), me))


@router.post("/v1/journal/prompts", status_code=201, response_model=Prompt, summary="Add a prompt")
async def add_prompt(body: Said[NewPrompt], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Add a question of one's own."""
    prompt = await bus.ask(AddPrompt(question=body.question), me, idempotency_key=key)
    return created(prompt, f"/v1/journal/prompts/{prompt.prompt_id}")


@router.get("/v1/journal/prompts/today", response_model=Prompt, summary="Get the prompt of the day")
async def get_prompt_of_day(
    me: Me,
    bus: TheBus,
    day: Annotated[
        Day | None,
        Query(description="The caller's today if not given.", examples=["2026-03-01"]),
    ] = None,
) -> Response:
    """Get one question for a day: the same all day long."""
    return answer(await bus.ask(GetPromptOfDay(day=day), me))


@router.patch(
    "/v1/journal/prompts/{prompt_id:uuid}", response_model=Prompt, summary="Change a prompt"
)
async def change_prompt(
    prompt_id: OwnId, body: Said[NewPrompt], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Ask otherwise. Entries keep the question that they answered."""
    command = ChangePrompt(prompt_id=str(prompt_id), question=body.question)
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.delete("/v1/journal/prompts/{prompt_id:uuid}", status_code=204, summary="Remove a prompt")
async def remove_prompt(prompt_id: OwnId, me: Me, bus: TheBus, key: Key = None) -> Response:
    """Remove a question of one's own. Entries keep the question that they answered."""
    await bus.ask(RemovePrompt(prompt_id=str(prompt_id)), me, idempotency_key=key)
    return nothing()


@router.get("/v1/journal/templates", response_model=EntryTemplates, summary="List templates")
async def list_templates(me: Me, bus: TheBus) -> Response:
    """List own templates, and those that come with Ritmo."""
    return answer(await bus.ask(ListTemplates(), me))


@router.post(
    "/v1/journal/templates", status_code=201, response_model=EntryTemplate, summary="Add a template"
)
async def add_template(body: Said[NewTemplate], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Add a template."""
    made = await bus.ask(AddTemplate(**given(body)), me, idempotency_key=key)
    return created(made, f"/v1/journal/templates/{made.template_id}", etag_of(made.version))


@router.patch(
    "/v1/journal/templates/{template_id}",
    response_model=EntryTemplate,
    summary="Change a template",
)
async def change_template(
    template_id: TheId,
    body: Said[TemplateChanges],
    me: Me,
    bus: TheBus,
    expected: Expected,
    key: Key = None,
) -> Response:
    """Change a template of one's own."""
    command = ChangeTemplate(template_id=template_id, expected_version=expected, **given(body))
    changed = await bus.ask(command, me, idempotency_key=key)
    return answer(changed, headers={"ETag": etag_of(changed.version)})


@router.delete("/v1/journal/templates/{template_id}", status_code=204, summary="Remove a template")
async def remove_template(
    template_id: TheId, me: Me, bus: TheBus, expected: Expected, key: Key = None
) -> Response:
    """Remove a template of one's own."""
    command = RemoveTemplate(template_id=template_id, expected_version=expected)
    await bus.ask(command, me, idempotency_key=key)
    return nothing()
