"""How a room reads another tracker's file: it knows its kinds, reads one at once, gives account.

The file and its account belong to the habits room (`actors/habits/imports.py`); a room that reads
files declares an `Importer` for each kind. An import runs in the transaction of its job, behind a
savepoint: a dry run does the real work and takes it back, and a file that turns out unreadable
leaves nothing behind.
"""

import asyncio
import csv
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from typing import BinaryIO, Generic, TypeVar, cast
from uuid import UUID

import structlog
from pydantic import BaseModel
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import KeptName
from contracts.import_account import ImportAccount, Undone
from contracts.imports import ImportKind, ReadImport, TakeImportBack, UnknownMoods
from contracts.journal import Mood
from contracts.language import Language
from contracts.message import Invalid, Refused, Wrong
from storage import imports
from storage.session import transaction

MAX_REASONS = 10
"""Reasons that are given when nothing of a file came in."""

IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a file that are kept in memory while it is read; the rest goes to a temporary file."""

UNFORESEEN = (ArithmeticError, LookupError, TypeError, ValueError, DataError, IntegrityError)
"""What a file may bring about that nobody thought of: the import fails, and says so."""

OURS = "Something broke on our side while the file was read; nothing was imported."

HEAD_BYTES, MAX_NAMES, MAX_NAME_BYTES = 4096, 5_000, 300
"""What is looked at of a file: how it begins, and the names of a zip's first members."""

log = structlog.get_logger()

F = TypeVar("F")

_DATE = re.compile(
    r"\d{4}([-/.]\d{1,2}[-/.]\d{1,2})?|\d{1,2}([-/.])\d{1,2}\2(\d{2}|\d{4})", re.ASCII
)
_MEMBER = re.compile(rb"PK\x01\x02.{24}(..).{16}", re.DOTALL)


class Options(BaseModel):
    """What was chosen for an import, as it is kept with it."""

    kind: ImportKind | None = None
    language: Language = "en"
    moods: dict[KeptName, Mood] = {}
    unknown_moods: UnknownMoods = "refuse"


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of a file before it is read: how it begins, and what a zip has in it.

    `members` are names without their folders; nothing was unpacked.
    """

    head: bytes
    members: frozenset[str]

    @classmethod
    def of(cls, file: bytes) -> "Look":
        """Look at a whole file."""
        return cls(file[:HEAD_BYTES], frozenset(_names(file) if file[:2] == b"PK" else ()))

    def rows(self) -> list[list[str]]:
        """Return the first row of a table, by whatever may part its cells."""
        first = self.head.decode("utf-8-sig", "replace").splitlines()[:1]
        return [row for mark in (",", ";", "\t") for row in csv.reader(first, delimiter=mark)]

    def has_column(self, name: str) -> bool:
        """Tell whether it is a table with such a column."""
        return any(name == cell.strip().lower() for row in self.rows() for cell in row)

    @property
    def is_archive(self) -> bool:
        """Tell an export of Ritmo."""
        return "ritmo.json" in self.members

    def has_fields(self, *names: str) -> bool:
        """Tell whether it is a JSON object in which these names come up at its beginning."""
        begins = self.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
        return begins and all(f'"{name}"'.encode() in self.head for name in names)

    def begins_with_data(self) -> bool:
        """Tell whether it is a table that lacks its header row."""
        return any(len(row) > 2 and _DATE.fullmatch(row[0].strip()) for row in self.rows())


async def look(tx: AsyncConnection, import_id: UUID) -> Look:
    """Look at a file that was received."""
    head, names, held = b"", list[str](), b""
    async for part in parts_of(tx, import_id):
        head = head or part[:HEAD_BYTES]
        if not head.startswith(b"PK") or len(names) >= MAX_NAMES:
            break
        held = held[-MAX_NAME_BYTES - 46 :] + part
        names += await asyncio.to_thread(_names, held)
    return Look(head, frozenset(names))


def _names(piece: bytes) -> list[str]:
    """Find names in the directory of a zip (APPNOTE.TXT, section 4.3.12) without their folders."""
    found = list[str]()
    for member in islice(_MEMBER.finditer(piece), MAX_NAMES):
        size = int.from_bytes(member[1], "little")
        name = piece[member.end() : member.end() + min(size, MAX_NAME_BYTES)]
        found.append(name.replace(b"\\", b"/").rpartition(b"/")[2].decode("utf-8", "replace"))
    return found


async def parts_of(tx: AsyncConnection, import_id: UUID) -> AsyncIterator[bytes]:
    """Stream the parts of a file."""
    for number in await imports.part_numbers(tx, import_id):
        yield await imports.part(tx, import_id, number)


@dataclass(frozen=True)
class Importer(Generic[F]):
    """Reads a kind of file: `sniff` tells it by its looks, `read` opens it.

    `read` is given the file and the last day that is taken, and refuses with `Invalid`.
    """

    kind: ImportKind
    sniff: Callable[[Look], bool]
    read: Callable[[BinaryIO, date], F]


@dataclass(frozen=True, slots=True)
class ImportRun:
    """An import being read: whose it is, and what was chosen."""

    tx: AsyncConnection
    user_id: UUID
    import_id: UUID
    dry_run: bool
    options: Options

    async def show(self, rows: int, total: int | None) -> None:
        """Let people see how far it is, beside the transaction that does the work."""
        async with transaction(self.tx.engine) as aside:
            await imports.change(
                aside, self.user_id, self.import_id, phase="running", rows=rows, total=total
            )


Open = Callable[[date], Awaitable[F]]
"""Opens the file of an import, of which days after the given one are left out."""

Keep = Callable[[ImportRun, Open[F]], Awaitable[ImportAccount]]
"""Brings an opened file into a room, and gives account of every row. Refuses what is nonsense."""


@dataclass(frozen=True)
class Importers(Generic[F]):
    """The kinds of files that a room reads."""

    known: tuple[Importer[F], ...]

    async def recognize(
        self, tx: AsyncConnection, import_id: UUID, kind: ImportKind | None
    ) -> ImportKind | None:
        """Return the kind of a file, `kind` if that was given; None if it is none of these."""
        if kind is not None:
            return kind if any(one.kind == kind for one in self.known) else None
        seen = await look(tx, import_id)
        return next((one.kind for one in self.known if one.sniff(seen)), None)

    def choose(self, seen: Look, kind: ImportKind | None) -> Importer[F]:
        """Choose what reads a file: by its looks, or else as it was called."""
        named = [one for one in self.known if one.kind == kind] or self.known
        return next((one for one in self.known if one.sniff(seen)), named[0])

    async def run(self, tx: AsyncConnection, job: ReadImport, keep: Keep[F]) -> None:
        """Read the received file into the room, and keep the account."""
        row = await imports.find(tx, job.user_id, job.import_id)
        if row is None or row.phase in ("done", "failed"):
            return
        options = Options.model_validate_json(row.options)
        run = ImportRun(tx, job.user_id, row.id, row.dry_run, options)
        seen = await look(tx, row.id)
        importer = self.choose(seen, options.kind)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            async for part in parts_of(tx, row.id):
                await asyncio.to_thread(file.write, part)
            file.seek(0)
            await imports.take_time(tx)
            spooled = cast(BinaryIO, file)

            async def opened(last_day: date) -> F:
                return await asyncio.to_thread(importer.read, spooled, last_day)

            ended = await _ended(run, partial(keep, run, opened))
        await imports.end(tx, job.user_id, row.id, **ended)


async def take_back(
    tx: AsyncConnection, job: TakeImportBack, work: Callable[[ImportAccount], Awaitable[Undone]]
) -> None:
    """Take an import back by its account, and note what that came to."""
    row = await imports.find(tx, job.user_id, job.import_id)
    if row is None or row.phase != "undoing":
        return
    await imports.take_time(tx)
    account = ImportAccount.model_validate_json(row.report)
    account = account.model_copy(update={"undone": await work(account)})
    report = account.model_dump_json()
    await imports.change(tx, job.user_id, row.id, phase="undone", report=report)


async def _ended(run: ImportRun, work: Callable[[], Awaitable[ImportAccount]]) -> dict[str, object]:
    """Read a file behind a savepoint; return what to note of how that ended."""
    savepoint = await run.tx.begin_nested()
    try:
        account = await work()
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


def taken_back(account: ImportAccount) -> ImportAccount:
    """Return the account of an import of which no habit was kept."""
    gone = {"habit_id": None, "outcome": "unchanged"}
    kept = tuple(one.model_copy(update=gone) for one in account.habits)
    return account.model_copy(update={"habits": kept})


def nothing_came(account: ImportAccount) -> Invalid:
    """Say that nothing of a file came in, and why."""
    why = tuple(Wrong(pointer="/file", detail=one) for one in account.reasons[:MAX_REASONS])
    return Invalid("import_nothing", "Nothing in this file could be imported.", fields=why)
