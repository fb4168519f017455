"""Imports of all rooms: a file is received in parts, its kind found, read by whom it concerns.

Which room reads it is found by asking; that room keeps the account, and takes the import back.
"""

import base64
import contextlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import person_of
from actors.habits.importers import IMPORTERS
from actors.habits.room import TheCalendars, room
from actors.runtime.delegation import RoomBus
from actors.runtime.imports import Options, failed, look
from actors.runtime.room import TheBus, Transaction, Who, prepared
from contracts.import_account import ImportAccount
from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    FetchImport,
    GetImport,
    Import,
    ImportKind,
    ImportOutline,
    ImportPhase,
    Imports,
    ListImports,
    ReadDiary,
    ReadImport,
    RecognizeDiary,
    RunImport,
    StartImport,
    TakeDiaryBack,
    TakeImportBack,
    UndoImport,
)
from contracts.message import (
    Conflict,
    Invalid,
    NotFound,
    Refusal,
    Unanswered,
    Unavailable,
    new_id,
)
from contracts.page import read_id
from contracts.principal import Principal
from contracts.restores import ReadArchive, TakeArchiveBack
from contracts.users import GetProfile
from storage import imports
from storage.imports import ImportRow
from storage.outbox import tell

MAX_FILE_BYTES = 50 * 1024 * 1024
"""Bytes of a file that can be imported."""


ABANDONED = timedelta(days=1)
"""Time after which a file that has not come whole is dropped: nobody sends its rest any more."""

MAX_DROPPED = 20
"""Abandoned files that are dropped in one transaction: each may be as large as a file may be."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The jobs of a room that reads files."""

    read: type[ReadImport]
    take_back: type[TakeImportBack]


@dataclass(frozen=True, slots=True)
class FetchedCalendar:
    """What was at an address."""

    data: bytes = field(repr=False)


READERS = {
    "habits": Reader(ReadImport, TakeImportBack),
    "journal": Reader(ReadDiary, TakeDiaryBack),
    "backup": Reader(ReadArchive, TakeArchiveBack),
}
"""The rooms that read files."""


@room.answer
async def start_import(command: StartImport, who: Who, tx: Transaction, bus: TheBus) -> Import:
    """Begin to receive a file."""
    await person_of(tx, bus, who, stay=True)
    return await start(tx, who, command)


async def start(
    tx: AsyncConnection, who: Principal, command: StartImport, max_bytes: int = MAX_FILE_BYTES
) -> Import:
    """Begin to receive a file of at most `max_bytes`."""
    if command.size == 0:
        raise Invalid("import_empty", "The file is empty.")
    check_size(command.size or 0, max_bytes)
    import_id = new_id()
    await imports.add(tx, who.user_id, import_id, command.file_name)
    return Import(import_id=import_id, phase="receiving", dry_run=False)


@room.tick("habits.drop_abandoned_imports", every="53 * * * *")
async def drop_abandoned(tx: AsyncConnection) -> bool:
    """Drop files whose rest never came; tell whether there may be more."""
    return await imports.drop_abandoned(tx, ABANDONED, MAX_DROPPED) == MAX_DROPPED


@room.answer
async def add_import_part(command: AddImportPart, who: Who, tx: Transaction) -> Import:
    """Receive a part of a file."""
    return await add(tx, who, command)


async def add(
    tx: AsyncConnection, who: Principal, command: AddImportPart, max_bytes: int = MAX_FILE_BYTES
) -> Import:
    """Receive a part of a file of at most `max_bytes`."""
    row = await receiving(tx, who, command.import_id)
    data = decoded(command.data)
    check_size(await imports.keep_part(tx, row.id, command.number, data), max_bytes)
    return Import(import_id=row.id, phase="receiving", dry_run=False)


@room.before
async def fetch(command: FetchImport, calendars: TheCalendars) -> FetchedCalendar:
    """Fetch a calendar: it takes its time, and holds nothing meanwhile."""
    return FetchedCalendar(await calendars.fetch(command.url))


@room.answer
async def fetch_import(command: FetchImport, who: Who, tx: Transaction, bus: TheBus) -> Import:
    """Receive a calendar that was fetched."""
    await person_of(tx, bus, who, stay=True)
    data = prepared(FetchedCalendar).data
    if not data:
        raise Invalid("import_empty", "The file is empty.")
    import_id = new_id()
    await imports.add(tx, who.user_id, import_id, urlsplit(command.url.strip()).hostname or "")
    for number, start in enumerate(range(0, len(data), PART_BYTES)):
        await imports.keep_part(tx, import_id, number, data[start : start + PART_BYTES])
    return Import(import_id=import_id, phase="receiving", dry_run=False)


@room.answer
async def run_import(command: RunImport, who: Who, tx: Transaction, bus: TheBus) -> Import:
    """Take the file for whole; ask for it to be read, as soon as somebody has the time."""
    row = await receiving(tx, who, command.import_id)
    numbers = await imports.part_numbers(tx, row.id)
    if numbers != list(range(len(numbers))) or not numbers:
        raise Invalid("import_incomplete", "Parts of the file are missing.")
    try:
        reader, kind = await recognized(tx, bus, who, command)
    except Invalid as no:  # its file is not kept
        await imports.end(tx, who.user_id, row.id, dry_run=command.dry_run, **failed(no))
        return import_of(await found(tx, who, row.id))
    options = Options(kind=kind, moods=command.moods, unknown_moods=command.unknown_moods)
    with contextlib.suppress(Unavailable, Unanswered):
        options.language = (await bus.ask(GetProfile(), who)).language
    await imports.change(
        tx,
        who.user_id,
        row.id,
        phase="waiting",
        room=reader,
        dry_run=command.dry_run,
        options=options.model_dump_json(),
    )
    job = READERS[reader].read
    await tell(tx, job(user_id=who.user_id, import_id=row.id, dry_run=command.dry_run))
    return Import(import_id=row.id, phase="waiting", dry_run=command.dry_run)


async def recognized(
    tx: AsyncConnection, bus: RoomBus, who: Principal, command: RunImport
) -> tuple[str, ImportKind]:
    """Find the room that reads a file, and its kind. Refuses with `Invalid` what nobody reads."""
    seen = await look(tx, command.import_id)
    if command.kind == "ritmo" or (command.kind is None and seen.is_archive):
        return "backup", "ritmo"
    if kind := await IMPORTERS.recognize(tx, command.import_id, command.kind):
        return "habits", kind
    query = RecognizeDiary(import_id=command.import_id, kind=command.kind)
    if kind := (await bus.ask(query, who)).kind:
        return "journal", kind
    if seen.begins_with_data():
        text = (
            "The first row of the file is not its header row, with the names of the "
            "columns; put it back, or export the file once more."
        )
        raise Invalid("import_without_header", text)
    text = (
        "Ritmo does not know this kind of file. It takes the CSV zip or the .db backup of Loop "
        "Habit Tracker, the CSV export or the .daylio backup of Daylio, the CSV exports of "
        "HabitBull and Habitify, the user data of Habitica, the JSON of Beaver Habits, Table Habit "
        "and HabitTrove, and calendars (.ics)."
    )
    raise Invalid("import_unknown_format", text)


@room.answer
async def get_import(query: GetImport, who: Who, tx: Transaction) -> Import:
    """Show how far an import is, and its account."""
    return import_of(await found(tx, who, query.import_id))


@room.answer
async def list_imports(query: ListImports, who: Who, tx: Transaction) -> Imports:
    """Show a page of imports, newest first."""
    rows = await imports.page(tx, who.user_id, read_id(query.cursor), query.limit + 1)
    page = rows[: query.limit]
    return Imports(
        imports=tuple(map(outline_of, page)),
        next=str(page[-1].id) if len(rows) > query.limit else None,
    )


@room.answer
async def undo_import(command: UndoImport, who: Who, tx: Transaction) -> Import:
    """Ask for an import to be taken back, as soon as somebody has the time."""
    row = await found(tx, who, command.import_id, lock=True)
    if row.phase in ("undoing", "undone"):
        return import_of(row)
    if row.room == "backup":
        text = "What was brought back from an export of Ritmo is not taken back as a whole."
        raise Conflict("import_not_undoable", text)
    if row.phase != "done" or row.dry_run:
        raise Conflict("import_not_done", "Only an import that is done can be taken back.")
    await imports.change(tx, who.user_id, row.id, phase="undoing")
    job = READERS[row.room].take_back
    await tell(tx, job(user_id=who.user_id, import_id=row.id))
    return import_of(replace(row, phase="undoing"))


def check_size(size: int, most: int) -> None:
    """Refuse a file that is too large."""
    if size > most:
        text = "The file is larger than {most} MB."
        raise Invalid("import_too_large", text, most=most // (1024 * 1024))


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
    row = await found(tx, who, import_id, lock=True)
    if row.phase != "receiving":
        raise Conflict("import_begun", "This import has been begun; start a new one.")
    return row


async def found(
    tx: AsyncConnection, who: Principal, import_id: UUID, *, lock: bool = False
) -> ImportRow:
    """Return an import of the caller's. Refuses with `NotFound`."""
    row = await imports.find(tx, who.user_id, import_id, lock=lock)
    if row is None:
        text = "There is no import {import_id}."
        raise NotFound("import_not_found", text, import_id=str(import_id))
    return row


def import_of(row: ImportRow) -> Import:
    """Show an import."""
    account = ImportAccount.model_validate_json(row.report)
    return Import(
        **dict(account),
        import_id=row.id,
        phase=cast(ImportPhase, row.phase),
        dry_run=row.dry_run,
        rows=row.rows,
        total=row.total,
        problem=row.problem,
        refusal=Refusal.model_validate_json(row.refusal) if row.refusal else None,
    )


def outline_of(row: ImportRow) -> ImportOutline:
    """Show an import in a list."""
    return ImportOutline(
        import_id=row.id,
        file_name=row.file_name,
        kind=Options.model_validate_json(row.options).kind,
        phase=cast(ImportPhase, row.phase),
        dry_run=row.dry_run,
        rows=row.rows,
        total=row.total,
        started_at=row.created_at,
        ended_at=row.ended_at,
    )
