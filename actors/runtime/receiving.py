"""How a room receives another tracker's file: in parts, read at once, and reported on.

An import runs in the transaction of its message, behind a savepoint: a dry run does the real work
and takes it back, and a file that turns out unreadable leaves nothing behind. What is in the file
is the room's affair.
"""

import base64
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import BinaryIO, cast
from uuid import UUID

import structlog
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.imports import (
    PART_BYTES,
    Account,
    AddImportPart,
    Import,
    ImportPhase,
    ReadImport,
    RunImport,
    StartImport,
    TakeImportBack,
    Undone,
)
from contracts.message import Conflict, Invalid, NotFound, Refusal, Refused, Wrong, new_id
from contracts.principal import Principal
from storage import imports
from storage.imports import ImportRow
from storage.session import transaction

MAX_FILE_BYTES = 50 * 1024 * 1024
"""Bytes of a file that can be imported."""

MAX_REASONS = 10
"""Reasons that are given when nothing of a file came in."""

IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a file that are kept in memory while it is read; the rest goes to a temporary file."""

UNFORESEEN = (ArithmeticError, LookupError, TypeError, ValueError, DataError, IntegrityError)
"""What a file may bring about that nobody thought of: the import fails, and says so."""

OURS = "Something broke on our side while the file was read; nothing was imported."

log = structlog.get_logger()


def no_import(import_id: UUID) -> NotFound:
    """Say that there is no such import, or that it is somebody else's."""
    return NotFound("import_not_found", "There is no import {import_id}.", import_id=str(import_id))


def decoded(data: str) -> bytes:
    """Read the base64 of a part. Refuses with `Invalid`."""
    try:
        part = base64.b64decode(data, validate=True)
    except ValueError:
        raise Invalid("import_part_malformed", "A part of the file is not base64.") from None
    if not 0 < len(part) <= PART_BYTES:
        raise Invalid("import_part_malformed", "A part of the file is empty or too long.")
    return part


def import_of(row: ImportRow) -> Import:
    """Show an import."""
    account = Account.model_validate_json(row.report)
    return Import(
        import_id=row.id,
        phase=cast(ImportPhase, row.phase),
        dry_run=row.dry_run,
        rows=row.rows,
        total=row.total,
        habits=account.habits,
        entries=account.entries,
        left_out=account.left_out,
        undone=account.undone,
        problem=row.problem,
        refusal=Refusal.model_validate_json(row.refusal) if row.refusal else None,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """An import being read: whose it is, and what they chose (`options`, JSON)."""

    tx: AsyncConnection
    user_id: UUID
    import_id: UUID
    dry_run: bool
    options: str

    async def show(self, rows: int, total: int | None) -> None:
        """Let people see how far it is, beside the transaction that does the work."""
        async with transaction(self.tx.engine) as aside:
            await imports.change(
                aside, self.user_id, self.import_id, phase="running", rows=rows, total=total
            )


Read = Callable[[Run, BinaryIO], Awaitable[Account]]
"""Reads a file into a room, and gives account of every row. Refuses what makes no sense."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receives files of at most `max_bytes` for a room, by its name."""

    room: str
    max_bytes: int = MAX_FILE_BYTES

    async def start(self, tx: AsyncConnection, who: Principal, command: StartImport) -> Import:
        """Begin to receive a file."""
        self._check_size(command.size or 0)
        import_id = new_id()
        await imports.add(tx, who.user_id, self.room, import_id, command.file_name)
        return Import(import_id=import_id, phase="receiving", dry_run=False)

    async def add(self, tx: AsyncConnection, who: Principal, command: AddImportPart) -> Import:
        """Receive a part of a file."""
        row = await self._waiting(tx, who, command.import_id)
        data = decoded(command.data)
        self._check_size(await imports.keep_part(tx, row.id, command.number, data))
        return Import(import_id=row.id, phase="receiving", dry_run=False)

    async def close(
        self, tx: AsyncConnection, who: Principal, command: RunImport, options: str = "{}"
    ) -> Import:
        """Take the file for whole; the room then tells itself to read it."""
        row = await self._waiting(tx, who, command.import_id)
        numbers = await imports.part_numbers(tx, row.id)
        if numbers != list(range(len(numbers))) or not numbers:
            raise Invalid("import_incomplete", "Parts of the file are missing.")
        said = {"phase": "waiting", "dry_run": command.dry_run, "options": options}
        await imports.change(tx, who.user_id, row.id, **said)
        return Import(import_id=row.id, phase="waiting", dry_run=command.dry_run)

    async def show(self, tx: AsyncConnection, who: Principal, import_id: UUID) -> Import:
        """Show how far an import is, and its report."""
        row = await imports.find(tx, who.user_id, self.room, import_id)
        if row is None:
            raise no_import(import_id)
        return import_of(row)

    async def run(self, tx: AsyncConnection, job: ReadImport, read: Read) -> None:
        """Read the received file into the room, and keep the report."""
        row = await imports.find(tx, job.user_id, self.room, job.import_id)
        if row is None or row.phase in ("done", "failed"):
            return
        run = Run(tx, job.user_id, row.id, row.dry_run, row.options)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            for number in await imports.part_numbers(tx, row.id):
                file.write(await imports.part(tx, row.id, number))
            file.seek(0)
            await imports.take_time(tx)
            ended = await _ended(run, read, cast(BinaryIO, file))
        await imports.end(tx, job.user_id, row.id, **ended)

    async def undo(
        self, tx: AsyncConnection, who: Principal, import_id: UUID
    ) -> tuple[Import, bool]:
        """Let an import be taken back; tell whether that is news. Refuses with `Conflict`."""
        row = await imports.find(tx, who.user_id, self.room, import_id, lock=True)
        if row is None:
            raise no_import(import_id)
        if row.phase in ("undoing", "undone"):
            return import_of(row), False
        if row.phase != "done" or row.dry_run:
            text = "Only an import that is done can be taken back."
            raise Conflict("import_not_done", text)
        await imports.change(tx, who.user_id, row.id, phase="undoing")
        return import_of(replace(row, phase="undoing")), True

    async def take_back(
        self,
        tx: AsyncConnection,
        job: TakeImportBack,
        work: Callable[[Account], Awaitable[Undone]],
    ) -> None:
        """Take an import back by its account, and note what that came to."""
        row = await imports.find(tx, job.user_id, self.room, job.import_id)
        if row is None or row.phase != "undoing":
            return
        await imports.take_time(tx)
        account = Account.model_validate_json(row.report)
        account = account.model_copy(update={"undone": await work(account)})
        report = account.model_dump_json()
        await imports.change(tx, job.user_id, row.id, phase="undone", report=report)

    async def erase(self, tx: AsyncConnection, user_id: UUID) -> None:
        """Erase a user's imports."""
        await imports.erase(tx, user_id, self.room)

    def _check_size(self, size: int) -> None:
        """Refuse a file that is too large."""
        if size > self.max_bytes:
            raise Invalid(
                "import_too_large",
                "The file is larger than {most} MB.",
                most=self.max_bytes // (1024 * 1024),
            )

    async def _waiting(self, tx: AsyncConnection, who: Principal, import_id: UUID) -> ImportRow:
        """Return an import that still waits for parts, locked."""
        row = await imports.find(tx, who.user_id, self.room, import_id, lock=True)
        if row is None:
            raise no_import(import_id)
        if row.phase != "receiving":
            raise Conflict("import_begun", "This import has been begun; start a new one.")
        return row


async def _ended(run: Run, read: Read, file: BinaryIO) -> dict[str, object]:
    """Read a file behind a savepoint; return what to note of how that ended."""
    savepoint = await run.tx.begin_nested()
    try:
        account = await read(run, file)
    except Refused as no:
        await savepoint.rollback()
        return failed(no)
    except UNFORESEEN as error:
        await savepoint.rollback()
        log.error("import broken", import_id=str(run.import_id), exc_info=error)
        return failed(Invalid("import_failed", OURS))
    fruitless = account.fruitless
    await (savepoint.rollback() if run.dry_run or fruitless else savepoint.commit())
    ended: dict[str, object] = {"phase": "done", "rows": account.read, "total": account.read}
    if fruitless:
        account, why = taken_back(account), nothing_came(account)
        ended |= failed(why)
    return {**ended, "report": account.model_dump_json()}


def failed(why: Refused) -> dict[str, object]:
    """Note why an import failed: in English, and as it is said in any language."""
    return {"phase": "failed", "problem": str(why), "refusal": why.refusal().model_dump_json()}


def taken_back(account: Account) -> Account:
    """Return the account of an import of which no habit was kept."""
    gone = {"habit_id": None, "outcome": "unchanged"}
    kept = tuple(one.model_copy(update=gone) for one in account.habits)
    return account.model_copy(update={"habits": kept})


def nothing_came(account: Account) -> Invalid:
    """Say that nothing of a file came in, and why."""
    why = tuple(Wrong(pointer="/file", detail=one) for one in account.reasons[:MAX_REASONS])
    return Invalid("import_nothing", "Nothing in this file could be imported.", fields=why)
