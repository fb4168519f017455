"""How a fact that was heard comes into the log and the read model."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.analytics import HistoryChanged
from contracts.message import Fact
from storage.analytics import folding
from storage.analytics.folding import Told
from storage.outbox import row_of

BESIDE = {"fact_id", "occurred_at", "user_id", "version"}
"""What is logged beside the body of a fact."""

PERSONAL = {"reason"}
"""Words of a person that no report needs: they are not logged."""

SUBJECTS = ("entry_id", "break_id", "habit_id")
"""The fields that say what a fact is about; the first that it has."""


def told_of(fact: Fact) -> Told:
    """Write a fact down for the log."""
    name = next((name for name in SUBJECTS if name in type(fact).model_fields), None)
    subject: UUID | None = getattr(fact, name) if name else None
    return Told(
        fact_id=fact.fact_id,
        address=fact.address,
        occurred_at=fact.occurred_at,
        version=fact.version,
        subject=subject,
        body=fact.model_dump_json(exclude=BESIDE | PERSONAL),
    )


async def take_in(tx: AsyncConnection, fact: Fact) -> None:
    """Log a fact, fold it, and let people know that their history has changed."""
    await begin(tx, fact.user_id)
    await folding.fold(tx, fact.user_id, told_of(fact))


async def begin(tx: AsyncConnection, user_id: UUID) -> None:
    """Let nobody else fold anything of a person until the transaction ends."""
    news = HistoryChanged(user_id=user_id, version=0)
    await folding.begin(tx, user_id, row_of(news))


async def forget(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a person for ever."""
    await begin(tx, user_id)
    await folding.erase(tx, user_id)
