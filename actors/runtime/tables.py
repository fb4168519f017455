"""CSV tables of strangers (RFC 4180), read row by row with a limit to each row."""

import csv
import io
from collections.abc import Iterator

RECORD = 128 << 10
"""Characters of a row, at most."""


class Rfc4180(csv.excel):
    """As trackers write tables; a quote that is never closed is an error."""

    strict = True


class Lines:
    """Lines of a text; refuses a row, perhaps of many lines, that grows too long (`csv.Error`)."""

    def __init__(self, text: io.TextIOBase) -> None:
        """Read lines of `text`, which was opened with `newline=""`."""
        self._text = text
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        """Return itself."""
        return self

    def __next__(self) -> str:
        """Return the next line."""
        line = self._text.readline(RECORD)
        if not line:
            raise StopIteration
        self.taken += len(line)
        if self.taken >= RECORD:
            raise csv.Error(f"a row is longer than {RECORD} characters")
        return line


def rows_of(lines: Lines, dialect: type[csv.Dialect], delimiter: str = ",") -> Iterator[list[str]]:
    """Stream the rows of a table, blank ones as empty lists. Raises `csv.Error`."""
    for row in csv.reader(lines, dialect, delimiter=delimiter):
        lines.taken = 0
        yield row
