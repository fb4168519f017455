"""Other trackers' files: received in parts, read at once, and reported on.

An import runs in the transaction of its message, behind a savepoint: a dry run does the real work
and takes it back, and a file that turns out unreadable leaves nothing behind.
"""

import asyncio
import base64
import tempfile
from collections import Counter
from datetime import date, timedelta
from typing import BinaryIO, Literal, cast
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits import plans
from actors.habits.days import today_of
from actors.habits.domain import logged
from actors.habits.kept import promise_of, versions_of
from actors.habits.loop_rows import LoopEntry
from actors.habits.outside import LoopFile, LoopHabit, read
from actors.habits.reading import settle_anew
from actors.habits.starting import begin_at
from actors.habits.telling import facts_of
from contracts.habit import number_of
from contracts.habits import UpdateHabit
from contracts.imports import (
    PART_BYTES,
    HabitReport,
    HabitsImported,
    Import,
    ImportPhase,
    ImportRequested,
)
from contracts.keeping.promise import Promise, begin_earlier
from contracts.message import Conflict, Invalid, NotFound, Refused
from contracts.principal import Principal
from storage import breaks, check_ins, habits, imports
from storage.check_ins import EntryRow
from storage.habits import HabitRow, Person
from storage.imports import ImportRow
from storage.outbox import tell
from storage.session import transaction

LARGEST_FILE = 50 * 1024 * 1024
"""Bytes of a file that can be imported."""

IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a file that are kept in memory while it is read; the rest goes to a temporary file."""

Outcome = Literal["created", "merged", "unchanged"]

UNFORESEEN = (ArithmeticError, LookupError, TypeError, ValueError, DataError, IntegrityError)
"""What a file may bring about that nobody thought of: the import fails, and says so."""

OURS = "Something broke on our side while the file was read; nothing was imported."

log = structlog.get_logger()

_reports = TypeAdapter(tuple[HabitReport, ...])

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
    except ValueError:
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
        await imports.take_time(tx)
        savepoint = await tx.begin_nested()
        try:
            reports = await Reading(tx, fact).read(cast(BinaryIO, file))
        except Refused as no:
            await savepoint.rollback()
            await imports.change(tx, user_id, import_id, phase="failed", problem=str(no))
        except UNFORESEEN as error:
            await savepoint.rollback()
            log.error("import broken", import_id=str(import_id), exc_info=error)
            await imports.change(tx, user_id, import_id, phase="failed", problem=OURS)
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


def rows_of(export: LoopFile) -> int:
    """Count the rows of an export by reading it once, a small part of what keeping them takes."""
    for one in export.habits:
        for _ in one.entries():
            pass
    return sum(one.tally.read for one in export.habits)


class Reading:
    """One import being read."""

    def __init__(self, tx: AsyncConnection, fact: ImportRequested) -> None:
        """Read for the import that a fact asks for."""
        self._tx, self._fact = tx, fact
        self._who = Principal(user_id=fact.user_id)
        self._person = Person("UTC", 0, "mon")
        self._read = 0
        self._total: int | None = None

    async def read(self, file: BinaryIO) -> list[HabitReport]:
        """Read all habits of a Loop export; tell what was imported."""
        user_id = self._fact.user_id
        self._person = await habits.find_person(self._tx, user_id, stay=True) or self._person
        tomorrow = today_of(self._person) + timedelta(days=1)
        export = await asyncio.to_thread(read, file, tomorrow)
        await self._show()
        self._total = await asyncio.to_thread(rows_of, export)
        await self._show()
        known = {
            row.imported_from: row
            for row in await habits.find_all(self._tx, user_id)
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
                user_id=user_id,
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
        before = self._read
        skipped: Counter[str] = Counter()
        kept: set[date] = set()
        for chunk in one.entries():
            if row is not None:
                kept |= await self._keep(row, chunk, skipped)
            self._read = before + one.tally.read
            await self._show()
        if row is not None and (kept or known is None):
            await self._settle(row, min(kept, default=row.start_day), known is None)
        tally = one.tally
        skipped.update({str(reason): count for reason, count in tally.skipped.items()})
        outcome: Outcome = "created" if known is None else "merged" if kept else "unchanged"
        return HabitReport(
            name=one.name,
            habit_id=row.id if row and (known or not self._fact.dry_run) else None,
            outcome=outcome if row else "unchanged",
            read=tally.read,
            imported=len(kept),
            derived=sum(tally.derived.values()),
            skipped=dict(+skipped),
        )

    async def _keep(
        self, row: HabitRow, chunk: list[LoopEntry], skipped: Counter[str]
    ) -> set[date]:
        """Keep the entries on days that are empty, and return these; count the others."""
        promise, rows = promise_of(row), []
        for entry in chunk:
            try:
                rows.append(entry_from(promise, entry))
            except Invalid as no:
                skipped[no.code] += 1
        kept = await check_ins.keep_many(self._tx, row.id, rows, self._person.zone, "import")
        skipped["already_there"] += len(rows) - len(kept)
        return kept

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
            first_one = versions[0].model_copy(update={"effective_from": start, "anchor": start})
            versions = (first_one, *versions[1:])
        elif start < row.start_day:
            versions = begin_earlier(versions, start)
        begun = await begin_at(self._tx, row, start, versions)
        if begun.versions != row.versions:
            await tell(self._tx, *facts_of(row, begun))
        rests = await breaks.covering(self._tx, row.user_id, row.id, row.tags)
        await settle_anew(self._tx, begun, rests, today_of(self._person))

    async def _show(self) -> None:
        """Let people see how far it is, beside the transaction that does the work."""
        async with transaction(self._tx.engine) as aside:
            await imports.change(
                aside,
                self._fact.user_id,
                self._fact.import_id,
                phase="running",
                rows=self._read,
                total=self._total,
            )
