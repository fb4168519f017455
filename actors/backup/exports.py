"""Exports: asked for, written by a job, fetched in parts, and dropped after a day."""

import base64
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.backup.archive import ArchiveWriter
from actors.backup.daylio_table import DaylioWriter
from actors.backup.loop_tables import LoopWriter
from actors.backup.room import known, room
from actors.backup.section_rows import ExportFile, Writer
from actors.runtime.room import Now, TheBus, Transaction, Who
from contracts.exports import (
    KEEP_EXPORT_HOURS,
    Archive,
    Export,
    ExportPart,
    GetExport,
    GetExportPart,
    StartExport,
    WriteExport,
)
from contracts.message import Conflict, Denied, Gone, Invalid, NotFound, new_id
from contracts.users import UserDeleted
from storage import idempotency
from storage.backup import exports
from storage.backup.exports import ExportRow
from storage.imports import take_time
from storage.outbox import tell
from storage.session import transaction

WRITERS: dict[Archive, type[Writer]] = {
    "ritmo": ArchiveWriter,
    "loop": LoopWriter,
    "daylio": DaylioWriter,
}
"""What writes which kind of file."""

MAX_DROPPED = 20
"""Files that are dropped in one transaction."""

log = structlog.get_logger()


@room.answer
async def start_export(
    command: StartExport, who: Who, tx: Transaction, bus: TheBus, now: Now
) -> Export:
    """Ask for an export to be written, as soon as somebody has the time."""
    person = await known.person(tx, bus, who, "stay")
    row = ExportRow(
        id=new_id(),
        user_id=who.user_id,
        format=command.format,
        phase="waiting",
        rows=0,
        total=None,
        bytes=0,
        parts=0,
        file_name=WRITERS[command.format].file_name,
        asked_at=now,
        expires_at=now + timedelta(hours=KEEP_EXPORT_HOURS),
    )
    if await exports.begin(tx, row, now):
        job = WriteExport(user_id=who.user_id, export_id=row.id, language=person.language)
        await tell(tx, job)
        return export_of(row)
    return export_of(await exports.find(tx, who.user_id) or row)


@room.answer
async def get_export(query: GetExport, who: Who, tx: Transaction, now: Now) -> Export:
    """Show how far an export is."""
    row = await exports.find(tx, who.user_id)
    if row is None or row.expires_at <= now:
        raise _not_found()
    return export_of(row)


@room.answer
async def get_export_part(query: GetExportPart, who: Who, tx: Transaction) -> ExportPart:
    """Give a part of the file."""
    data = await exports.part(tx, who.user_id, query.export_id, query.number)
    if data is None:
        raise _not_found()
    return ExportPart(data=base64.b64encode(data).decode())


@room.do
async def write_export(job: WriteExport, tx: Transaction, bus: TheBus) -> None:
    """Write the file; what was begun before this process was killed is written anew."""
    row = await exports.find(tx, job.user_id)
    if row is None or row.id != job.export_id or row.phase in ("done", "failed"):
        return
    await take_time(tx)
    file = ExportFile(tx, bus, row, job.language, partial(_show, tx, row))
    savepoint = await tx.begin_nested()
    try:
        await WRITERS[export_of(row).format](file).write()
        await file.end()
    except (Gone, Denied, NotFound, Invalid, Conflict) as no:
        # Whoever is gone meanwhile needs no file.
        log.warning("export failed", export_id=str(row.id), why=no.code)
        await savepoint.rollback()
        await exports.change(tx, row.id, phase="failed")
        return
    await savepoint.commit()
    done = {"rows": file.rows, "total": file.rows, "bytes": file.bytes, "parts": file.parts}
    await exports.change(tx, row.id, phase="done", **done)


async def _show(tx: AsyncConnection, row: ExportRow, rows: int, total: int) -> None:
    """Let people see how far it is, beside the transaction that does the work."""
    async with transaction(tx.engine) as aside:
        await exports.change(aside, row.id, phase="running", rows=rows, total=total)


@room.tick("backup.drop_exports", every="37 * * * *")
async def drop_exports(tx: AsyncConnection) -> bool:
    """Drop files that are too old; tell whether there may be more."""
    return await exports.drop_expired(tx, datetime.now().astimezone(), MAX_DROPPED) == MAX_DROPPED


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Drop a person's export, and what was kept for repeated requests."""
    await exports.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)


def export_of(row: ExportRow) -> Export:
    """Show an export."""
    said = {name: getattr(row, name) for name in ExportRow.__slots__}
    return Export.model_validate({**said, "export_id": row.id})


def _not_found() -> NotFound:
    text = "There is no export, or it was dropped after a day; ask for a new one."
    return NotFound("export_not_found", text)
