"""A whole import is taken back: the habits that it made, and the days that it filled.

What a person changed since stays: a habit that was edited or has days that did not come with the
import, and days that say something else now.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import today_of
from actors.habits.room import room
from actors.habits.rows import fact_of, facts_of, versions_of
from actors.habits.settlement import begin_at, begin_later, settle_anew
from actors.runtime import imports
from actors.runtime.room import Transaction
from contracts.habits import HabitDeleted
from contracts.import_account import HabitReport, ImportAccount, Undone
from contracts.imports import TakeImportBack
from contracts.principal import Principal
from contracts.time import FIRST_DAY, LAST_DAY, day_of
from storage import breaks, check_in_imports, check_ins, habits
from storage.check_ins import CheckInRow
from storage.habits import HabitRow, TimeProfile
from storage.outbox import tell

FIRST_EDITION = 1
"""A habit at this edition was never edited by its owner."""


@room.do
async def take_import_back(job: TakeImportBack, tx: Transaction) -> None:
    """Take an import back, but for what was changed since."""
    await imports.take_back(tx, job, lambda account: Undoing(tx, job).all(account))


class Undoing:
    """One import being taken back."""

    def __init__(self, tx: AsyncConnection, job: TakeImportBack) -> None:
        """Take this one back."""
        self._tx, self._import_id = tx, job.import_id
        self._who = Principal(user_id=job.user_id)
        self._habits = self._days = self._kept = 0

    async def all(self, account: ImportAccount) -> Undone:
        """Take back what the account tells of; say what that came to."""
        person = await habits.find_person(self._tx, self._who.user_id, stay=True)
        reports = {one.habit_id: one for one in account.habits if one.habit_id}
        if person is not None:
            touched = [id_ for id_, one in reports.items() if one.outcome != "unchanged"]
            found = await habits.find_some(self._tx, self._who.user_id, touched, binned=True)
            for habit_id, row in found.items():
                await self._habit(row, reports[habit_id], person)
        return Undone(habits=self._habits, check_ins=self._days, kept=self._kept)

    async def _habit(self, row: HabitRow, report: HabitReport, person: TimeProfile) -> None:
        taken = await check_in_imports.take_imported(self._tx, row.id, self._import_id)
        left = await check_ins.between(self._tx, row.id, FIRST_DAY, LAST_DAY, 1)
        made = report.outcome == "created"
        if made and not left and row.edition == FIRST_EDITION:
            await habits.remove(self._tx, row.user_id, row.id)
            gone = HabitDeleted(user_id=row.user_id, version=row.version + 1, habit_id=row.id)
            await tell(self._tx, gone)
            self._habits += 1
            return
        self._kept += made
        self._days += len(taken)
        if taken:
            await self._without(row, taken, left, person)

    async def _without(
        self, row: HabitRow, taken: list[CheckInRow], left: list[CheckInRow], person: TimeProfile
    ) -> None:
        """Let a habit stand as if days had never been logged."""
        begun = await self._begun(row, left, person)
        rests = await breaks.covering(self._tx, row.user_id, row.id, row.tags)
        settled = await settle_anew(self._tx, begun, rests, today_of(person))
        version, zone = settled.version, person.zone
        facts = [
            fact_of(self._who, settled, one.day, one, None, zone, "undo", version=version)
            for one in taken
        ]
        await tell(self._tx, *facts)

    async def _begun(self, row: HabitRow, left: list[CheckInRow], person: TimeProfile) -> HabitRow:
        """Let a habit begin later, if it began with a day that is gone."""
        start = day_of(row.created_at, person.zone, person.day_start)
        start = min([start, *(one.day for one in left)])
        if row.start_given or start <= row.start_day:
            start, versions = row.start_day, versions_of(row.versions)
        else:
            versions = begin_later(versions_of(row.versions), start)
        begun = await begin_at(self._tx, row, start, versions)
        if begun.start_day != row.start_day:
            await tell(self._tx, *facts_of(row, begun))
        return begun
