"""What administrators ask: what there is, that something be done, and what became of it."""

from actors.backup.room import room
from actors.runtime.room import Now, Transaction
from contracts.backup import (
    BackupOverview,
    BackupRun,
    GetBackupRun,
    ListBackups,
    StartBackupRun,
    StoredBackup,
)
from contracts.message import NotFound
from storage.backup import runs
from storage.backup.runs import KeptRow, RunRow


@room.answer
async def list_backups(query: ListBackups, tx: Transaction) -> BackupOverview:
    """List backups and the last runs."""
    kept = await runs.all_kept(tx)
    recent = await runs.recent(tx, query.limit)
    return BackupOverview(
        backups=tuple(_stored(one) for one in kept[: query.limit]), runs=tuple(map(_run, recent))
    )


@room.answer
async def start_run(command: StartBackupRun, tx: Transaction, now: Now) -> BackupRun:
    """Have something done; what waits already is not asked for twice."""
    return _run(await runs.ask(tx, command.kind, now))


@room.answer
async def get_run(query: GetBackupRun, tx: Transaction) -> BackupRun:
    """Get what became of a run."""
    row = await runs.find(tx, query.run_id)
    if row is None:
        raise NotFound("run_not_found", "There is no such run.")
    return _run(row)


def _run(row: RunRow) -> BackupRun:
    """Show a run."""
    said = {name: getattr(row, name) for name in RunRow.__slots__ if name != "id"}
    return BackupRun.model_validate({**said, "run_id": row.id})


def _stored(row: KeptRow) -> StoredBackup:
    """Show a backup."""
    return StoredBackup.model_validate({name: getattr(row, name) for name in KeptRow.__slots__})
