"""The loop that does what was asked for: one run at a time, each in a process of its own."""

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup import child, records
from actors.backup.faults import FAILURES, sentence
from actors.backup.order import order_of, ready
from actors.backup.report import BackupReport
from actors.backup.room import room
from actors.runtime.delegation import RoomBus
from actors.runtime.settings import Settings
from actors.runtime.version import version
from storage.backup import runs
from storage.backup.runs import RunRow
from storage.session import transaction

log = structlog.get_logger()

LOOK = 5.0
"""Seconds between two looks whether something was asked for."""


@room.working
async def work(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None:
    """Do what was asked for, for as long as the room is open."""
    while True:
        async with transaction(engine) as tx:
            run = await runs.claim(tx, datetime.now(UTC))
        if run is None:
            await asyncio.sleep(LOOK)
        else:
            await one(engine, settings, run)


async def one(engine: AsyncEngine, settings: Settings, run: RunRow) -> BackupReport:
    """Do one run, and write down what came of it."""
    url = engine.url.render_as_string(hide_password=False)

    async def done() -> BackupReport:
        try:
            base = ready(settings)[0] if run.kind == "create" else order_of(settings, run.kind)
        except FAILURES as error:
            return BackupReport(failed=sentence(error))
        return await child.work(
            base.model_copy(
                update={
                    "work": run.kind,
                    "database": url,
                    "ritmo": version(),
                    "backup": run.backup or None,
                }
            )
        )

    report = await records.recorded(engine, run, done)
    log.info("backups", run=run.kind, backup=report.backup, failed=report.failed or None)
    return report
