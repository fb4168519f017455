"""An archive that somebody brings: opened with care, and read row by row."""

import json
from collections.abc import Iterator
from io import TextIOWrapper
from typing import BinaryIO

from actors.runtime.zips import Zip, damaged
from contracts.exports import FORM
from contracts.message import Invalid
from contracts.restores import MAX_ROW

ABOUT = "ritmo.json"
MAX_ABOUT = 1 << 20
"""Bytes of what an archive says of itself, at most."""

MAX_ARCHIVE_ROWS = 1_000_000
"""Rows of a section, at most."""


class ArchiveReader:
    """An archive: its sections by name, such as `habits/check_ins`. Refuses with `Invalid`."""

    def __init__(self, file: BinaryIO) -> None:
        """Open an archive; `file` stays open as long as it is read."""
        self._zip = Zip(file)
        member = self._zip.members.get(ABOUT)
        if member is None or member.file_size > MAX_ABOUT:
            raise _strange()
        with self._zip.open(member) as stream:
            try:
                about = json.loads(stream.read(MAX_ABOUT))
            except (ValueError, RecursionError):
                raise damaged() from None
        if not isinstance(about, dict) or about.get("form") != FORM:
            raise _strange()

    def rows(self, section: str) -> Iterator[str]:
        """Stream the rows of a section, each as it stands there; none if there is no section."""
        member = self._zip.members.get(f"data/{section}.jsonl")
        if member is None:
            return
        with self._zip.open(member) as stream, TextIOWrapper(stream, "utf-8", newline="\n") as text:
            try:
                for count, line in enumerate(iter(lambda: text.readline(MAX_ROW + 1), "")):
                    if len(line) > MAX_ROW or count >= MAX_ARCHIVE_ROWS:
                        raise Invalid("import_too_large", "A row of the export is too long.")
                    if line.strip():
                        yield line.rstrip("\n")
            except UnicodeDecodeError:
                raise damaged() from None


def _strange() -> Invalid:
    text = "This is no export of Ritmo, or one of a newer Ritmo than this."
    return Invalid("import_unreadable", text)
