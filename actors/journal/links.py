"""The habits that an entry is linked to: the writer's own, and known to be there."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.room import known
from contracts.bus import Bus
from contracts.message import Invalid, NotFound, Wrong
from contracts.principal import Principal
from storage.journal import habits


async def check_links(
    tx: AsyncConnection, bus: Bus, who: Principal, habit_ids: tuple[UUID, ...]
) -> None:
    """See to it that these are the caller's habits; ask for those of which no fact has come yet.

    Refuses with `Invalid` (`unknown_habit`).
    """
    names = await habits.names(tx, who.user_id, habit_ids, stay=True)
    for place, habit_id in enumerate(habit_ids):
        if habit_id not in names and not await _found(tx, bus, who, habit_id):
            wrong = Wrong(pointer=f"/habit_ids/{place}", detail="there is no such habit")
            text = "There is no habit {habit_id}."
            raise Invalid("unknown_habit", text, fields=(wrong,), habit_id=str(habit_id))


async def _found(tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID) -> bool:
    """Ask for a habit and note it; False if there is none, or it is known to be gone."""
    try:
        await known.ask_habit(tx, bus, who, habit_id)
    except NotFound:
        return False
    return bool(await habits.names(tx, who.user_id, [habit_id], stay=True))
