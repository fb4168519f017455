"""A tracker's CSV table whose columns are found by their names, streamed row by row."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import BinaryIO

from actors.habits.fit import MAX_TAG
from actors.habits.found import too_large
from actors.runtime.tables import Lines, Rfc4180, rows_of
from contracts.message import Invalid

MAX_ROWS = 500_000
"""Rows of a file, at most."""

_HEAD = 4096
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class NamedRows:
    """The columns of a tracker's table, of which some are needed; names are in lower case."""

    tracker: str
    columns: Sequence[str]
    needed: Set[str]

    def of(self, file: BinaryIO, left_out: Counter[str]) -> Iterator[dict[str, str]]:
        """Stream the rows; cells of other columns are counted. Refuses with `Invalid`."""
        file.seek(0)
        first = file.read(_HEAD).decode("utf-8-sig", "replace").partition("\n")[0]
        file.seek(0)
        text = io.TextIOWrapper(file, "utf-8-sig", newline="")
        number, header = 0, list[str]()
        try:
            for row in rows_of(Lines(text), Rfc4180, max(_DELIMITERS, key=first.count)):
                number += 1
                if number == 1:
                    header = self._header(row)
                elif number > MAX_ROWS:
                    raise too_large()
                elif any(row):
                    # A spreadsheet drops empty cells at the end of a row.
                    whole = row + [""] * (len(header) - len(row))
                    cells = dict(zip(header, whole, strict=False))
                    others = (one for one in header if one not in self.columns and cells[one])
                    left_out.update(f"column {name[:MAX_TAG]}" for name in others)
                    yield {name: cells.get(name, "").strip() for name in self.columns}
        except csv.Error:
            said = "Row {row} is broken: a quote is missing or too many, or the row is too long."
            raise Invalid("import_unreadable", said, row=number + 1) from None
        except UnicodeDecodeError:
            said = "The file is not UTF-8 text; export it once more, or save it as CSV UTF-8."
            raise Invalid("import_unreadable", said) from None
        finally:
            text.detach()

    def _header(self, row: list[str]) -> list[str]:
        header = [cell.strip().lower() for cell in row]
        missing = next((one for one in self.columns if one in self.needed - set(header)), None)
        if missing is not None:
            text = "The first row has no column “{column}”: it is not a CSV export of {tracker}."
            raise Invalid("import_unreadable", text, column=missing, tracker=self.tracker)
        return header


def number_in(text: str) -> float | None:
    """Read a number, perhaps as a spreadsheet rewrote it: `-2.15E+09`, `2,5`."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
