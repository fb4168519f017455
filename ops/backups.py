"""Making backups from the command line, and looking at them."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup import child, records, shelf
from actors.backup.domain import kept
from actors.backup.faults import FAILURES, sentence
from actors.backup.order import BackupOrder, Work, identity_file, order_of, ready
from actors.backup.process import shown, targets_of
from actors.backup.report import BackupReport, KeptBackup
from actors.runtime.settings import Settings
from actors.runtime.version import version
from ops.faults import CannotRun
from ops.platform import database, fit, folder_of
from storage import embedded
from storage.backup import runs
from storage.session import open_engine, transaction

PHASES = {
    "dump": "Writing the backup",
    "verify": "Reading it back",
    "fetch": "Fetching and decrypting",
    "restore": "Restoring",
    "compare": "Comparing",
}


@contextmanager
def said() -> Iterator[None]:
    """Say in one sentence what is wrong with backups."""
    try:
        yield
    except FAILURES as error:
        raise CannotRun(sentence(error)) from None


class BackupBar:
    """A progress bar that follows the process of backups."""

    def __init__(self, progress: Progress) -> None:
        """Draw in `progress`."""
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def told(self, event: dict[str, object]) -> None:
        """Move it."""
        if "phase" in event:
            total = int(str(event["total"])) or None
            self._progress.remove_task(self._task)
            words = PHASES[str(event["phase"])]
            self._task = self._progress.add_task(words, total=total)
        else:
            self._progress.update(self._task, completed=int(str(event["done"])))

    def moves(self, count: int) -> None:
        """Move it by so many bytes."""
        self._progress.advance(self._task, count)


@contextmanager
def bar() -> Iterator[BackupBar]:
    """Show a progress bar where somebody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield BackupBar(progress)


async def work(order: BackupOrder) -> BackupReport:
    """Have an order done, with a progress bar; Ctrl-C gives it up. Raises CannotRun."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with bar() as shows:
        report = await child.work(order, shows.told)
    if report.failed:
        raise CannotRun(report.failed)
    return report


@asynccontextmanager
async def there(settings: Settings) -> AsyncIterator[tuple[str, AsyncEngine]]:
    """Open the database that there is. Raises CannotRun."""
    if settings.database() is None and not embedded.is_made(folder_of(settings)):
        raise CannotRun(
            f"There is no Ritmo in {settings.data.expanduser().resolve()}; start one with "
            "`ritmo up`, or name its folder with --data."
        )
    async with database(settings, own=False) as url:
        engine = open_engine(url, 2)
        try:
            yield url, engine
        finally:
            await engine.dispose()


async def create(settings: Settings) -> None:
    """Make a backup."""
    console = Console(highlight=False, soft_wrap=True)
    with said():
        order, made = ready(settings)
    async with there(settings) as (url, engine):
        await fit(engine)
        given = {"database": url, "ritmo": version()}
        now = datetime.now(UTC)
        async with transaction(engine) as tx:
            asked = await runs.ask(tx, "create", now)
            claimed = await runs.claim(tx, now, asked.id)
        if claimed is None:
            raise CannotRun("A backup of this database is being made already: wait for it.")
        report = await records.recorded(
            engine, claimed, partial(drawn, order.model_copy(update=given))
        )
    if report.failed:
        raise CannotRun(report.failed)
    if made:
        console.print(
            f"Made the key that opens backups: {identity_file(settings)}. Keep a copy of it "
            "elsewhere: without it no backup can be read."
        )
    if not settings.seal_keys:
        seal = settings.seal_file or settings.data / "seal.keys"
        console.print(
            f"A backup holds no sealing keys: keep a copy of {seal} as well.", style="dim"
        )
    console.print(f"{report.backup}: {size(report.bytes)}, {report.rows} rows, {took(report)}.")
    tell_of_trouble(console, report)


async def drawn(order: BackupOrder) -> BackupReport:
    """Have an order done; what fails is in the report."""
    with bar() as shows:
        return await child.work(order, shows.told)


def tell_of_trouble(console: Console, report: BackupReport) -> None:
    """Say what went wrong beside it, and which backups were dropped."""
    for name in report.dropped:
        console.print(f"Dropped {name}, which need not be kept.", style="dim")
    if report.warnings:
        raise CannotRun(" ".join(report.warnings))


async def show(settings: Settings, *, pruned: bool) -> None:
    """List backups."""
    console = Console(highlight=False, soft_wrap=True)
    table = Table("Backup", "MadeBackup", "Size", "Rows", "Revision", "State", "At")
    order = order_of(settings, "verify")
    with said():
        async with targets_of(order) as (targets, away):
            for target in targets:
                found = await shelf.backups(target)
                gone = {one.name for one in found} - kept(
                    [one.made for one in found], order.keeping
                )
                for one in found:
                    line = shown(one)
                    state = "to be dropped" if pruned and one.name in gone else state_of(line)
                    table.add_row(*row_of(line, state))
    console.print(table if table.rows else "There are no backups.")
    if away:
        raise CannotRun(" ".join(away))


def row_of(one: KeptBackup, state: str) -> tuple[str, ...]:
    """Write a backup as a row."""
    made = f"{one.made_at:%Y-%m-%d %H:%M} UTC"
    return one.name, made, size(one.bytes), str(one.rows), one.revision or "-", state, one.target


def state_of(one: KeptBackup) -> str:
    """Say how a backup is."""
    if one.verified is None:
        return "not read back"
    return "verified" if one.verified else f"damaged: {one.why}"


async def check(settings: Settings, what: Work, backup: str | None, source: str | None) -> None:
    """Read a backup back, or drill it."""
    with said():
        order = order_of(settings, what, backup=backup, target=source)
    report = await work(order)
    console = Console(highlight=False, soft_wrap=True)
    if report.outcome != "verified":
        found = "differs" if report.outcome == "differs" else "could not verify"
        raise CannotRun(f"{report.backup}: {found}. {report.why}")
    depth = "" if order.identity else " Its bytes are as written; there is no key here to open it."
    console.print(f"{report.backup}: verified, {report.rows} rows, {took(report)}.{depth}")
    if report.warnings:
        raise CannotRun(" ".join(report.warnings))


def size(count: int) -> str:
    """Write bytes down."""
    return f"{count / (1 << 20):.1f} MB" if count >= 1 << 20 else f"{count / 1024:.1f} kB"


def took(report: BackupReport) -> str:
    """Write down how long it took."""
    return (
        f"{timedelta(seconds=round(report.seconds))}"
        if report.seconds >= 60
        else (f"{report.seconds:.1f} s")
    )
