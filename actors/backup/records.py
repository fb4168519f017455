"""What is written down of a run: that it goes on, and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup.report import BackupReport
from actors.runtime.cancellation import cancel
from storage.backup import runs
from storage.backup.runs import LEASE, KeptRow, RunRow
from storage.session import transaction

Work = Callable[[], Awaitable[BackupReport]]


async def recorded(engine: AsyncEngine, run: RunRow, work: Work) -> BackupReport:
    """Have a run done, and write down what came of it, whatever that is."""
    beating = asyncio.create_task(_beat(engine, run))
    report = BackupReport(failed="It was given up.")
    try:
        report = await work()
    finally:
        await cancel([beating])
        await asyncio.shield(_write(engine, run, report))
    return report


async def _beat(engine: AsyncEngine, run: RunRow) -> None:
    """Show that a run goes on, for as long as it does."""
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 4)
        try:
            async with transaction(engine) as tx:
                await runs.renew(tx, run.id, datetime.now(UTC))
        except (SQLAlchemyError, OSError):
            continue  # the database is away for a moment; the next beat tells


async def _write(engine: AsyncEngine, run: RunRow, report: BackupReport) -> None:
    async with transaction(engine) as tx:
        await runs.end(
            tx,
            run.id,
            datetime.now(UTC),
            phase="failed" if report.failed else "done",
            backup=report.backup or run.backup,
            outcome=report.outcome,
            why=report.failed or report.why,
            warnings=" ".join(report.warnings),
            seconds=report.seconds,
            bytes=report.bytes,
            rows=report.rows,
        )
        if not report.failed:
            rows = [
                KeptRow(**{n: getattr(one, n) for n in KeptRow.__slots__}) for one in report.kept
            ]
            await runs.keep(tx, report.asked, rows)
