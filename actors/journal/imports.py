"""Imports of diaries: a file of Daylio becomes entries.

The file is read twice: once to count it and to learn what its moods are called, once to keep it.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.daylio import EntryKeys, Labels, Noted, Reason, Skip, Skipped
from actors.journal.domain import Lived, today_of
from actors.journal.importers import IMPORTERS, Diary
from actors.journal.moods import scale_of
from actors.journal.room import known, room
from actors.journal.views import outline_of
from actors.runtime.imports import ImportRun, Open, take_back
from actors.runtime.room import TheBus, Transaction, Who
from contracts.import_account import EntriesReport, ImportAccount, MoodFound, RowSkipped, Undone
from contracts.imports import ReadDiary, Recognized, RecognizeDiary, TakeDiaryBack
from contracts.journal import EntriesImported, EntryDeleted
from contracts.message import Gone, Invalid, new_id
from contracts.speech import say
from contracts.time import day_of, instant_of
from storage.journal import imported
from storage.journal.entries import EntryRow
from storage.outbox import tell
from storage.replica.replica import PersonRow

CHUNK, CHUNK_CHARACTERS = 100, 200_000
"""Entries that are kept, and told, at once; fewer where their notes have more characters."""

SHOWN_ROWS, NAMED_MOODS = 20, 30
"""Rows that make no sense, and unknown moods, that are named one by one."""

SAYS = {
    Reason.COLUMN_COUNT: "Row {row} has more cells than the first row.",
    Reason.DATE_UNREADABLE: "The date of row {row} cannot be read.",
    Reason.DATE_AMBIGUOUS: "The date of row {row} can be read in more than one way.",
    Reason.DAY_OUT_OF_RANGE: "The date of row {row} lies in the future, or too far back.",
    Reason.ENTRY_UNREADABLE: "Entry {row} of the backup cannot be read.",
    Reason.ENTRY_EMPTY: "Row {row} says nothing: it has no mood, no text and no activity.",
}
"""What to say of rows that make no sense."""

_Made = tuple[Noted | Skipped, EntryRow]
"""An entry of the file, and what to keep of it."""


@room.answer
async def recognize_diary(
    query: RecognizeDiary, who: Who, tx: Transaction, bus: TheBus
) -> Recognized:
    """Find out whether a file is a diary, and get to know whose it is."""
    kind = await IMPORTERS.recognize(tx, query.import_id, query.kind)
    if kind is not None:
        await known.person(tx, bus, who, "stay")
    return Recognized(kind=kind)


@room.do
async def read_diary(job: ReadDiary, tx: Transaction) -> None:
    """Read the diary; nothing of it is kept if that fails, or if it is a dry run."""
    await IMPORTERS.run(tx, job, keep)


@room.do
async def take_diary_back(job: TakeDiaryBack, tx: Transaction) -> None:
    """Forget the entries of an import, but for those that were changed since."""
    await take_back(tx, job, lambda _: _taken_back(tx, job))


async def keep(run: ImportRun, opened: Open[Diary]) -> ImportAccount:
    """Read an opened file into entries."""
    return await DiaryImport(run).keep(opened)


async def _taken_back(tx: AsyncConnection, job: TakeDiaryBack) -> Undone:
    user_id, count = job.user_id, 0
    while taken := await imported.take(tx, user_id, job.import_id, CHUNK):
        gone = (EntryDeleted(user_id=user_id, version=2, entry_id=one) for one in taken)
        await tell(tx, *gone)
        count += len(taken)
    kept = await imported.count(tx, user_id, job.import_id)
    return Undone(entries=count, kept=kept)


def lived(entry: Noted, zone: str, day_start: int) -> Lived:
    """Place an entry in time: in the person's zone, unless the file says which offset it had."""
    shown = entry.shown
    if not entry.timed and shown.hour * 60 + shown.minute < day_start:
        # Only its day is certain, and must not become the one before.
        shown = datetime.combine(shown.date(), time(12))  # a day begins by noon at the latest
    if entry.offset is None:
        at = instant_of(shown.date(), shown.time(), zone)
        return Lived(day_of(at, zone, day_start), at, zone)
    at = (shown - entry.offset).replace(tzinfo=UTC)
    day = (shown - timedelta(minutes=day_start)).date()
    return Lived(day, at, zone_of(entry.offset, at, zone))


def zone_of(offset: timedelta, at: datetime, zone: str) -> str:
    """Return the person's zone if it had this offset then, else one that always has it, if any."""
    if at.astimezone(ZoneInfo(zone)).utcoffset() == offset:
        return zone
    hours, rest = divmod(offset, timedelta(hours=1))
    if rest or not -12 <= hours <= 14:
        return zone
    # The signs of these zones are those of POSIX: Etc/GMT-2 is two hours ahead of UTC.
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


class DiaryImport:
    """One diary being read."""

    def __init__(self, run: ImportRun) -> None:
        """Read for an import that is begun."""
        self._run, self._tx = run, run.tx
        self._chosen = run.options
        self._person = PersonRow(run.user_id)
        self._labels = Labels({}, {})
        self._keys = EntryKeys()
        self._skipped: Counter[str] = Counter()
        self._rows: list[RowSkipped] = []
        self._days: set[date] = set()
        self._imported = self._untimed = self._cut = 0

    async def keep(self, opened: Open[Diary]) -> ImportAccount:
        """Read all entries; tell what was imported."""
        person = await known.replica.find_person(self._tx, self._run.user_id, "stay")
        if person is None or person.gone:
            raise Gone("user_gone", "This account was deleted.")
        self._person = person
        own = {one.name: one.mood for one in (await scale_of(self._tx, person)).moods}
        self._labels = Labels(self._chosen.moods, own)
        now = datetime.now(UTC)
        latest = today_of(person.zone, person.day_start, now) + timedelta(days=1)
        diary = await opened(latest)
        await self._run.show(0, None)
        total = await asyncio.to_thread(self._look_through, diary)
        self._refuse_unknown_moods()
        await self._run.show(0, total)
        read = 0
        with closing(diary.entries()) as stream:
            while chunk := await asyncio.to_thread(_taken, stream):
                await self._keep(await asyncio.to_thread(self._made, chunk, now))
                read += len(chunk)
                await self._run.show(read, total)
        return ImportAccount(entries=self._report(read, diary))

    def _look_through(self, diary: Diary) -> int:
        """Count the entries, and learn what their moods are called."""
        total = 0
        for entry in diary.entries():
            total += 1
            if isinstance(entry, Noted):
                self._labels.see(entry)
        return total

    def _refuse_unknown_moods(self) -> None:
        """Refuse a file with moods that nobody has said a meaning for; a dry run lists them."""
        unknown = self._labels.unknown()
        if not unknown or self._run.dry_run or self._chosen.unknown_moods == "none":
            return
        named = ", ".join(unknown[:NAMED_MOODS]) + (" …" if len(unknown) > NAMED_MOODS else "")
        text = "Say what these moods mean, from 1 (awful) to 5 (great): {moods}."
        raise Invalid("import_moods_unknown", text, moods=named)

    def _row(self, entry: Noted | Skipped, now: datetime) -> EntryRow | None:
        """Make the entry to keep of one of the file; count it if there is none."""
        try:
            if isinstance(entry, Skipped):
                raise Skip(entry.reason)
            return self._entry(entry, self._keys.of(entry), now)
        except Skip as skip:
            self._skipped[str(skip.reason)] += 1
            if skip.reason in SAYS and len(self._rows) < SHOWN_ROWS:
                says = say(self._person.language, SAYS[skip.reason], {"row": entry.number})
                self._rows.append(RowSkipped(row=entry.number, reason=skip.reason, says=says))
            return None

    def _entry(self, entry: Noted, key: str, now: datetime) -> EntryRow:
        mood = self._labels.mood_of(entry)
        if mood is None and entry.label and self._chosen.unknown_moods == "refuse":
            raise Skip(Reason.MOOD_UNKNOWN)
        # A mood that means nothing here is still all that some entries say.
        text = entry.text or ("" if mood or entry.title or entry.tags else entry.label)
        if not (mood or text or entry.title or entry.tags):
            raise Skip(Reason.ENTRY_EMPTY)
        when = lived(entry, self._person.zone, self._person.day_start)
        return EntryRow(
            id=new_id(),
            user_id=self._run.user_id,
            version=1,
            day=when.day,
            at=when.at,
            zone=when.zone,
            title=entry.title,
            text=text,
            mood=mood,
            energy=None,
            tags=entry.tags,
            habit_ids=(),
            prompt_id=None,
            question="",
            favourite=entry.favourite,
            created_at=now,
            changed_at=now,
            import_key=key,
        )

    def _made(self, chunk: list[Noted | Skipped], now: datetime) -> list[_Made]:
        """Make the entries to keep of some of the file."""
        return [(one, row) for one in chunk if (row := self._row(one, now)) is not None]

    async def _keep(self, made: list[_Made]) -> None:
        """Keep the entries that are not there yet, and tell of them."""
        rows = [row for _, row in made]
        new = await imported.add_many(self._tx, self._run.user_id, self._run.import_id, rows)
        added = [(one, row) for one, row in made if row.id in new]
        self._skipped[str(Reason.ALREADY_THERE)] += len(made) - len(added)
        self._imported += len(added)
        self._untimed += sum(isinstance(one, Noted) and not one.timed for one, _ in added)
        self._cut += sum(isinstance(one, Noted) and one.cut for one, _ in added)
        if added:
            days = {row.day for _, row in added} | self._days
            self._days = {min(days), max(days)}
            await tell(self._tx, await asyncio.to_thread(self._told, [row for _, row in added]))

    def _told(self, rows: list[EntryRow]) -> EntriesImported:
        """Tell which entries are new."""
        return EntriesImported(
            user_id=self._run.user_id,
            import_id=self._run.import_id,
            entries=tuple(map(outline_of, rows)),
        )

    def _report(self, read: int, diary: Diary) -> EntriesReport:
        found = (MoodFound(label=a, entries=b, mood=c) for a, b, c in self._labels.found())
        return EntriesReport(
            read=read,
            imported=self._imported,
            skipped=dict(+self._skipped),
            rows=tuple(self._rows),
            moods=tuple(found),
            left_out=dict(diary.left_out),
            untimed=self._untimed,
            cut=self._cut,
            first=min(self._days, default=None),
            last=max(self._days, default=None),
        )


def _taken(stream: Iterator[Noted | Skipped]) -> list[Noted | Skipped]:
    """Take the next entries of a stream."""
    taken: list[Noted | Skipped] = []
    characters = 0
    for one in islice(stream, CHUNK):
        taken.append(one)
        characters += len(one.text) if isinstance(one, Noted) else 0
        if characters >= CHUNK_CHARACTERS:
            break
    return taken
