"""Templates that people have made."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from sqlalchemy import Column, Index, Integer, Table, Text, Uuid, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

templates = Table(
    "templates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_templates_user_id", "user_id"),
    schema="journal",
)


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template as it is stored."""

    id: UUID
    name: str
    body: str
    tags: Sequence[str]
    version: int = 1


_columns = tuple(templates.c[field.name] for field in fields(TemplateRow))


async def of_user(tx: AsyncConnection, user_id: UUID) -> list[TemplateRow]:
    """Return a user's templates by name."""
    statement = select(*_columns).where(templates.c.user_id == user_id)
    rows = await tx.execute(statement.order_by(func.lower(templates.c.name), templates.c.id))
    return [TemplateRow(*row) for row in rows]


async def find(tx: AsyncConnection, user_id: UUID, template_id: UUID) -> TemplateRow | None:
    """Return a template of this user's, locked."""
    statement = select(*_columns).where(
        templates.c.user_id == user_id, templates.c.id == template_id
    )
    row = (await tx.execute(statement.with_for_update())).first()
    return TemplateRow(*row) if row else None


def _values(row: TemplateRow) -> dict[str, object]:
    given = {field.name: getattr(row, field.name) for field in fields(TemplateRow)}
    return given | {"tags": list(row.tags)}


async def add(tx: AsyncConnection, user_id: UUID, row: TemplateRow) -> None:
    """Keep a new template."""
    await tx.execute(templates.insert().values(user_id=user_id, **_values(row)))


async def replace(tx: AsyncConnection, user_id: UUID, row: TemplateRow) -> None:
    """Replace a template that was found and locked."""
    statement = templates.update().where(templates.c.user_id == user_id, templates.c.id == row.id)
    await tx.execute(statement.values(**_values(row)))


async def remove(tx: AsyncConnection, user_id: UUID, template_id: UUID) -> None:
    """Remove a template."""
    await tx.execute(
        templates.delete().where(templates.c.user_id == user_id, templates.c.id == template_id)
    )


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user's templates."""
    await tx.execute(templates.delete().where(templates.c.user_id == user_id))
