"""The process of backups, as seen by who starts it."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from actors.backup.order import BackupOrder
from actors.backup.report import BackupReport

log = structlog.get_logger()

Told = Callable[[dict[str, object]], None]
"""Is told how far the work is."""

ROOT = Path(__file__).parent.parent.parent
LINE = 64 << 20
"""Bytes of a line, at most: the last one lists all backups."""

LEAVE = 20.0
"""Seconds that it has to give up in order."""


async def work(order: BackupOrder, told: Told = lambda event: None) -> BackupReport:
    """Have an order done in a process of its own; return what came of it.

    Cancelled, it takes the process along.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "actors.backup.process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
        limit=LINE,
        start_new_session=True,  # a Ctrl-C reaches us, and we tell it
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    complaint = asyncio.create_task(process.stderr.read())
    try:
        process.stdin.write(order.model_dump_json().encode() + b"\n")
        report: BackupReport | None = None
        while line := await process.stdout.readline():
            event = json.loads(line)
            if "report" in event:
                report = BackupReport.model_validate(event["report"])
            else:
                told(event)
        code = await process.wait()
        if report is None:
            said = (await complaint).decode(errors="replace").strip().splitlines()
            log.error("process of backups ended", code=code, said=said[-1:] or None)
            report = BackupReport(failed=f"The process of backups ended unexpectedly ({code}).")
        return report
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(LEAVE):
                    await process.communicate()
            except TimeoutError:
                process.kill()
                await process.wait()
        complaint.cancel()
