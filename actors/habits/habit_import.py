"""A file of habits becomes habits and their days; how it is received is in `imports.py`.

The sentences of the account are said in the language of whoever asked for the import.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Literal, cast

from actors.habits import plans
from actors.habits.days import today_of
from actors.habits.fit import Changed
from actors.habits.found import FoundHabit, HabitFile, TimedFile
from actors.habits.importers import IMPORTERS
from actors.habits.known import KnownHabits
from actors.habits.loop_rows import FoundEntry
from actors.habits.remarks import Remarks, streak_of
from actors.habits.room import room
from actors.habits.rows import facts_of, promise_of, versions_of
from actors.habits.settlement import begin_at, settle_anew
from actors.runtime.imports import ImportRun, Open
from actors.runtime.room import Transaction
from contracts.habit import CheckInState, number_of
from contracts.import_account import HabitReport, ImportAccount
from contracts.imports import CheckInsImported, HabitsImported, ImportedDay, ReadImport
from contracts.keeping.entry import logged
from contracts.keeping.promise import Promise, begin_earlier
from contracts.message import Gone, Invalid
from contracts.principal import Principal
from contracts.time import instant_of
from storage import breaks, check_in_imports, habits
from storage.check_ins import CheckInRow
from storage.habits import HabitRow, TimeProfile
from storage.outbox import tell

TOLD_AT_ONCE = 125
"""Days in one `CheckInsImported`, at most: a listener has hundreds of facts in hand at a time."""

Outcome = Literal["created", "merged", "unchanged"]


@room.do
async def read_import(job: ReadImport, tx: Transaction) -> None:
    """Read the file; nothing of it is kept if that fails, or if it is a dry run."""
    await IMPORTERS.run(tx, job, keep)


async def keep(run: ImportRun, opened: Open[HabitFile]) -> ImportAccount:
    """Read an opened file into habits."""
    return await HabitImport(run).keep(opened)


def entry_from(promise: Promise, entry: FoundEntry) -> CheckInRow:
    """Judge what Loop knows of a day as if it were logged here."""
    value = None if entry.value is None else number_of(entry.value)
    counted, state = logged(promise, entry.day, value, entry.state)
    return CheckInRow(entry.day, counted, state, entry.note)


def rows_of(export: HabitFile) -> int:
    """Count the rows of an export by reading it once, a small part of what keeping them takes."""
    for one in export.habits:
        for _ in one.entries():
            pass
    return sum(one.tally.read for one in export.habits)


class HabitImport:
    """One import being read."""

    def __init__(self, run: ImportRun, max_habits: int = plans.MAX_HABITS) -> None:
        """Read for an import that is begun, for somebody who may have so many habits."""
        self._max_habits = max_habits
        self._run, self._tx = run, run.tx
        self._who = Principal(user_id=run.user_id)
        self._remarks = Remarks(run.options.language)
        self._person = TimeProfile("UTC", 0, "mon")
        self._read = 0
        self._total: int | None = None

    async def keep(self, opened: Open[HabitFile]) -> ImportAccount:
        """Read all habits of a file; tell what was imported."""
        user_id = self._run.user_id
        person = await habits.find_person(self._tx, user_id, stay=True)
        if person is None:
            raise Gone("user_gone", "This account was deleted.")
        self._person = person
        tomorrow = today_of(self._person) + timedelta(days=1)
        export = await opened(tomorrow)
        if isinstance(export, TimedFile):
            export.live(person.zone, person.day_start)
        await self._show()
        self._total = await asyncio.to_thread(rows_of, export)
        await self._show()
        rows = await habits.find_all(self._tx, user_id, binned=True)
        known = KnownHabits(self._tx, export.tracker, rows)
        reports = []
        for one, key, row in await known.sorted(export.habits):
            reports.append(await self._habit(one, key, row))
        touched = [one for one in reports if one.habit_id and one.outcome != "unchanged"]
        if touched:
            imported = HabitsImported(
                user_id=user_id,
                import_id=self._run.import_id,
                habit_ids=tuple(one.habit_id for one in touched if one.habit_id),
                check_ins=sum(one.imported for one in touched),
            )
            await tell(self._tx, imported)
        return ImportAccount(habits=tuple(reports), left_out=dict(export.left_out))

    async def _habit(self, one: FoundHabit, key: str, known: HabitRow | None) -> HabitReport:
        """Read one habit: made if it is new, filled where its days are empty."""
        row = known
        if row is None and one.create is not None:
            row = await self._create(one, key)
        before = self._read
        skipped: Counter[str] = Counter()
        kept: dict[date, CheckInRow] = {}
        chunks = one.entries()
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            if row is not None and one.create is not None:
                kept |= await self._keep(row, chunk, skipped)
            self._read = before + one.tally.read
            await self._show()
        changes = [*one.changes] if known is None else []
        if row is not None and (kept or known is None):
            if known is None and one.archived:
                row = await self._lay_aside(row, max(kept, default=None), changes)
            begin = min(kept, default=row.start_day)
            row = await self._settle(row, begin, known is None, one.anchor)
            for fact in self._told(row, kept):
                await tell(self._tx, fact)
            if known is None:
                changes += streak_of(promise_of(row))
        tally = one.tally
        skipped.update({str(reason): count for reason, count in tally.skipped.items()})
        outcome: Outcome = "created" if known is None else "merged" if kept else "unchanged"
        return HabitReport(
            name=one.create.name if one.create else one.name,
            habit_id=row.id if row and (known or not self._run.dry_run) else None,
            outcome=outcome if row else "unchanged",
            read=tally.read,
            imported=len(kept),
            derived=sum(tally.derived.values()),
            skipped=dict(+skipped),
            refused=self._remarks.refusal(one.refused) if one.refused else None,
            remarks=self._remarks.of(one.tally, changes),
            notes=self._remarks.notes(one.tally),
        )

    async def _lay_aside(
        self, row: HabitRow, last: date | None, changes: list[Changed]
    ) -> HabitRow:
        """Archive a habit that was archived: since the day after its last entry, if it has any."""
        at = datetime.now(UTC)
        if last is not None:
            day = last + timedelta(days=1)
            at = min(at, instant_of(day, self._person.day_start, self._person.zone))
            changes.append(Changed("archived_since", {"day": day.isoformat()}))
        # Its edition stays: nobody has edited it yet.
        values: dict[str, object] = {"archived": True, "archived_at": at}
        after = await habits.change(self._tx, row.user_id, row.id, values)
        await tell(self._tx, *facts_of(row, after))
        return after

    async def _keep(
        self, row: HabitRow, chunk: list[FoundEntry], skipped: Counter[str]
    ) -> dict[date, CheckInRow]:
        """Keep the entries on days that are empty, and return these; count the others."""
        promise, rows = promise_of(row), []
        for entry in chunk:
            try:
                rows.append(entry_from(promise, entry))
            except Invalid as no:
                skipped[no.code] += 1
        kept = await check_in_imports.keep_many(
            self._tx, row.id, rows, self._person.zone, self._run.import_id
        )
        skipped["already_there"] += len(rows) - len(kept)
        return {one.day: one for one in rows if one.day in kept}

    async def _create(self, one: FoundHabit, key: str) -> HabitRow:
        """Keep a habit of the export."""
        if one.create is None:
            raise ValueError("a refused habit cannot be made")
        today = today_of(self._person)
        row, fact = await plans.create(
            self._tx,
            self._who,
            one.create,
            self._person,
            today,
            start_given=False,
            imported_from=key,
            max_habits=self._max_habits,
        )
        await tell(self._tx, fact)
        return row

    async def _settle(
        self, row: HabitRow, first: date, fresh: bool, anchor: date | None
    ) -> HabitRow:
        """Let the habit begin with its first entry, and work out where it stands."""
        start = min(first, row.start_day)
        versions = versions_of(row.versions)
        if fresh:
            begins = {"effective_from": start, "anchor": anchor or start}
            first_one = versions[0].model_copy(update=begins)
            versions = (first_one, *versions[1:])
        elif start < row.start_day:
            versions = begin_earlier(versions, start)
        begun = await begin_at(self._tx, row, start, versions)
        if begun.versions != row.versions:
            await tell(self._tx, *facts_of(row, begun))
        rests = await breaks.covering(self._tx, row.user_id, row.id, row.tags)
        return await settle_anew(self._tx, begun, rests, today_of(self._person))

    def _told(self, row: HabitRow, kept: dict[date, CheckInRow]) -> Iterator[CheckInsImported]:
        """Tell which days were filled, at the version that the habit has after all."""
        days = (kept[day] for day in sorted(kept))
        while chunk := tuple(islice(days, TOLD_AT_ONCE)):
            yield CheckInsImported(
                user_id=row.user_id,
                version=row.version,
                habit_id=row.id,
                zone=self._person.zone,
                check_ins=tuple(
                    ImportedDay(
                        day=one.day,
                        value=number_of(one.value),
                        state=cast(CheckInState, one.state),
                    )
                    for one in chunk
                ),
            )

    async def _show(self) -> None:
        """Let people see how far it is."""
        await self._run.show(self._read, self._total)
