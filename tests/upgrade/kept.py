"""The databases of older versions that are kept for tests."""

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

from storage.cluster import BIN

FOLDER = Path(__file__).parent.parent / "data"
NAMES = sorted(path.name.removesuffix(".sql.gz") for path in FOLDER.glob("*.sql.gz"))


def load(url: str, name: str) -> None:
    """Let psql bring a kept database into an empty one."""
    address = url.replace("postgresql+asyncpg", "postgresql")
    words = ["-v", "ON_ERROR_STOP=1", "-q", "-o", "/dev/null", address]
    dump = gzip.decompress((FOLDER / f"{name}.sql.gz").read_bytes())
    subprocess.run([BIN / "psql", *words], input=dump, check=True)


def recorded(name: str) -> dict[str, Any]:
    """Return what the older version said of it, with what opens the accounts."""
    record: dict[str, Any] = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    return record
