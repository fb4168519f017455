"""What is secret and must be read back is sealed: AES-256-GCM, under keys beside the database.

The keys stand in a file, `seal.keys` in the data folder, mode 0600, or in `RITMO_SEAL_KEYS`: each
is 32 random bytes as base64 (RFC 4648, section 5). The first seals; the others only open what was
sealed before. A sealed value is

    version (1 byte)  key id (8 bytes)  nonce (12 bytes)  ciphertext and tag (16 bytes more)

The key id is the beginning of SHA-256 over the key. What the value is for is authenticated with it,
so that what was sealed as one thing is not taken for another. Nonces are random: NIST SP 800-38D,
section 8.3, allows 2³² values under one key.
"""

import hashlib
import os
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from actors.runtime.settings import Settings
from storage.sealed import HEAD_BYTES, Unreadable

VERSION = b"\x01"
KEY_BYTES = 32
ID_BYTES = HEAD_BYTES - len(VERSION)
NONCE_BYTES = 12
MODE = 0o600
"""Mode of the file: its owner may read and write it, nobody else."""

TITLE = "# The keys that open the secrets of this Ritmo. Keep a copy apart from its database.\n"


@dataclass(frozen=True, slots=True)
class SealKey:
    """A key, and the id by which sealed values name it."""

    id: bytes
    secret: bytes

    @staticmethod
    def of(secret: bytes) -> "SealKey":
        """Name a key."""
        return SealKey(hashlib.sha256(b"ritmo seal " + secret).digest()[:ID_BYTES], secret)

    @staticmethod
    def made() -> "SealKey":
        """Make a key."""
        return SealKey.of(secrets.token_bytes(KEY_BYTES))


def written(keys: Sequence[SealKey]) -> str:
    """Write keys down, as the file has them."""
    return TITLE + "".join(f"{urlsafe_b64encode(key.secret).decode()}\n" for key in keys)


def read(text: str, place: str) -> tuple[SealKey, ...]:
    """Read keys as they stand in the file or in the setting. Raises Unreadable with `place`."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    words = re.split(r"[\s,]+", " ".join(lines).strip())
    try:
        found = [urlsafe_b64decode(word + "=" * (-len(word) % 4)) for word in words if word]
    except ValueError:
        found = []
    if not found or any(len(secret) != KEY_BYTES for secret in found):
        raise Unreadable(
            f"{place} does not hold the sealing keys, {KEY_BYTES} bytes each in base64: put the "
            "right ones back."
        )
    return tuple(SealKey.of(secret) for secret in found)


class Seal:
    """Seals and opens with the keys of one installation; a file that has changed is read anew."""

    def __init__(self, settings: Settings) -> None:
        """Know where the keys are; they are read when they are needed."""
        given = settings.seal_keys
        self.file = None if given else seal_file(settings)
        self._given = given
        self._keys: tuple[SealKey, ...] = ()
        self._seen: tuple[int, int] | None = None

    @property
    def place(self) -> str:
        """Name where the keys are."""
        return str(self.file) if self.file else "RITMO_SEAL_KEYS"

    @property
    def exists(self) -> bool:
        """Tell whether there are keys."""
        return self.file is None or self.file.exists()

    def keys(self) -> tuple[SealKey, ...]:
        """Return the keys, the one that seals first. Raises Unreadable if there are none."""
        if self.file is None:
            if not self._keys and self._given is not None:
                self._keys = read(self._given.get_secret_value(), self.place)
            return self._keys
        try:
            found = self.file.stat()
            seen = (found.st_mtime_ns, found.st_ino)
            if seen != self._seen:
                self._keys, self._seen = read(self.file.read_text(), self.place), seen
        except OSError as error:
            raise Unreadable(
                f"The file of sealing keys {self.file} cannot be read ({error.strerror}): "
                "put it back, or set RITMO_SEAL_FILE."
            ) from None
        except UnicodeDecodeError:
            raise Unreadable(
                f"{self.place} does not hold the sealing keys: put the right ones back."
            ) from None
        return self._keys

    def head(self) -> bytes:
        """Return how all begins that is sealed with the first key."""
        return VERSION + self.keys()[0].id

    def knows(self, head: bytes) -> bool:
        """Tell whether what begins like this can be opened."""
        return any(head == VERSION + key.id for key in self.keys())

    def seal(self, plain: bytes, purpose: str) -> bytes:
        """Seal with the first key."""
        key, nonce = self.keys()[0], secrets.token_bytes(NONCE_BYTES)
        head = VERSION + key.id
        return head + nonce + AESGCM(key.secret).encrypt(nonce, plain, head + purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """Open what was sealed for this purpose. Raises Unreadable."""
        head, rest = sealed[:HEAD_BYTES], sealed[HEAD_BYTES:]
        for key in self.keys():
            if head == VERSION + key.id:
                nonce, body = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
                try:
                    return AESGCM(key.secret).decrypt(nonce, body, head + purpose.encode())
                except (InvalidTag, ValueError):
                    raise Unreadable(f"A sealed value was changed: {purpose}.") from None
        raise Unreadable(f"The key is missing that opens {purpose}: put it back into {self.place}.")


def seal_file(settings: Settings) -> Path:
    """Return where the file of keys is to be."""
    return (settings.seal_file or settings.data / "seal.keys").expanduser().resolve()


def make(file: Path) -> bool:
    """Make a file with one key; false if there is one already, which stays as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = _half(file, [SealKey.made()])
    try:
        os.link(half, file)  # which, unlike a move, replaces nothing
    except FileExistsError:
        return False
    finally:
        half.unlink()
    _keep(file.parent)
    return True


def replace(file: Path, keys: Sequence[SealKey]) -> None:
    """Write a file of keys anew: wholly, or not at all; its owner stays."""
    owner = file.stat()
    half = _half(file, keys)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.chown(half, owner.st_uid, owner.st_gid)
    half.replace(file)
    _keep(file.parent)


def _keep(folder: Path) -> None:
    """Have the names in a folder on the disk: without it a power cut takes back a move, and with
    it the key of what was sealed since.
    """
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _half(file: Path, keys: Sequence[SealKey]) -> Path:
    """Write keys beside a file, on the disk."""
    half = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with open(half, "x", opener=lambda path, flags: os.open(path, flags, MODE)) as out:
            out.write(written(keys))
            out.flush()
            os.fsync(out.fileno())
    except OSError:
        half.unlink(missing_ok=True)
        raise
    return half
