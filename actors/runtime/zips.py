"""Zips of strangers, opened with care: whatever is in them, memory stays flat.

Members are streamed, every size has a limit, and nothing is written to a disk.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from contracts.message import Invalid

MEMBERS = 5_000
"""Members of a zip, at most."""

TOTAL = 200 << 20
"""Bytes of all members, unpacked, at most."""

_DIRECTORY = 2 << 20
_RATIO, _SMALL = 400, 16 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error)


class _Bounded:
    """A file of which nobody reads much at once: the directory of a zip is read in one piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.tell, self.seekable = file.tell, file.seekable

    def seek(self, offset: int, whence: int = 0) -> int:
        if offset < 0 and not whence:
            raise zipfile.BadZipFile
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY:
            raise _too_large()
        return self._file.read(_DIRECTORY if size < 0 else size)


def _too_large() -> Invalid:
    """Say that a zip holds more than Ritmo takes."""
    text = "The file holds more than can be imported at once: {megabytes} MB."
    return Invalid("import_too_large", text, megabytes=TOTAL >> 20)


def damaged() -> Invalid:
    """Say that a file is no zip, a broken one, or packed in a way that no tracker packs it."""
    return Invalid("import_unreadable", "The file is not a whole zip; export it once more.")


class Zip:
    """A zip, by the names of its members; names that lead elsewhere are left out.

    Refuses with `Invalid` what is no zip, broken, or far too large.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Open the zip; `file` stays open as long as it is read."""
        try:
            self._zip = zipfile.ZipFile(_Bounded(file))
        except (*_DAMAGE, ValueError, OSError):
            raise damaged() from None
        self._check(self._zip.infolist())
        self.members = self._named()

    @staticmethod
    def _check(members: list[zipfile.ZipInfo]) -> None:
        """Refuse a bomb, and what needs a password. zipfile never reads beyond declared sizes."""
        if len(members) > MEMBERS or sum(member.file_size for member in members) > TOTAL:
            raise _too_large()
        for member in members:
            if member.file_size > max(_SMALL, member.compress_size * _RATIO):
                raise _too_large()
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise damaged()
            if member.flag_bits & 0x1:
                text = "The file is protected by a password; export it without one."
                raise Invalid("import_unreadable", text)

    def _named(self) -> dict[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        for member in self._zip.infolist():
            name = member.filename.replace("\\", "/")
            if name.startswith("/") or ".." in name.split("/") or "__MACOSX" in name:
                continue
            if name in found:
                raise damaged()
            found[name] = member
        return found

    @contextmanager
    def open(self, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
        """Open a member to be read. Refuses with `Invalid` when it turns out to be broken."""
        try:
            with self._zip.open(member) as stream:
                yield stream
        except _DAMAGE:
            raise damaged() from None
