"""How the room gets to know people and habits: by facts, and by asking where it must."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import periods
from actors.reminders.next_fire import aim, clock_of, life_of
from actors.reminders.room import room
from actors.runtime.room import Transaction, Who
from contracts.auth import Done, UserRegistered
from contracts.bus import Bus
from contracts.digests import DigestEvery
from contracts.habits import (
    GetHabit,
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
)
from contracts.message import Gone
from contracts.notifications import ChannelsChanged
from contracts.principal import Principal
from contracts.reminders import NoteCue
from contracts.users import GetProfile, ProfileChanged, UserChanged, UserDeleted
from storage import idempotency
from storage.reminders import copies, rules
from storage.reminders.copies import HabitRow, PersonRow


async def person_of(tx: AsyncConnection, bus: Bus, who: Principal) -> PersonRow:
    """Return the caller, locked; ask the users room if they are not known here yet.

    Refuses with `Gone` if they were deleted.
    """
    person = await copies.meet(tx, who.user_id)
    if person is None:
        raise Gone("user_gone", "This account was deleted.")
    if person.version and person.email is not None:
        return person
    user = await bus.ask(GetProfile(), who)
    values: dict[str, object] = {
        name: getattr(user, name)
        for name in ("email", "name", "language", "zone", "day_start", "week_start", "version")
    }
    await copies.save_person(tx, who.user_id, values)
    return await _again(tx, who.user_id) or person


async def _again(tx: AsyncConnection, user_id: UUID) -> PersonRow | None:
    return await copies.find_person(tx, user_id)


async def habit_of(tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID) -> HabitRow:
    """Return a habit of the caller's; ask for it if no fact has told of it yet, and for its cue,
    of which no fact tells.

    Refuses with `NotFound`.
    """
    found = (await copies.find_habits(tx, who.user_id)).get(habit_id)
    known = found is not None and not found.gone and found.promise is not None
    if found is not None and known and found.cue is not None:
        return found
    habit = await bus.ask(GetHabit(habit_id=habit_id), who)
    if known:
        await copies.save_cue(tx, who.user_id, habit_id, habit.cue)
        return (await copies.find_habits(tx, who.user_id))[habit_id]
    values: dict[str, object] = {
        "name": habit.name,
        "kind": habit.kind,
        "measure": habit.measure,
        "unit": habit.unit,
        "cue": habit.cue,
        "tags": list(habit.tags),
        "start_day": habit.start_day,
        "versions": copies.dump_versions(habit.versions),
    }
    user_id, version = who.user_id, habit.version
    await copies.save_habit(tx, user_id, habit_id, version, values)
    await copies.save_state(tx, user_id, habit_id, version, "archived", habit.archived)
    return (await copies.find_habits(tx, user_id))[habit_id]


# -- people ---------------------------------------------------------------------------------------


@room.hear
async def note_registered(fact: UserRegistered, tx: Transaction) -> None:
    """Note the address of somebody new, and how they live until their profile is told."""
    person = await copies.meet(tx, fact.user_id)
    if person is None:
        return
    values: dict[str, object] = {"email": fact.email}
    if not person.version:
        values |= {"name": fact.name, "language": fact.language, "zone": fact.zone}
    await copies.save_person(tx, fact.user_id, values)


@room.hear
async def note_profile(fact: ProfileChanged, tx: Transaction) -> None:
    """Note how a person lives; their reminders come by their clock from now on."""
    person = await copies.meet(tx, fact.user_id)
    if person is None or person.version >= fact.version:
        return
    values: dict[str, object] = {**fact.profile.model_dump(), "version": fact.version}
    await copies.save_person(tx, fact.user_id, values)
    after = await _again(tx, fact.user_id)
    if after is not None and (life_of(after), after.week_start) != (
        life_of(person),
        person.week_start,
    ):
        await aim(tx, after)
        wanted = [row.every for row in await rules.find_digests(tx, fact.user_id)]
        if wanted:
            await aim_digests(tx, after, wanted)


async def aim_digests(
    tx: AsyncConnection, person: PersonRow, wanted: Sequence[DigestEvery]
) -> None:
    """Let these digests come to a person, each at its next time, and no others."""
    now = datetime.now(UTC)
    times = [(every, periods.next_at(every, clock_of(person), now)) for every in wanted]
    await rules.set_digests(tx, person.user_id, times, now)


@room.hear
async def note_standing(fact: UserChanged, tx: Transaction) -> None:
    """Note whether a person may be reminded at all."""
    if await copies.meet(tx, fact.user_id) is not None:
        await copies.save_standing(tx, fact.user_id, fact.version, disabled=fact.disabled)


@room.hear
async def note_channels(fact: ChannelsChanged, tx: Transaction) -> None:
    """Note through which channels a person is reached beside e-mail."""
    if await copies.meet(tx, fact.user_id) is not None:
        await copies.save_reached(tx, fact.user_id, fact.version, fact.channels)


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase all that the room holds of a user; only that they are gone is kept."""
    await copies.meet(tx, fact.user_id)
    await copies.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)


# -- habits ---------------------------------------------------------------------------------------


@room.answer
async def note_cue(command: NoteCue, who: Who, tx: Transaction) -> Done:
    """Note the cue of a habit, if the habit is known."""
    await copies.save_cue(tx, who.user_id, command.habit_id, command.cue)
    return Done()


@room.hear
async def note_new_habit(fact: HabitCreated, tx: Transaction) -> None:
    """Note a new habit."""
    await _note_habit(tx, fact)


@room.hear
async def note_habit(fact: HabitChanged, tx: Transaction) -> None:
    """Note what a habit is now."""
    await _note_habit(tx, fact)


async def _note_habit(tx: AsyncConnection, fact: HabitCreated | HabitChanged) -> None:
    """Note what a habit is now."""
    person = await copies.meet(tx, fact.user_id)
    if person is None:
        return
    values: dict[str, object] = {
        "name": fact.habit.name,
        "kind": fact.habit.kind,
        "measure": fact.habit.measure,
        "unit": fact.habit.unit,
        "tags": list(fact.habit.tags),
        "start_day": fact.start_day,
        "versions": copies.dump_versions(fact.versions),
    }
    if await copies.save_habit(tx, fact.user_id, fact.habit_id, fact.version, values):
        await aim(tx, person, habit_id=fact.habit_id)


@room.hear
async def note_archived(fact: HabitArchived, tx: Transaction) -> None:
    """Note whether a habit is laid aside."""
    person = await copies.meet(tx, fact.user_id)
    if person is not None and await copies.save_state(
        tx, fact.user_id, fact.habit_id, fact.version, "archived", fact.archived
    ):
        await aim(tx, person, habit_id=fact.habit_id)


@room.hear
async def hide_habit(fact: HabitBinned, tx: Transaction) -> None:
    """Keep silent about a habit that is in the bin."""
    await _note_binned(tx, fact)


@room.hear
async def show_habit(fact: HabitRestored, tx: Transaction) -> None:
    """Remind again of a habit that is out of the bin."""
    await _note_binned(tx, fact)


async def _note_binned(tx: AsyncConnection, fact: HabitBinned | HabitRestored) -> None:
    """Note whether a habit is in the bin: its reminders are silent, or come again."""
    binned = isinstance(fact, HabitBinned)
    person = await copies.meet(tx, fact.user_id)
    if person is not None and await copies.save_state(
        tx, fact.user_id, fact.habit_id, fact.version, "binned", binned
    ):
        await aim(tx, person, habit_id=fact.habit_id)


@room.hear
async def drop_habit(fact: HabitDeleted, tx: Transaction) -> None:
    """Drop a habit with its days and its reminders."""
    if await copies.meet(tx, fact.user_id) is not None:
        await copies.drop_habit(tx, fact.user_id, fact.habit_id)
