"""The process in which backups are made, read back and drilled: `python -m actors.backup.process`.

It is given one order as a line of JSON on its standard input, tells how far it is on its standard
output, and at last what came of it. When who started it is gone, its input ends, and it gives up.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from actors.backup import creation, shelf
from actors.backup.drill import drill
from actors.backup.faults import FAILURES, sentence
from actors.backup.order import BackupOrder
from actors.backup.progress import BackupProgress
from actors.backup.report import BackupReport, KeptBackup
from actors.backup.shelf import BackupAt
from actors.backup.targets.address import target_of
from actors.backup.targets.protocol import BackupTarget, TargetAway
from actors.backup.verification import keys_of, verify


@asynccontextmanager
async def targets_of(order: BackupOrder) -> AsyncIterator[tuple[list[BackupTarget], list[str]]]:
    """Open the targets; yields those that are there, and why others are not."""
    there, away = list[BackupTarget](), list[str]()
    try:
        for target in map(target_of, order.targets):
            try:
                await target.open()
                there.append(target)
            except TargetAway as no:
                await target.close()
                away.append(str(no))
        if not there:
            raise TargetAway(" ".join(away) or "No target for backups is set.")
        yield there, away
    finally:
        for target in there:
            await target.close()


async def done(order: BackupOrder, progress: BackupProgress) -> BackupReport:
    """Do what an order says; what goes wrong is in the report."""
    began = time.monotonic()
    try:
        async with targets_of(order) as (targets, away):
            report = await WORKS[order.work](order, targets, progress)
            warnings = (*away, *report.warnings)
            found, asked = await list_all(targets)
    except FAILURES as error:
        return BackupReport(failed=sentence(error))
    seconds = report.seconds or time.monotonic() - began
    said = {"warnings": warnings, "kept": found, "asked": asked, "seconds": seconds}
    return report.model_copy(update=said)


async def create(
    order: BackupOrder, targets: Sequence[BackupTarget], progress: BackupProgress
) -> BackupReport:
    """Make a backup, read it back wherever it was written, and drop what need not be kept."""
    began = time.monotonic()
    made = await creation.create(order, targets, progress)
    seconds = time.monotonic() - began
    warnings, dropped = list(made.failed.values()), set[str]()
    keys = keys_of(order)
    for target in made.targets:
        kept = BackupAt(made.manifest.name, target, made.manifest, None)
        try:
            verdict = await verify(kept, keys, progress)
            await shelf.judge(target, kept.name, verdict)
            if not verdict.verified:
                warnings.append(verdict.why)
            dropped |= set(await shelf.prune(target, order.keeping))
        except TargetAway as no:
            warnings.append(str(no))
    return BackupReport(
        backup=made.manifest.name,
        bytes=made.manifest.cipher.bytes,
        rows=made.manifest.rows,
        seconds=seconds,
        dropped=tuple(sorted(dropped)),
        warnings=tuple(warnings),
    )


async def verify_one(
    order: BackupOrder, targets: Sequence[BackupTarget], progress: BackupProgress
) -> BackupReport:
    """Read a backup back."""
    kept = await shelf.find(targets, order.backup, order.target)
    verdict = await verify(kept, keys_of(order), progress)
    await shelf.judge(kept.target, kept.name, verdict)
    return BackupReport(
        backup=kept.name,
        outcome="verified" if verdict.verified else "differs",
        why=verdict.why,
        bytes=kept.manifest.cipher.bytes if kept.manifest else 0,
        rows=kept.manifest.rows if kept.manifest else 0,
    )


async def drill_one(
    order: BackupOrder, targets: Sequence[BackupTarget], progress: BackupProgress
) -> BackupReport:
    """Drill a backup."""
    kept = await shelf.find(targets, order.backup, order.target)
    found = await drill(order, kept, keys_of(order), progress)
    return BackupReport(
        backup=kept.name,
        outcome=found.outcome,
        why=found.why,
        seconds=found.seconds,
        rows=found.rows,
        bytes=kept.manifest.cipher.bytes if kept.manifest else 0,
    )


async def list_all(
    targets: Sequence[BackupTarget],
) -> tuple[tuple[KeptBackup, ...], tuple[str, ...]]:
    """List what there is, at the targets that can be asked."""
    found, asked = list[KeptBackup](), list[str]()
    for target in targets:
        try:
            found += [shown(one) for one in await shelf.backups(target)]
            asked.append(target.name)
        except TargetAway:
            continue
    return tuple(found), tuple(asked)


def shown(kept: BackupAt) -> KeptBackup:
    """Show a backup."""
    said, verdict = kept.manifest, kept.verdict
    return KeptBackup(
        target=kept.target.name,
        name=kept.name,
        made_at=kept.made.at,
        bytes=said.cipher.bytes if said else 0,
        rows=said.rows if said else 0,
        revision=said.revision if said else None,
        verified=False if said is None else verdict.verified if verdict else None,
        checked_at=verdict.at if verdict else None,
        why=kept.damage or (verdict.why if verdict else ""),
    )


WORKS = {"create": create, "verify": verify_one, "drill": drill_one}


async def main() -> None:
    """Do the order that comes in, until it is done or who gave it is gone."""
    order = BackupOrder.model_validate_json(await asyncio.to_thread(sys.stdin.readline))
    working = asyncio.create_task(done(order, progress := BackupProgress()))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, working.cancel)
    loop.add_reader(sys.stdin.fileno(), _left, working, loop)
    try:
        report = await working
    except asyncio.CancelledError:
        report = BackupReport(failed="The work was given up.")
    progress.tell({"report": report.model_dump(mode="json")})


def _left(working: "asyncio.Task[BackupReport]", loop: asyncio.AbstractEventLoop) -> None:
    """Give up when who gave the order is gone."""
    if not os.read(sys.stdin.fileno(), 1024):
        loop.remove_reader(sys.stdin.fileno())
        working.cancel()


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.flush()
    os._exit(0)  # a thread that still waits for what never comes holds nobody up
