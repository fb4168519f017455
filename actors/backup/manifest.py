"""What is said of a backup beside it: its manifest, written last, and what was found of it since.

A manifest holds its own checksum, so that a byte that was changed in it is seen. It holds no word
of what people wrote: samples, by which a drill compares, are encrypted as the backup is.
"""

import hashlib
import json
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from actors.backup.domain import begun_at

DATA = "database.dump.zst.age"
MANIFEST = "manifest.json"
VERDICT = "verdict.json"
"""The objects of a backup, below its name."""

Depth = Literal["checksums", "opened"]
"""How far it was read back: byte by byte, or decrypted, decompressed and understood as well."""


class Damaged(Exception):
    """A backup is not as it was written; the message says what is wrong."""


class Bytes(BaseModel):
    """How many bytes there are, and their SHA-256."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What a backup is: when, of which Ritmo, how much, and how it can be checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    started_at: AwareDatetime
    finished_at: AwareDatetime
    ritmo: str
    revision: str | None
    server: int
    pg_dump: int
    tables: dict[str, int]
    plain: Bytes
    """The dump, as pg_restore reads it."""
    cipher: Bytes
    """The object that was written: compressed and encrypted."""
    part_bytes: int
    parts: int
    recipients: tuple[str, ...]
    samples: str
    """Samples of rows, encrypted for the same recipients, in base64."""

    @property
    def rows(self) -> int:
        """Return how many rows there are in all tables."""
        return sum(self.tables.values())


class BackupVerdict(BaseModel):
    """What was found when a backup was read back last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    verified: bool
    at: AwareDatetime
    depth: Depth
    why: str = ""


def written(manifest: Manifest) -> bytes:
    """Write a manifest down, with its checksum."""
    said = manifest.model_dump(mode="json")
    return json.dumps({**said, "sum": _sum(said)}, indent=1, sort_keys=True).encode() + b"\n"


def read(data: bytes, name: str) -> Manifest:
    """Read the manifest of a backup. Raises Damaged."""
    try:
        said = json.loads(data)
        given = said.pop("sum", None) if isinstance(said, dict) else None
        manifest = Manifest.model_validate(said)
    except (ValueError, ValidationError):
        raise Damaged(f"The manifest of {name} cannot be read: it was changed.") from None
    # As it is written, byte for byte: whatever is appended or changed shows.
    if given != _sum(manifest.model_dump(mode="json")) or written(manifest) != data:
        raise Damaged(f"The manifest of {name} was changed: its checksum does not fit.")
    if manifest.name != name or begun_at(name) is None:
        raise Damaged(f"The manifest of {name} is that of {manifest.name}.")
    return manifest


def _sum(said: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
