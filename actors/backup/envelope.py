"""Around a dump: zstd, and around that age. Both are streams that hold a few megabytes at most.

`pyrage` holds the interpreter while it works, so these run in threads of the process of backups,
never in one that answers people. What it decrypts is to be trusted only when all of it was: it has
given out what came before a damage by then.
"""

import hashlib
import io
import sys
from collections.abc import Callable, Sequence
from typing import IO, Protocol, cast

import pyrage
import zstandard
from pyrage import x25519

from actors.backup.manifest import Bytes, Damaged

CHUNK = 1 << 20
"""Bytes that are read at once."""

LEVEL = 1
"""Of zstd: on rows like ours it is the fastest, and no larger than the next ones."""


class WrongKey(Exception):
    """None of the identities opens a backup."""


class BadKey(Exception):
    """A key is none; the message says which."""


Sink = Callable[[bytes], object]
"""Takes in bytes."""


class Readable(Protocol):
    """Something that bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes; none at the end."""


class Counted:
    """Counts and sums up the bytes that pass."""

    def __init__(self) -> None:
        """Nothing has passed."""
        self._sum, self._bytes = hashlib.sha256(), 0

    def add(self, data: bytes | memoryview) -> None:
        """Let bytes pass."""
        self._sum.update(data)
        self._bytes += len(data)

    @property
    def bytes(self) -> Bytes:
        """Say how many have passed, and their checksum."""
        return Bytes(bytes=self._bytes, sha256=self._sum.hexdigest())


class CountedReader(io.RawIOBase):
    """Reads from a source, and counts."""

    def __init__(self, source: Readable, counted: Counted) -> None:
        """Read from `source`."""
        super().__init__()
        self._source, self._counted = source, counted

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes."""
        data = self._source.read(size if size > 0 else CHUNK)
        self._counted.add(data)
        return data

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True


def recipients(keys: Sequence[str]) -> list[x25519.Recipient]:
    """Read public keys, `age1…`. Raises BadKey."""
    try:
        return [x25519.Recipient.from_str(key) for key in keys]
    except pyrage.RecipientError:
        raise BadKey(
            "RITMO_BACKUP_RECIPIENTS: write public keys of age, age1…, with commas between them."
        ) from None


def identities(text: str, place: str) -> list[x25519.Identity]:
    """Read private keys as `age-keygen` writes them. Raises BadKey."""
    lines = [line.strip() for line in text.splitlines()]
    try:
        found = [
            x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")
        ]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise BadKey(f"{place} holds no identity of age (AGE-SECRET-KEY-1…): name the right file.")
    return found


def wrap(source: Readable, sink: Sink, to: Sequence[x25519.Recipient]) -> Bytes:
    """Compress and encrypt a stream; return what was read. Raises what these raise."""
    counted, out = Counted(), _Out(sink)
    into = _In(CountedReader(source, counted))
    squeezed = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).stream_reader(
        cast(IO[bytes], into), read_size=CHUNK
    )
    try:
        pyrage.encrypt_io(io.BufferedReader(squeezed, CHUNK), out, list(to))
    except (pyrage.EncryptError, OSError):
        if (error := into.error or out.error) is not None:
            raise error from None
        raise
    return counted.bytes


def unwrap(source: Readable, sink: Sink, by: Sequence[x25519.Identity]) -> None:
    """Decrypt a stream, which stays compressed.

    Raises Damaged or WrongKey, or what the sink raises.
    """
    out = _Out(sink)
    try:
        pyrage.decrypt_io(io.BufferedReader(_In(source), CHUNK), out, list(by))
    except (pyrage.DecryptError, OSError) as error:
        if out.error is not None:
            raise out.error from None
        if "No matching keys" in str(error):
            raise WrongKey(
                "None of the keys given opens this backup: name the file of the identity that "
                "belongs to one of its recipients."
            ) from None
        raise Damaged("The backup was changed: it does not decrypt.") from None


class Expander:
    """Decompresses what it is given, on and on. Raises Damaged."""

    def __init__(self, sink: Sink) -> None:
        """Write to `sink`."""
        self.counted = Counted()
        self._sink = sink
        self._zstd = zstandard.ZstdDecompressor().decompressobj(write_size=CHUNK)

    def add(self, data: bytes) -> None:
        """Take in some more."""
        try:
            # After its end nothing may follow: what was appended is not passed over.
            if self._zstd.eof:
                raise Damaged("The backup was changed: something follows its end.")
            for start in range(0, len(data), CHUNK):
                out = self._zstd.decompress(data[start : start + CHUNK])
                self.counted.add(out)
                self._sink(out)
        except zstandard.ZstdError:
            raise Damaged("The backup was changed: it does not decompress.") from None


class _In(io.RawIOBase):
    """A file that hands on what is read from it, and remembers what went wrong there."""

    def __init__(self, source: Readable) -> None:
        super().__init__()
        self._source = source
        self.error: BaseException | None = None

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._source.read(size)
        finally:
            self.error = sys.exception()  # of which Rust makes another one

    def readable(self) -> bool:
        return True


class _Out(io.RawIOBase):
    """A file that hands on what is written to it, and remembers what went wrong there."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink
        self.error: BaseException | None = None

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        try:
            self._sink(data)
        finally:
            self.error = sys.exception()  # of which Rust makes another one
        return len(data)

    def writable(self) -> bool:
        return True


def expanded(file: IO[bytes], sink: Sink) -> Bytes:
    """Decompress a file; return what came out. Raises Damaged."""
    expander = Expander(sink)
    while data := file.read(CHUNK):
        expander.add(data)
    return expander.counted.bytes
