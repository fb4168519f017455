"""What a room sees of what it stands on, for its ping and for `ritmo doctor`."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.health import BackupSeen, Pong
from storage import disk, heartbeat, inbox, migrations, outbox
from storage.backup import condition
from storage.session import is_read_only


async def look(tx: AsyncConnection, folder: Path) -> Pong:
    """Look at the database, through a transaction on it, and at the disk of the data folder."""
    waiting, oldest = await outbox.backlog(tx)
    unheard, unheard_for = await outbox.unheard(tx)
    free, size = disk.free(folder)
    return Pong(
        beats=await heartbeat.ages(tx),
        revision=await migrations.current(tx),
        read_only=await is_read_only(tx),
        waiting=waiting,
        oldest=oldest,
        unheard=unheard,
        unheard_for=unheard_for,
        parked=await inbox.count_parked(tx),
        backup=await backups(tx),
        free=free,
        size=size,
    )


async def backups(tx: AsyncConnection) -> BackupSeen:
    """Look at how backups are."""
    now = datetime.now(UTC)
    seen = await condition.find(tx, now)
    made, verified, drilled = (
        None if at is None else max(0.0, (now - at).total_seconds())
        for at in (seen.made, seen.verified, seen.drilled)
    )
    return BackupSeen(
        trouble=seen.trouble,
        why=seen.why[:300],
        age=made,
        verified=verified,
        drilled=drilled,
        outcome=seen.outcome,
    )
