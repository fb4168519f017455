"""How the room gets to know days, breaks and diaries: by facts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders.domain import HISTORY
from actors.reminders.next_fire import aim
from actors.reminders.room import room
from actors.runtime.room import Transaction
from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habit import CheckInState, thousandths
from contracts.imports import CheckInsImported
from contracts.journal import EntriesImported, EntryDeleted, EntryWritten
from storage.reminders import copies, days
from storage.reminders.days import BreakRow

Said = tuple[date, int | None, CheckInState | None, datetime | None]


@room.hear
async def note_day(fact: HabitCheckedIn, tx: Transaction) -> None:
    """Note what a day of a habit is now."""
    said = [(fact.day, thousandths(fact.value), fact.state, fact.at)]
    await _note_days(tx, fact, said, fact.zone)


@room.hear
async def note_removal(fact: CheckInRemoved, tx: Transaction) -> None:
    """Note that nothing is logged for a day any more."""
    await _note_days(tx, fact, [(fact.day, None, None, None)], None)


@room.hear
async def note_imported(fact: CheckInsImported, tx: Transaction) -> None:
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


@room.hear
async def note_break(fact: BreakAdded, tx: Transaction) -> None:
    """Note what a break is now."""
    await _note_break(tx, fact)


@room.hear
async def drop_break(fact: BreakRemoved, tx: Transaction) -> None:
    """Note that a break was taken back."""
    await _note_break(tx, fact)


async def _note_break(tx: AsyncConnection, fact: BreakAdded | BreakRemoved) -> None:
    """Note what a break is now, or that it was taken back."""
    person = await copies.meet(tx, fact.user_id)
    if person is None:
        return
    row = None
    if isinstance(fact, BreakAdded):
        row = BreakRow(fact.first, fact.last, fact.habit_id, fact.tag)
    await days.save_break(tx, fact.user_id, fact.break_id, fact.version, row)
    await aim(tx, person)


@room.hear
async def note_entry(fact: EntryWritten, tx: Transaction) -> None:
    """Note on which day the diary has an entry."""
    await _note_entries(tx, fact)


@room.hear
async def drop_entry(fact: EntryDeleted, tx: Transaction) -> None:
    """Note that an entry was thrown away."""
    await _note_entries(tx, fact)


@room.hear
async def note_imported_entries(fact: EntriesImported, tx: Transaction) -> None:
    """Note the entries that an import wrote."""
    await _note_entries(tx, fact)


async def _note_entries(
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
