"""An archive is brought back: its profile first, then, room by room, the rows of each section.

Rooms check and keep rows themselves, in transactions of their own; ids of the archive become ids of
the importer's. What is done twice changes nothing, so what was interrupted is done again from the
beginning. What only tells of an account, such as sessions and deliveries, is not brought back.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import islice
from typing import BinaryIO, TypeVar, cast

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.backup.archive_reader import ArchiveReader
from actors.backup.room import room
from actors.runtime.delegation import RoomBus
from actors.runtime.imports import IN_MEMORY, failed, parts_of
from actors.runtime.room import TheBus, Transaction
from contracts.habits import ReorderTags
from contracts.import_account import ImportAccount, SectionReport
from contracts.message import (
    Command,
    Invalid,
    Refused,
    Reply,
    Unanswered,
    Unavailable,
    new_id,
)
from contracts.moods import NameMoods
from contracts.reminder_settings import SetReminderSettings
from contracts.reminders import local_time
from contracts.restores import (
    MAX_ROWS,
    ReadArchive,
    RestoreDiary,
    RestoreHabits,
    RestoreReminders,
    RestoreRows,
    RowsRestored,
    TakeArchiveBack,
    merged,
)
from contracts.users import ChangeProfile, GetProfile
from storage import imports
from storage.outbox import tell

SECTIONS: tuple[tuple[str, type[RestoreRows], int], ...] = (
    ("habits/habits", RestoreHabits, MAX_ROWS),
    ("habits/breaks", RestoreHabits, MAX_ROWS),
    ("habits/check_ins", RestoreHabits, 500),
    ("habits/history", RestoreHabits, MAX_ROWS),
    ("journal/prompts", RestoreDiary, MAX_ROWS),
    ("journal/templates", RestoreDiary, 100),
    ("journal/entries", RestoreDiary, 20),
    ("journal/revisions", RestoreDiary, 20),
    ("reminders/reminders", RestoreReminders, 50),
)
"""What is brought back, in this order; by which command, and how many rows at once."""

R = TypeVar("R", bound=Reply)


@room.do
async def read_archive(job: ReadArchive, tx: Transaction, bus: TheBus) -> None:
    """Read a received archive; nothing is kept of a dry run but its account."""
    row = await imports.find(tx, job.user_id, job.import_id)
    if row is None or row.phase in ("done", "failed"):
        return
    await imports.take_time(tx)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        async for part in parts_of(tx, row.id):
            await asyncio.to_thread(file.write, part)
        file.seek(0)
        try:
            archive = await asyncio.to_thread(ArchiveReader, cast(BinaryIO, file))
            restoring = Restoring(tx, bus, job, archive)
            if not job.profile_kept and not job.dry_run and await restoring.profile():
                # What follows needs it, so it is left to the time when rooms know of it.
                again = {"profile_kept": True, "job_id": new_id()}
                await tell(tx, job.model_copy(update=again))
                return
            account = await (restoring.looked() if job.dry_run else restoring.all())
        except (Unavailable, Unanswered) as no:
            if no.code != "profile_pending":
                raise
            await tell(tx, job.model_copy(update={"profile_kept": True, "job_id": new_id()}))
            return
        except Refused as no:
            await imports.end(tx, job.user_id, row.id, **failed(no))
            return
    report = account.model_dump_json()
    rows = {"rows": account.read, "total": account.read}
    await imports.end(tx, job.user_id, row.id, phase="done", report=report, **rows)


@room.do
async def take_archive_back(job: TakeArchiveBack, tx: Transaction) -> None:
    """Do nothing: nobody may ask for it."""


class Restoring:
    """An archive that is brought back."""

    def __init__(
        self, tx: AsyncConnection, bus: RoomBus, job: ReadArchive, archive: ArchiveReader
    ) -> None:
        """Bring it back to whom the job names."""
        self._tx, self._bus, self._job, self._archive = tx, bus, job, archive

    async def _chunks(self, section: str, size: int) -> AsyncIterator[tuple[str, ...]]:
        """Read some rows of a section after the other."""
        rows = self._archive.rows(section)
        while chunk := await asyncio.to_thread(_some, rows, size):
            yield chunk

    async def looked(self) -> ImportAccount:
        """Count what there is, and bring nothing back."""
        reports = []
        for section, _, size in SECTIONS:
            count = 0
            async for chunk in self._chunks(section, size):
                count += len(chunk)
            if count:
                reports.append(SectionReport(section=section, read=count, restored=count))
        return ImportAccount(sections=tuple(reports))

    async def profile(self) -> bool:
        """Let the person live as they did; tell whether that is news."""
        before = await self._bus.ask(GetProfile(), on_behalf_of=self._job.user_id)
        for row in self._objects("users/profile"):
            names = ("name", "language", "zone", "day_start", "week_start")
            said = {name: row[name] for name in names if name in row}
            if all(getattr(before, name) == value for name, value in said.items()):
                return False
            await self._ask(ChangeProfile, said)
            return True
        return False

    async def all(self) -> ImportAccount:
        """Bring all sections back; say what became of their rows."""
        person = await self._bus.ask(GetProfile(), on_behalf_of=self._job.user_id)
        reports = []
        for section, command, size in SECTIONS:
            done, read = list[RowsRestored](), 0
            async for chunk in self._chunks(section, size):
                read += len(chunk)
                ask = command(
                    section=section.partition("/")[2],
                    rows=chunk,
                    import_id=self._job.import_id,
                    week_start=person.week_start,
                )
                done.append(await self._bus.ask(ask, on_behalf_of=self._job.user_id))
            if read:
                said = merged(done).model_dump()
                reports.append(SectionReport(section=section, read=read, **said))
        await self._words()
        return ImportAccount(sections=tuple(reports))

    async def _words(self) -> None:
        """Set what people set: the order of tags, names of moods, how they are reminded."""
        for row in self._objects("habits/preferences"):
            if row.get("tag_order"):
                await self._ask(ReorderTags, {"tags": row["tag_order"]})
        for row in self._objects("journal/moods"):
            await self._ask(NameMoods, _json(f'{{"moods": {row.get("names")}}}'))
        digests = [row.get("every") for row in self._objects("reminders/digests")]
        for row in self._objects("reminders/settings"):
            await self._ask(SetReminderSettings, _settings(row, digests))

    def _objects(self, section: str) -> Iterator[Mapping[str, object]]:
        """Read a few rows of a section."""
        for row in islice(self._archive.rows(section), 10):
            yield _json(row)

    async def _ask(self, command: type[Command[R]], said: object) -> None:
        """Ask for something as the person would; what makes no sense is passed over."""
        try:
            asked = command.model_validate(said)
        except ValidationError:
            return
        try:
            await self._bus.ask(asked, on_behalf_of=self._job.user_id)
        except Invalid:
            return


def _settings(row: Mapping[str, object], digests: list[object]) -> dict[str, object]:
    """Read how somebody is reminded, from the columns of the table."""
    first, last = row.get("quiet_from"), row.get("quiet_to")
    said: dict[str, object] = {
        "channels": row.get("channels"),
        "grace_minutes": row.get("grace"),
        "digests": digests,
    }
    if isinstance(at := row.get("digest_at"), int):
        said["digest_at"] = local_time(at)
    if isinstance(first, int) and isinstance(last, int):
        said["quiet_hours"] = {"from": local_time(first), "to": local_time(last)}
    return said


def _some(rows: Iterator[str], size: int) -> tuple[str, ...]:
    return tuple(islice(rows, size))


def _json(text: object) -> dict[str, object]:
    """Read an object; what is none has no fields."""
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}
