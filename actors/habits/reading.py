"""Reading much at once: whole histories, and other trackers' files.

An import runs in the transaction of its message, behind a savepoint: a dry run does the real work
and takes it back, and a file that turns out unreadable leaves nothing behind.
"""

import asyncio
import base64
import binascii
import tempfile
from datetime import date, timedelta
from typing import BinaryIO, Literal, cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits import plans
from actors.habits.days import (
    SETTLE_AFTER,
    begin_at,
    dump_progress,
    entries_from,
    promise_of,
    settle,
    today_of,
    versions_of,
)
from actors.habits.domain import begin, logged, streaks
from actors.habits.loop import LoopEntry
from actors.habits.outside import LoopHabit, read
from actors.habits.promise import Promise, begin_earlier
from contracts.check_ins import Streaks
from contracts.habit import Streak, number_of
from contracts.habits import UpdateHabit
from contracts.imports import (
    PART_BYTES,
    HabitReport,
    HabitsImported,
    Import,
    ImportPhase,
    ImportRequested,
)
from contracts.message import Conflict, Invalid, NotFound, Refused
from contracts.principal import Principal
from contracts.time import FIRST_DAY
from storage import breaks, check_ins, habits, imports
from storage.check_ins import EntryRow, Loaded
from storage.habits import HabitRow, Person
from storage.imports import ImportRow
from storage.outbox import tell
from storage.session import transaction

LARGEST_FILE = 50 * 1024 * 1024
"""Bytes of a file that can be imported."""

IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a file that are kept in memory while it is read; the rest goes to a temporary file."""

Outcome = Literal["created", "merged", "unchanged"]

_reports = TypeAdapter(tuple[HabitReport, ...])

# -- histories ------------------------------------------------------------------------------------


async def as_of(tx: AsyncConnection, user_id: UUID, used: list[Loaded], day: date) -> list[Loaded]:
    """Load habits as of a past day: nothing settled, every entry until then at hand."""
    return [await _as_of(tx, user_id, one, day) for one in used]


async def _as_of(tx: AsyncConnection, user_id: UUID, loaded: Loaded, day: date) -> Loaded:
    row = loaded.habit
    if row.settled_day < day:
        return loaded
    first = begin(promise_of(row))
    values = {name: getattr(row, name) for name in row.__slots__}
    values |= {"progress": dump_progress(first), "settled_day": first.settled_day}
    return Loaded(
        HabitRow(**values),
        loaded.person,
        await check_ins.between(tx, row.id, FIRST_DAY, day),
        await breaks.covering(tx, user_id, row.id, row.tags),
    )


async def all_streaks(tx: AsyncConnection, row: HabitRow, today: date) -> Streaks:
    """Work out all streaks of a habit from its whole history."""
    entries = entries_from(await check_ins.between(tx, row.id, FIRST_DAY, today))
    rests = await breaks.covering(tx, row.user_id, row.id, row.tags)
    runs, now = streaks(promise_of(row), entries, rests, today)
    shown = (
        Streak(start=date.fromordinal(run.start), end=date.fromordinal(run.end), length=run.length)
        for run in runs
    )
    return Streaks(streak=now.run.length, best_streak=now.best.length, streaks=tuple(shown))


async def settle_anew(
    tx: AsyncConnection, row: HabitRow, rests: list[tuple[date, date]], today: date
) -> None:
    """Work out score and streaks of a habit from its whole history, and keep them."""
    promise = promise_of(row)
    until = today - timedelta(days=1 + SETTLE_AFTER)
    entries = entries_from(await check_ins.between(tx, row.id, FIRST_DAY, until))
    settled = settle(begin(promise), promise, entries, rests, until)
    values: dict[str, object] = {
        "progress": dump_progress(settled.progress),
        "settled_day": settled.progress.settled_day,
    }
    await habits.change(tx, row.user_id, row.id, values)
    await habits.keep_snapshots(tx, row.id, settled.snapshots)


# -- receiving a file -----------------------------------------------------------------------------


def no_import(import_id: UUID) -> NotFound:
    """Say that there is no such import, or that it is somebody else's."""
    return NotFound("import_not_found", "There is no import {import_id}.", import_id=str(import_id))


def check_size(size: int) -> None:
    """Refuse a file that is too large."""
    if size > LARGEST_FILE:
        raise Invalid(
            "import_too_large",
            "The file is larger than {most} MB.",
            most=LARGEST_FILE // (1024 * 1024),
        )


def decoded(data: str) -> bytes:
    """Read the base64 of a part. Refuses with `Invalid`."""
    try:
        part = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Invalid("import_part_malformed", "A part of the file is not base64.") from None
    if not 0 < len(part) <= PART_BYTES:
        raise Invalid("import_part_malformed", "A part of the file is empty or too long.")
    return part


async def receiving(tx: AsyncConnection, who: Principal, import_id: UUID) -> ImportRow:
    """Return an import that still waits for parts, locked."""
    row = await imports.find(tx, who.user_id, import_id, lock=True)
    if row is None:
        raise no_import(import_id)
    if row.phase != "receiving":
        raise Conflict("import_begun", "This import has been begun; start a new one.")
    return row


def import_of(row: ImportRow) -> Import:
    """Show an import."""
    return Import(
        import_id=row.id,
        phase=cast(ImportPhase, row.phase),
        dry_run=row.dry_run,
        rows=row.rows,
        total=row.total,
        habits=_reports.validate_json(row.report),
        problem=row.problem,
    )


# -- running an import ----------------------------------------------------------------------------


async def run(tx: AsyncConnection, fact: ImportRequested) -> None:
    """Read the received file into habits, and write the report."""
    user_id, import_id = fact.user_id, fact.import_id
    row = await imports.find(tx, user_id, import_id)
    if row is None or row.phase in ("done", "failed"):
        return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        for number in await imports.part_numbers(tx, import_id):
            file.write(await imports.part(tx, import_id, number))
        file.seek(0)
        savepoint = await tx.begin_nested()
        try:
            reports = await Reading(tx, fact).read(cast(BinaryIO, file))
        except Refused as no:
            await savepoint.rollback()
            await imports.change(tx, user_id, import_id, phase="failed", problem=str(no))
        else:
            await (savepoint.rollback() if fact.dry_run else savepoint.commit())
            report = _reports.dump_json(tuple(reports)).decode()
            rows = sum(one.read for one in reports)
            await imports.change(
                tx, user_id, import_id, phase="done", report=report, rows=rows, total=rows
            )
    await imports.forget_parts(tx, import_id)


def entry_from(promise: Promise, entry: LoopEntry) -> EntryRow:
    """Judge what Loop knows of a day as if it were logged here."""
    value = None if entry.value is None else number_of(entry.value)
    counted, state = logged(promise, entry.day, value, entry.state)
    return EntryRow(entry.day, counted, state, entry.note)


class Reading:
    """One import being read."""

    def __init__(self, tx: AsyncConnection, fact: ImportRequested) -> None:
        """Read for the import that a fact asks for."""
        self._tx, self._fact = tx, fact
        self._who = Principal(user_id=fact.user_id)
        self._person = Person("UTC", 0, "mon")
        self._read = 0

    async def read(self, file: BinaryIO) -> list[HabitReport]:
        """Read all habits of a Loop export; tell what was imported."""
        self._person = await habits.find_person(self._tx, self._fact.user_id) or self._person
        export = await asyncio.to_thread(read, file)
        await self._show(0)
        known = {
            row.imported_from: row
            for row in await habits.find_all(self._tx, self._fact.user_id)
            if row.imported_from
        }
        seen: dict[str, int] = {}
        reports = []
        for one in export.habits:
            seen[one.name] = seen.get(one.name, 0) + 1
            key = f"loop:{one.name}:{seen[one.name]}"
            reports.append(await self._habit(one, key, known.get(key)))
        touched = [one for one in reports if one.habit_id and one.outcome != "unchanged"]
        if touched:
            imported = HabitsImported(
                user_id=self._fact.user_id,
                import_id=self._fact.import_id,
                habit_ids=tuple(one.habit_id for one in touched if one.habit_id),
                check_ins=sum(one.imported for one in touched),
            )
            await tell(self._tx, imported)
        return reports

    async def _habit(self, one: LoopHabit, key: str, known: HabitRow | None) -> HabitReport:
        """Read one habit: made if it is new, filled where its days are empty."""
        row = known
        if row is None and one.create is not None:
            row = await self._create(one, key)
        promise = promise_of(row) if row else None
        kept: set[date] = set()
        there = 0
        for chunk in one.entries():
            rows = [entry_from(promise, entry) for entry in chunk] if promise else []
            if row is not None:
                new = await check_ins.keep_many(self._tx, row.id, rows, self._person.zone, "import")
                there += len(rows) - len(new)
                kept |= new
            self._read += len(chunk)
            await asyncio.sleep(0)
        await self._show(self._read)
        if row is not None and (kept or known is None):
            await self._settle(row, min(kept, default=row.start_day), known is None)
        tally = one.tally
        skipped = {str(reason): count for reason, count in tally.skipped.items() if count}
        if there:
            skipped["already_there"] = there
        outcome: Outcome = "created" if known is None else "merged" if kept else "unchanged"
        return HabitReport(
            name=one.name,
            habit_id=row.id if row else None,
            outcome=outcome if row else "unchanged",
            read=tally.read,
            imported=len(kept),
            derived=sum(tally.derived.values()),
            skipped=skipped,
        )

    async def _create(self, one: LoopHabit, key: str) -> HabitRow:
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
        )
        await tell(self._tx, fact)
        if one.archived:
            command = UpdateHabit(habit_id=row.id, archived=True)
            await tell(self._tx, *await plans.update(self._tx, row, command, self._person, today))
        return row

    async def _settle(self, row: HabitRow, first: date, fresh: bool) -> None:
        """Let the habit begin with its first entry, and work out where it stands."""
        start = min(first, row.start_day)
        versions = versions_of(row.versions)
        if fresh:
            begun = versions[0].model_copy(update={"effective_from": start, "anchor": start})
            versions = (begun, *versions[1:])
        elif start < row.start_day:
            versions = begin_earlier(versions, start)
        row = await begin_at(self._tx, row, start, versions)
        rests = await breaks.covering(self._tx, row.user_id, row.id, row.tags)
        await settle_anew(self._tx, row, rests, today_of(self._person))

    async def _show(self, rows: int) -> None:
        """Let people see how far it is, beside the transaction that does the work."""
        async with transaction(self._tx.engine) as aside:
            await imports.change(
                aside, self._fact.user_id, self._fact.import_id, phase="running", rows=rows
            )
