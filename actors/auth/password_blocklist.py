"""The 100 000 passwords that people choose most, of those that are long enough to be refused only
for that.

`password_blocklist.bin` holds the first four bytes of the SHA-256 of each, sorted: half a megabyte
that is searched as it lies in memory, and says of one other password in 40 000 that it is common,
too. It is written by `python -m ops.password_blocklist`, from the lists that
`ops/decisions/0018-common-passwords.md` names.
"""

import asyncio
import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

FILE = Path(__file__).with_suffix(".bin")

BYTES = 4
"""Bytes of each sum, in big-endian order."""


def sum_of(password: str) -> int:
    """Sum a password up, in whatever case it is written."""
    return int.from_bytes(hashlib.sha256(password.casefold().encode()).digest()[:BYTES], "big")


def written(passwords: Iterable[str]) -> bytes:
    """Write passwords as the file holds them."""
    sums = array("I", sorted({sum_of(password) for password in passwords}))
    return _big_endian(sums).tobytes()


class Blocklist:
    """Knows them, from the first time that it is asked."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._sums: array[int] | None = None

    async def holds(self, password: str) -> bool:
        """Tell whether a password is one of them; the file is read in a thread."""
        if self._sums is None:
            self._sums = await asyncio.to_thread(_read)
        wanted = sum_of(password)
        place = bisect_left(self._sums, wanted)
        return place < len(self._sums) and self._sums[place] == wanted


def _read() -> "array[int]":
    sums = array("I")
    sums.frombytes(FILE.read_bytes())
    return _big_endian(sums)


def _big_endian(sums: "array[int]") -> "array[int]":
    """Turn numbers of this machine into those of the file, and back."""
    if sys.byteorder == "little":
        sums.byteswap()
    return sums
