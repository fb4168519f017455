"""What the room knows of people and their habits: from facts, and by asking where it must."""

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import today_of
from contracts.bus import Bus
from contracts.habits import GetHabit
from contracts.message import Invalid, NotFound, Wrong
from contracts.principal import Principal
from contracts.users import GetProfile, ProfileChanged
from storage.journal import entries, habits, people
from storage.journal.people import Person


async def person_of(tx: AsyncConnection, bus: Bus, who: Principal, *, stay: bool = False) -> Person:
    """Return how the caller lives; ask the users room if it is not known here yet.

    `stay` keeps the caller from being erased before this is done: nothing new outlives them.
    """
    person = await people.find(tx, who.user_id, stay=stay)
    if person is None:
        await people.meet(tx, who.user_id)
        user = await bus.ask(GetProfile(), who)
        person = Person(user.zone, user.day_start, user.language)
        await people.remember(tx, who.user_id, person, user.version)
    return person


def today(person: Person) -> date:
    """Return the person's logical day, now."""
    return today_of(person.zone, person.day_start, datetime.now(UTC))


async def remember_person(tx: AsyncConnection, fact: ProfileChanged) -> None:
    """Note how a person lives; whoever keeps no diary is not noted."""
    await people.meet(tx, fact.user_id)
    if await people.find(tx, fact.user_id) is not None:
        profile = fact.profile
        person = Person(profile.zone, profile.day_start, profile.language)
        await people.remember(tx, fact.user_id, person, fact.version)


async def remember_habit(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, version: int, name: str
) -> None:
    """Note what a habit of a diarist's is called."""
    await people.meet(tx, user_id)
    if await people.find(tx, user_id) is not None:
        await habits.remember(tx, user_id, habit_id, version, name=name)


async def forget_habit(tx: AsyncConnection, user_id: UUID, habit_id: UUID, version: int) -> None:
    """Note that a habit is gone, and unlink the entries that speak of it."""
    await people.meet(tx, user_id)
    if await people.find(tx, user_id) is not None:
        await habits.remember(tx, user_id, habit_id, version, gone=True)
        await entries.unlink(tx, user_id, habit_id)


async def hide_habit(
    tx: AsyncConnection, user_id: UUID, habit_id: UUID, version: int, *, binned: bool
) -> None:
    """Note whether a habit of a diarist's is in the bin."""
    await people.meet(tx, user_id)
    if await people.find(tx, user_id) is not None:
        await habits.put_away(tx, user_id, habit_id, version, binned=binned)


async def check_links(
    tx: AsyncConnection, bus: Bus, who: Principal, habit_ids: tuple[UUID, ...]
) -> None:
    """See to it that these are the caller's habits; ask for those of which no fact has come yet.

    Refuses with `Invalid` (`unknown_habit`).
    """
    known = await habits.names(tx, who.user_id, habit_ids, stay=True)
    for place, habit_id in enumerate(habit_ids):
        if habit_id not in known and not await _found(tx, bus, who, habit_id):
            wrong = Wrong(pointer=f"/habit_ids/{place}", detail="there is no such habit")
            text = "There is no habit {habit_id}."
            raise Invalid("unknown_habit", text, fields=(wrong,), habit_id=str(habit_id))


async def _found(tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID) -> bool:
    """Ask for a habit and note it; False if there is none, or it is known to be gone."""
    try:
        habit = await bus.ask(GetHabit(habit_id=habit_id), who)
    except NotFound:
        return False
    await habits.remember(tx, who.user_id, habit_id, habit.version, name=habit.name)
    return bool(await habits.names(tx, who.user_id, [habit_id], stay=True))
