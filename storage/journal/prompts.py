"""Questions that people have added to the prompts."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Column, Index, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

prompts = Table(
    "prompts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("question", Text, nullable=False),
    Index("ix_prompts_user_id", "user_id", "id"),
    schema="journal",
)


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A question as it is stored."""

    id: UUID
    question: str


async def of_user(tx: AsyncConnection, user_id: UUID) -> list[PromptRow]:
    """Return a user's questions in the order in which they were added."""
    statement = select(prompts.c.id, prompts.c.question).where(prompts.c.user_id == user_id)
    return [PromptRow(*row) for row in await tx.execute(statement.order_by(prompts.c.id))]


async def find(tx: AsyncConnection, user_id: UUID, prompt_id: UUID) -> PromptRow | None:
    """Return a question of this user's."""
    statement = select(prompts.c.id, prompts.c.question).where(
        prompts.c.user_id == user_id, prompts.c.id == prompt_id
    )
    row = (await tx.execute(statement)).first()
    return PromptRow(*row) if row else None


async def add(tx: AsyncConnection, user_id: UUID, row: PromptRow) -> None:
    """Keep a new question."""
    await tx.execute(prompts.insert().values(id=row.id, user_id=user_id, question=row.question))


async def change(tx: AsyncConnection, user_id: UUID, row: PromptRow) -> bool:
    """Change a question; False if there is none."""
    statement = (
        prompts.update()
        .where(prompts.c.user_id == user_id, prompts.c.id == row.id)
        .values(question=row.question)
    )
    return (await tx.execute(statement)).rowcount > 0


async def remove(tx: AsyncConnection, user_id: UUID, prompt_id: UUID) -> bool:
    """Remove a question; False if there is none."""
    statement = prompts.delete().where(prompts.c.user_id == user_id, prompts.c.id == prompt_id)
    return (await tx.execute(statement)).rowcount > 0


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user's questions."""
    await tx.execute(prompts.delete().where(prompts.c.user_id == user_id))
