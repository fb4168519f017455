"""Files of other diaries: Daylio's CSV export and its backup, opened with care.

What the words mean is in `daylio.py` and `daylio_backup.py`.
"""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Generator
from datetime import date
from pathlib import PurePosixPath
from typing import BinaryIO, Protocol

from actors.journal.daylio import Columns, Noted, Skipped
from actors.runtime.tables import Lines, Rfc4180, rows_of
from actors.runtime.zips import Zip
from contracts.message import Invalid

LARGEST_BACKUP = 48 << 20
"""Bytes of `backup.daylio`, which is read in one piece, at most."""

_HEADER = 4096
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
        self.left_out: Counter[str] = Counter()

    def entries(self) -> Generator[Noted | Skipped, None, None]:
        """Stream the rows; the first row is number 1. Refuses with `Invalid`."""
        self._file.seek(0)
        delimiter = _delimiter(self._file.read(_HEADER))
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, "utf-8-sig", newline="")
        number = 0
        try:
            columns: Columns | None = None
            for row in rows_of(Lines(text), Rfc4180, delimiter):
                number += 1
                if columns is None:
                    columns = Columns.of(row)
                elif row:
                    yield columns.read(number, row, self._latest)
        except csv.Error:
            said = "Row {row} is broken: a quote is missing or too many, or the row is too long."
            raise Invalid("import_unreadable", said, row=number + 1) from None
        except UnicodeDecodeError:
            said = "The file is not UTF-8 text; export it once more, or save it as CSV UTF-8."
            raise Invalid("import_unreadable", said) from None
        finally:
            text.detach()
        if number < 2:
            raise Invalid("import_empty", "There are no entries in the file.")


def _delimiter(head: bytes) -> str:
    """Return what parts the cells: a spreadsheet may have saved the export anew."""
    first = head.decode("utf-8-sig", "replace").partition("\n")[0]
    return max(_DELIMITERS, key=first.count)


def _backup(file: BinaryIO, latest: date) -> Diary:
    """Open a `.daylio` file: a zip with the backup, and photos beside it."""
    from actors.journal.daylio_backup import Backup

    opened = Zip(file)
    named = [m for n, m in opened.members.items() if PurePosixPath(n).name == "backup.daylio"]
    if len(named) != 1:
        text = "There is no backup.daylio in the zip: it is not a backup of Daylio."
        raise Invalid("import_unreadable", text)
    if named[0].file_size > LARGEST_BACKUP:
        text = "The backup is larger than {most} MB; import the CSV export of Daylio instead."
        raise Invalid("import_too_large", text, most=LARGEST_BACKUP >> 20)
    with opened.open(named[0]) as stream:
        return Backup(stream.read(LARGEST_BACKUP), latest)


def open_diary(file: BinaryIO, latest: date) -> Diary:
    """Open a file of Daylio; days after `latest` are skipped. Refuses with `Invalid`."""
    zipped = zipfile.is_zipfile(file) or (file.seek(0) == 0 and file.read(2) == b"PK")
    file.seek(0)
    return _backup(file, latest) if zipped else CsvDiary(file, latest)
