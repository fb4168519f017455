"""CSV that leaves Ritmo: written here alone, so that no spreadsheet takes a text for a formula.

A person may give a habit any name, and somebody else may open the table. Spreadsheets run a cell
that begins with `=`, `+`, `-` or `@`, also in its full-width form and behind spaces, line ends or
signs that cannot be seen; one that splits at `;` finds such cells within ours. An apostrophe before
it makes it text (OWASP, "CSV Injection").
"""

import csv
import io
import re
from collections.abc import Iterable

Cell = object
"""A text, a number, a truth, a day, an id, or None for nothing."""

MARK = "\ufeff"
"""How a file of CSV begins, so that spreadsheets read it as UTF-8."""

_RISKY = "=+\\-@＝﹦⁼₌＋﹢⁺₊－﹣⁻₋−＠﹫"
_UNSEEN = (
    "\\s\x00-\x1f\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
)
_ENDS = ";\t\r\n\x0b\x0c\x85\u2028\u2029"
_BEGINS = re.compile(f"[{_UNSEEN}]*[{_RISKY}]|[\t\r\n]")
_WITHIN = re.compile(f"(?<=[{_ENDS}])([{_UNSEEN}]*)([{_RISKY}])")


def harmless(text: str) -> str:
    """Write a text so that it is a text in every spreadsheet; most stay as they are."""
    safe = _WITHIN.sub(r"\1'\2", text)
    return f"'{safe}" if _BEGINS.match(text) else safe


def csv_of(lines: Iterable[Iterable[Cell]]) -> str:
    """Write lines of cells as CSV (RFC 4180)."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([_cell(cell) for cell in line] for line in lines)
    return file.getvalue()


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else str(cell)
