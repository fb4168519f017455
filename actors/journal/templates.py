"""Templates: the two that come with Ritmo, and people's own."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.prompts import read_id
from actors.journal.room import known, room
from actors.runtime.room import TheBus, Transaction, Who
from contracts.journal import PromptId
from contracts.message import Conflict, Done, NotFound, check_version, new_id
from contracts.speech import say
from contracts.templates import (
    AddTemplate,
    ChangeTemplate,
    EntryTemplate,
    EntryTemplates,
    ListTemplates,
    RemoveTemplate,
    TemplateShown,
)
from storage.journal import templates
from storage.journal.templates import TemplateRow

MAX_TEMPLATES = 100
"""Own templates that a person may have."""

BUILT_IN = {
    "evening": (
        "Evening",
        "## Went well\n\n- \n\n## Was hard\n\n- \n\n## For tomorrow\n\n- \n",
    ),
    "gratitude": ("Three good things", "1. \n2. \n3. \n"),
}
"""Names and bodies in English; in other languages they are in the catalog."""


@room.answer
async def list_templates(
    query: ListTemplates, who: Who, tx: Transaction, bus: TheBus
) -> EntryTemplates:
    """Show a person's own templates, and those that come with Ritmo."""
    language = (await known.person(tx, bus, who)).language
    own: list[TemplateShown] = [shown(row) for row in await templates.of_user(tx, who.user_id)]
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
    return EntryTemplates(templates=(*own, *given))


@room.answer
async def add_template(
    command: AddTemplate, who: Who, tx: Transaction, bus: TheBus
) -> EntryTemplate:
    """Add a template."""
    await known.person(tx, bus, who, "stay")
    if len(await templates.of_user(tx, who.user_id)) >= MAX_TEMPLATES:
        text = "You have {most} templates of your own; remove one first."
        raise Conflict("too_many_templates", text, most=MAX_TEMPLATES)
    row = TemplateRow(new_id(), command.name, command.body, command.tags)
    await templates.add(tx, who.user_id, row)
    return shown(row)


@room.answer
async def change_template(command: ChangeTemplate, who: Who, tx: Transaction) -> EntryTemplate:
    """Change a template of one's own; a change of nothing is none."""
    row = await _found(tx, who.user_id, command.template_id, command.expected_version)
    values = command.changes()
    if command.tags is not None:
        values["tags"] = list(command.tags)
    changed = replace(row, **values)
    if changed != row:
        changed = replace(changed, version=row.version + 1)
        await templates.replace(tx, who.user_id, changed)
    return shown(changed)


@room.answer
async def remove_template(command: RemoveTemplate, who: Who, tx: Transaction) -> Done:
    """Remove a template of one's own."""
    row = await _found(tx, who.user_id, command.template_id, command.expected_version)
    await templates.remove(tx, who.user_id, row.id)
    return Done()


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
