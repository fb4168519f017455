"""Whoever is erased gets it confirmed: what each room held of them before, and what is left."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.erasures import ConfirmErasure, TableErasure
from storage.holdings import holdings
from storage.outbox import tell


@asynccontextmanager
async def confirmed(
    tx: AsyncConnection, room: str, leaving: Collection[UUID]
) -> AsyncIterator[None]:
    """Have the room confirm, in the same transaction, what is erased of people within the block."""
    before = {user_id: await holdings(tx, room, user_id) for user_id in leaving}
    yield
    for user_id, held in before.items():
        left = await holdings(tx, room, user_id)
        tables = tuple(
            TableErasure(
                table=name,
                erased=max(0, held.get(name, 0) - left.get(name, 0)),
                left=left.get(name, 0),
            )
            for name in sorted(held.keys() | left.keys())
        )
        await tell(tx, ConfirmErasure(user_id=user_id, room=room, tables=tables))
