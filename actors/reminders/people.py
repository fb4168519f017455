"""Whom the room reminds, of which habits: what is followed, and what is asked for where it must."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders.room import known, room
from actors.runtime.room import Transaction, Who
from contracts.bus import Bus
from contracts.habits import GetHabit
from contracts.message import Done, Gone
from contracts.notifications import ChannelsChanged
from contracts.principal import Principal
from contracts.reminders import NoteCue
from contracts.users import UserDeleted
from storage import idempotency
from storage.reminders import habits, people
from storage.reminders.habits import RemindedHabit
from storage.reminders.people import RemindedPerson


async def person_of(tx: AsyncConnection, bus: Bus, who: Principal) -> RemindedPerson:
    """Return the caller, locked; ask for them if they are not known here yet.

    Refuses with `Gone` if they were deleted.
    """
    await known.person(tx, bus, who, "lock")
    person = await people.find(tx, who.user_id)
    if person is None:
        raise Gone("user_gone", "This account was deleted.")
    return person


async def locked(tx: AsyncConnection, user_id: UUID) -> RemindedPerson | None:
    """Return a person, locked; None if they are gone, or nothing is known of them."""
    await known.replica.lock(tx, [user_id])
    return await people.find(tx, user_id)


async def habit_of(tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID) -> RemindedHabit:
    """Return a habit of the caller's; ask for it if no fact has told of it yet, and for its cue,
    of which no fact tells.

    Refuses with `NotFound`.
    """
    found = (await habits.find_all(tx, who.user_id)).get(habit_id)
    if found is None or found.gone or found.promise is None:
        await known.ask_habit(tx, bus, who, habit_id)
    elif found.cue is not None:
        return found
    habit = await bus.ask(GetHabit(habit_id=habit_id), who)
    await habits.save_cue(tx, who.user_id, habit_id, habit.cue)
    return (await habits.find_all(tx, who.user_id))[habit_id]


@room.answer
async def note_cue(command: NoteCue, who: Who, tx: Transaction) -> Done:
    """Note the cue of a habit, if the habit is known."""
    await habits.save_cue(tx, who.user_id, command.habit_id, command.cue)
    return Done()


@room.hear
async def note_channels(fact: ChannelsChanged, tx: Transaction) -> None:
    """Note through which channels a person is reached beside e-mail."""
    if not await known.replica.lock(tx, [fact.user_id]):
        await people.save_reached(tx, fact.user_id, fact.version, fact.channels)


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase all that the room owns of a user."""
    await people.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
