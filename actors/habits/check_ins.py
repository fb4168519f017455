"""Check-ins: a day logged, added to, emptied; and a change taken back."""

from actors.habits import bin as binned
from actors.habits.days import (
    change_day,
)
from actors.habits.decisions import Saying, addition, entry, restoration
from actors.habits.room import room
from actors.runtime.room import TheBus, Transaction, Who
from contracts.check_ins import (
    CheckedIn,
    CheckIn,
    Increment,
    RemoveCheckIn,
    Undo,
)
from contracts.message import NotFound
from storage import check_in_history


@room.answer
async def check_in(command: CheckIn, who: Who, tx: Transaction, bus: TheBus) -> CheckedIn:
    """Log a day; again replaces it."""
    decide = entry(command.value, command.state, command.note)
    saying = Saying(decide, command.source, command.at)
    return await change_day(tx, bus, who, command.habit_id, command.day, saying)


@room.answer
async def increment(command: Increment, who: Who, tx: Transaction, bus: TheBus) -> CheckedIn:
    """Add to the value of a day, or take away from it."""
    saying = Saying(addition(command.by), command.source)
    return await change_day(tx, bus, who, command.habit_id, command.day, saying)


@room.answer
async def remove_check_in(
    command: RemoveCheckIn, who: Who, tx: Transaction, bus: TheBus
) -> CheckedIn:
    """Empty a day."""
    saying = Saying(lambda *_: None, command.source)
    return await change_day(tx, bus, who, command.habit_id, command.day, saying)


@room.answer
async def undo(command: Undo, who: Who, tx: Transaction, bus: TheBus) -> CheckedIn:
    """Take a change back, if the day still says what the change made it say."""
    change = await check_in_history.find_change(
        tx, who.user_id, command.change_id, command.habit_id
    )
    deleted = await binned.deleted_since(tx, who, command, change)
    if deleted is not None:
        return await binned.undo(tx, bus, who, deleted)
    if change is None or change.undone:
        raise NotFound("change_not_found", "There is no change to take back.")
    await check_in_history.mark_undone(tx, change.id)
    saying = Saying(restoration(change), "undo")
    return await change_day(tx, bus, who, change.habit_id, change.day, saying)
