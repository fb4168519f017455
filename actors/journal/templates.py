"""Templates: the two that come with Ritmo, and people's own."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import check_version
from actors.journal.prompts import read_id
from contracts.journal import PromptId
from contracts.message import Conflict, NotFound, new_id
from contracts.speech import say
from contracts.templates import ChangeTemplate, EntryTemplate, TemplateShown, TemplateWords
from storage.journal import templates
from storage.journal.templates import TemplateRow

MOST = 100
"""Own templates that a person may have."""

BUILT_IN = {
    "evening": (
        "Evening",
        "## Went well\n\n- \n\n## Was hard\n\n- \n\n## For tomorrow\n\n- \n",
    ),
    "gratitude": ("Three good things", "1. \n2. \n3. \n"),
}
"""Names and bodies in English; in other languages they are in the catalog."""


async def all_of(tx: AsyncConnection, user_id: UUID, language: str) -> list[TemplateShown]:
    """Return a person's own templates, and those that come with Ritmo."""
    own: list[TemplateShown] = [shown(row) for row in await templates.of_user(tx, user_id)]
    given = [
        TemplateShown(
            template_id=template_id,
            name=say(language, name),
            body=say(language, body),
            own=False,
            version=1,
        )
        for template_id, (name, body) in BUILT_IN.items()
    ]
    return [*own, *given]


async def add(tx: AsyncConnection, user_id: UUID, words: TemplateWords) -> EntryTemplate:
    """Keep a template of a person's."""
    if len(await templates.of_user(tx, user_id)) >= MOST:
        text = "You have {most} templates of your own; remove one first."
        raise Conflict("too_many_templates", text, most=MOST)
    row = TemplateRow(new_id(), words.name, words.body, words.tags)
    await templates.add(tx, user_id, row)
    return shown(row)


async def change(tx: AsyncConnection, user_id: UUID, command: ChangeTemplate) -> EntryTemplate:
    """Change a person's own template; a change of nothing is none."""
    row = await _found(tx, user_id, command.template_id, command.expected_version)
    changed = replace(
        row,
        name=row.name if command.name is None else command.name,
        body=row.body if command.body is None else command.body,
        tags=row.tags if command.tags is None else list(command.tags),
    )
    if changed != row:
        changed = replace(changed, version=row.version + 1)
        await templates.replace(tx, user_id, changed)
    return shown(changed)


async def remove(
    tx: AsyncConnection, user_id: UUID, template_id: PromptId, expected: int | None
) -> None:
    """Remove a person's own template."""
    row = await _found(tx, user_id, template_id, expected)
    await templates.remove(tx, user_id, row.id)


def shown(row: TemplateRow) -> EntryTemplate:
    """Show a person's own template."""
    return EntryTemplate(
        template_id=str(row.id),
        name=row.name,
        body=row.body,
        tags=tuple(row.tags),
        own=True,
        version=row.version,
    )


async def _found(
    tx: AsyncConnection, user_id: UUID, template_id: PromptId, expected: int | None
) -> TemplateRow:
    if template_id in BUILT_IN:
        text = "This template comes with Ritmo; add one of your own instead."
        raise Conflict("template_built_in", text)
    own_id = read_id(template_id)
    row = await templates.find(tx, user_id, own_id) if own_id else None
    if row is None:
        text = "There is no template {template_id}."
        raise NotFound("template_not_found", text, template_id=template_id)
    check_version(row.version, expected)
    return row
