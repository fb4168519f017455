"""Files of other diaries: Daylio's CSV export and its backup, opened with care.

What the words mean is in `daylio.py` and `daylio_backup.py`.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Generator
from contextlib import closing, suppress
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from actors.journal.daylio import EARLIEST, Columns, Noted, Skipped
from actors.runtime.dates import DateReader, Order, order_of
from actors.runtime.imports import Importer, Importers, Look
from actors.runtime.tables import Lines, Rfc4180, rows_of
from actors.runtime.zips import Zip
from contracts.message import Invalid

BACKUP = "backup.daylio"
"""The member of the zip that has the entries."""

LARGEST_BACKUP = 48 << 20
"""Bytes of `backup.daylio`, which is read in one piece, at most."""

_HEADER, _SCANNED = 4096, 100_000
_DELIMITERS = (",", ";", "\t")


class Diary(Protocol):
    """A diary's file, of which entries are read as often as one likes.

    `left_out` counts by kind what it holds beside entries.
    """

    left_out: Counter[str]

    def entries(self) -> Generator[Noted | Skipped, None, None]:
        """Stream the entries in the order of the file. Refuses with `Invalid`."""
        ...


class CsvDiary:
    """A CSV export of Daylio, of any generation."""

    def __init__(self, file: BinaryIO, latest: date) -> None:
        """Read `file`, which stays open meanwhile; days after `latest` are skipped."""
        self._file, self._latest = file, latest
        self._days = DateReader(lambda: self._order, latest, EARLIEST)
        self.left_out: Counter[str] = Counter()

    def entries(self) -> Generator[Noted | Skipped, None, None]:
        """Stream the rows; the first row is number 1. Refuses with `Invalid`."""
        _ = self._order  # before the rows are read: both read the same file
        number = 0
        try:
            columns: Columns | None = None
            for row in self._rows():
                number += 1
                if columns is None:
                    columns = Columns.of(row, self._days)
                    self.left_out = columns.left_out
                elif row:
                    yield columns.read(number, row, self._latest)
        except csv.Error:
            said = "Row {row} is broken: a quote is missing or too many, or the row is too long."
            raise Invalid("import_unreadable", said, row=number + 1) from None
        except UnicodeDecodeError:
            said = "The file is not UTF-8 text; export it once more, or save it as CSV UTF-8."
            raise Invalid("import_unreadable", said) from None
        if number < 2:
            raise Invalid("import_empty", "There are no entries in the file.")

    def _rows(self) -> Generator[list[str], None, None]:
        """Stream the rows of the table, blank ones as empty lists."""
        self._file.seek(0)
        delimiter = _delimiter(self._file.read(_HEADER))
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, "utf-8-sig", newline="")
        try:
            yield from rows_of(Lines(text), Rfc4180, delimiter)
        finally:
            text.detach()

    @cached_property
    def _order(self) -> Order | None:
        """Tell month from day by the dates of the file."""
        with suppress(csv.Error, UnicodeDecodeError), closing(self._rows()) as rows:
            header = [cell.strip().lower() for cell in next(rows, [])]
            if "full_date" in header:
                at = header.index("full_date")
                return order_of(row[at] for row in islice(rows, _SCANNED) if len(row) > at)
        return None


def _delimiter(head: bytes) -> str:
    """Return what parts the cells: a spreadsheet may have saved the export anew."""
    first = head.decode("utf-8-sig", "replace").partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _backup(file: BinaryIO, latest: date) -> Diary:
    """Open a `.daylio` file: a zip with the backup, and photos beside it."""
    from actors.journal.daylio_backup import Backup

    opened = Zip(file)
    named = [m for n, m in opened.members.items() if PurePosixPath(n).name == BACKUP]
    if len(named) != 1:
        text = "There is no backup.daylio in the zip: it is not a backup of Daylio."
        raise Invalid("import_unreadable", text)
    if named[0].file_size > LARGEST_BACKUP:
        text = "The backup is larger than {most} MB; import the CSV export of Daylio instead."
        raise Invalid("import_too_large", text, most=LARGEST_BACKUP >> 20)
    with opened.open(named[0]) as stream:
        return Backup(stream.read(LARGEST_BACKUP), latest)


def is_csv(file: Look) -> bool:
    """Tell a CSV export of Daylio."""
    return file.has_column("mood")


def is_backup(file: Look) -> bool:
    """Tell a backup of Daylio."""
    return BACKUP in file.members


def open_diary(file: BinaryIO, latest: date) -> Diary:
    """Open a file of Daylio, days after `latest` left out. Refuses with `Invalid`."""
    zipped = zipfile.is_zipfile(file) or (file.seek(0) == 0 and file.read(2) == b"PK")
    file.seek(0)
    return _backup(file, latest) if zipped else CsvDiary(file, latest)


IMPORTERS: Importers[Diary] = Importers(
    (Importer("daylio", is_backup, open_diary), Importer("daylio", is_csv, open_diary))
)
"""The kinds of files that hold a diary."""
