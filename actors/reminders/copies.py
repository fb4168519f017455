"""How the room gets to know people, habits and days: by facts, and by asking where it must."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import periods
from actors.reminders.aiming import aim, clock_of, life_of
from actors.reminders.domain import HISTORY
from contracts.auth import UserRegistered
from contracts.breaks import BreakAdded, BreakRemoved
from contracts.bus import Bus
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habit import CheckInState, thousandths
from contracts.habits import (
    GetHabit,
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
)
from contracts.imports import CheckInsImported
from contracts.journal import EntriesImported, EntryDeleted, EntryWritten
from contracts.mails import DigestEvery
from contracts.message import Gone
from contracts.principal import Principal
from contracts.users import GetProfile, ProfileChanged, UserChanged
from storage.reminders import copies, days, rules
from storage.reminders.copies import HabitRow, PersonRow
from storage.reminders.days import BreakRow

Said = tuple[date, int | None, CheckInState | None, datetime | None]


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


async def note_registered(tx: AsyncConnection, fact: UserRegistered) -> None:
    """Note the address of somebody new, and how they live until their profile is told."""
    person = await copies.meet(tx, fact.user_id)
    if person is None:
        return
    values: dict[str, object] = {"email": fact.email}
    if not person.version:
        values |= {"name": fact.name, "language": fact.language, "zone": fact.zone}
    await copies.save_person(tx, fact.user_id, values)


async def note_profile(tx: AsyncConnection, fact: ProfileChanged) -> None:
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


async def note_standing(tx: AsyncConnection, fact: UserChanged) -> None:
    """Note whether a person may be reminded at all."""
    if await copies.meet(tx, fact.user_id) is not None:
        await copies.save_standing(tx, fact.user_id, fact.version, disabled=fact.disabled)


async def forget(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a person for ever."""
    await copies.meet(tx, user_id)
    await copies.erase(tx, user_id)


# -- habits ---------------------------------------------------------------------------------------


async def note_habit(tx: AsyncConnection, fact: HabitCreated | HabitChanged) -> None:
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


async def note_archived(tx: AsyncConnection, fact: HabitArchived) -> None:
    """Note whether a habit is laid aside."""
    person = await copies.meet(tx, fact.user_id)
    if person is not None and await copies.save_state(
        tx, fact.user_id, fact.habit_id, fact.version, "archived", fact.archived
    ):
        await aim(tx, person, habit_id=fact.habit_id)


async def note_binned(tx: AsyncConnection, fact: HabitBinned | HabitRestored) -> None:
    """Note whether a habit is in the bin: its reminders are silent, or come again."""
    binned = isinstance(fact, HabitBinned)
    person = await copies.meet(tx, fact.user_id)
    if person is not None and await copies.save_state(
        tx, fact.user_id, fact.habit_id, fact.version, "binned", binned
    ):
        await aim(tx, person, habit_id=fact.habit_id)


async def drop_habit(tx: AsyncConnection, fact: HabitDeleted) -> None:
    """Drop a habit with its days and its reminders."""
    if await copies.meet(tx, fact.user_id) is not None:
        await copies.drop_habit(tx, fact.user_id, fact.habit_id)


async def note_day(tx: AsyncConnection, fact: HabitCheckedIn) -> None:
    """Note what a day of a habit is now."""
    said = [(fact.day, thousandths(fact.value), fact.state, fact.at)]
    await _note_days(tx, fact, said, fact.zone)


async def note_removal(tx: AsyncConnection, fact: CheckInRemoved) -> None:
    """Note that nothing is logged for a day any more."""
    await _note_days(tx, fact, [(fact.day, None, None, None)], None)


async def note_imported(tx: AsyncConnection, fact: CheckInsImported) -> None:
    """Note the days that an import filled."""
    said = [(one.day, thousandths(one.value), one.state, one.at) for one in fact.check_ins]
    await _note_days(tx, fact, said, fact.zone)


async def _note_days(
    tx: AsyncConnection,
    fact: HabitCheckedIn | CheckInRemoved | CheckInsImported,
    said: Sequence[Said],
    zone: str | None,
) -> None:
    """Note days that are not too old to matter; silence begins anew with a check-in."""
    oldest = datetime.now(UTC).date() - timedelta(days=HISTORY)
    lately = {one[0]: one for one in said if one[0] >= oldest}
    person = await copies.meet(tx, fact.user_id) if lately else None
    if person is not None and await days.save_days(
        tx, fact.user_id, fact.habit_id, fact.version, list(lately.values()), zone
    ):
        await aim(tx, person, habit_id=fact.habit_id)


# -- breaks and the diary -------------------------------------------------------------------------


async def note_break(tx: AsyncConnection, fact: BreakAdded | BreakRemoved) -> None:
    """Note what a break is now, or that it was taken back."""
    person = await copies.meet(tx, fact.user_id)
    if person is None:
        return
    row = None
    if isinstance(fact, BreakAdded):
        row = BreakRow(fact.first, fact.last, fact.habit_id, fact.tag)
    await days.save_break(tx, fact.user_id, fact.break_id, fact.version, row)
    await aim(tx, person)


async def note_entries(
    tx: AsyncConnection, fact: EntryWritten | EntryDeleted | EntriesImported
) -> None:
    """Note on which days there are entries in a diary."""
    said: list[tuple[UUID, date | None, int]]
    if isinstance(fact, EntriesImported):
        said = [(one.entry_id, one.day, fact.version) for one in fact.entries]
    elif isinstance(fact, EntryWritten):
        said = [(fact.entry_id, fact.day, fact.version)]
    else:
        said = [(fact.entry_id, None, fact.version)]
    oldest = datetime.now(UTC).date() - timedelta(days=HISTORY)
    lately = {one[0]: one for one in said if one[1] is None or one[1] >= oldest}
    if lately and await copies.meet(tx, fact.user_id) is not None:
        await days.save_entries(tx, fact.user_id, list(lately.values()))
