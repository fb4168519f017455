"""Which tracker a file comes from, by what is in it, and who is asked to read it."""

import csv
import re
from dataclasses import dataclass
from typing import BinaryIO, Literal

from contracts.imports import AddImportPart, GetImport, RunImport, StartImport, UndoImport
from contracts.journal_transfer import (
    AddDiaryPart,
    GetDiaryImport,
    RunDiaryImport,
    StartDiaryImport,
    UndoDiaryImport,
)
from contracts.message import Invalid

Format = Literal["loop", "daylio", "habitbull"]


@dataclass(frozen=True, slots=True)
class Asks:
    """What is asked of the room that reads a kind of file."""

    start: type[StartImport]
    add: type[AddImportPart]
    run: type[RunImport]
    get: type[GetImport]
    undo: type[UndoImport]


_HABITS = Asks(StartImport, AddImportPart, RunImport, GetImport, UndoImport)
_DIARY = Asks(StartDiaryImport, AddDiaryPart, RunDiaryImport, GetDiaryImport, UndoDiaryImport)

ROOMS = (_HABITS, _DIARY)
"""Who may know an import, in the order in which they are asked."""

ASKS: dict[Format, Asks] = {
    "loop": _HABITS,
    "habitbull": _HABITS,
    "daylio": _DIARY,
}

_PIECE, _OVERLAP, _HEADER = 1 << 20, 1024, 4096

# The name of a member stands in the directory of a zip as it is (APPNOTE.TXT, section 4.3.12). It
# is only looked for, not read: whoever unpacks the zip looks at its limits.
_DATE = re.compile(
    r"\d{4}([-/.]\d{1,2}[-/.]\d{1,2})?|\d{1,2}([-/.])\d{1,2}\2(\d{2}|\d{4})", re.ASCII
)

_HEAD, _HEAD_BYTES, _FOLDERS = b"PK\x01\x02", 46, 200
_MEMBER = re.compile(rb"Habits\.csv|backup\.daylio")


def format_of(file: BinaryIO) -> Format:
    """Tell which kind of file this is, read piece by piece. Refuses with `Invalid` all others."""
    file.seek(0)
    head = file.read(_HEADER)
    if not head:
        raise Invalid("import_empty", "The file is empty.")
    if head.startswith(b"SQLite format 3\0"):
        return "loop"
    found = _zipped(file) if head.startswith(b"PK") else _table(head)
    if found is None:
        text = (
            "Ritmo does not know this kind of file. It takes the CSV zip or the .db backup of Loop "
            "Habit Tracker, the CSV export or the .daylio backup of Daylio, and the CSV export of "
            "HabitBull."
        )
        raise Invalid("import_unknown_format", text)
    return found


def _zipped(file: BinaryIO) -> Format | None:
    """Look for the member that gives a zip away."""
    file.seek(0)
    held = b""
    found: Format | None = None
    while piece := file.read(_PIECE):
        held = held[-_OVERLAP:] + piece
        for member in _MEMBER.finditer(held):
            if _is_member(held, member.start()):
                if member[0] == b"Habits.csv":
                    return "loop"
                found = "daylio"
    return found


def _is_member(held: bytes, place: int) -> bool:
    """Tell whether a name stands in the directory of a zip, perhaps behind those of folders."""
    head = held.rfind(_HEAD, max(0, place - _HEAD_BYTES - _FOLDERS), place)
    folders = held[head + _HEAD_BYTES : place]
    return 0 <= head <= place - _HEAD_BYTES and (
        not folders or (folders[-1:] in (b"/", b"\\") and b"\0" not in folders)
    )


def _table(head: bytes) -> Format | None:
    """Look at the first row of a table, whatever parts its cells."""
    first = head.decode("utf-8-sig", "replace").splitlines()[:1]
    for delimiter in (",", ";", "\t"):
        for row in csv.reader(first, delimiter=delimiter):
            names = {cell.strip().lower() for cell in row}
            if "mood" in names:
                return "daylio"
            if "habitname" in names:
                return "habitbull"
            if len(row) > 2 and _DATE.fullmatch(row[0].strip()):
                text = (
                    "The first row of the file is not its header row, with the names of the "
                    "columns; put it back, or export the file once more."
                )
                raise Invalid("import_without_header", text)
    return None
