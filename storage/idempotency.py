"""Answers given to commands with an idempotency key, kept in the transaction of the effect."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, Uuid, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

answers = Table(
    "answers",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    schema="bus",
)

# Two statements on purpose: a statement sees what was committed before it began, so the answer
# must be looked for after the lock is held.
_lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to which request."""

    request_hash: bytes
    answer: str


async def take_turn(tx: AsyncConnection, user_id: UUID, address: str, key: str) -> bool:
    """Hold the key until the transaction ends; False if a twin of this request holds it."""
    name = f"{user_id} {address} {key}"
    return bool((await tx.execute(_lock, {"name": name})).scalar_one())


async def find(tx: AsyncConnection, user_id: UUID, address: str, key: str) -> Answer | None:
    """Return the answer that was given under this key."""
    row = (
        await tx.execute(
            answers.select().where(
                answers.c.user_id == user_id, answers.c.address == address, answers.c.key == key
            )
        )
    ).first()
    return Answer(row.request_hash, row.answer) if row else None


async def keep(
    tx: AsyncConnection, user_id: UUID, address: str, key: str, request_hash: bytes, answer: str
) -> None:
    """Keep an answer for whoever asks again with the same key."""
    await tx.execute(
        answers.insert().values(
            user_id=user_id, address=address, key=key, request_hash=request_hash, answer=answer
        )
    )


async def forget(tx: AsyncConnection, before: datetime) -> int:
    """Drop answers older than the time within which a retry can come; return how many."""
    return (await tx.execute(answers.delete().where(answers.c.answered_at < before))).rowcount


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop all answers that were given to a user."""
    await tx.execute(answers.delete().where(answers.c.user_id == user_id))
