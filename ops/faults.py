"""What may go wrong when Ritmo is run, in a sentence that a person can act on."""

import errno
from socket import gaierror

from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from contracts.health import FULL
from storage.disk import DISK_FULL
from storage.embedded import FolderInUse, FolderUnusable
from storage.migrations import SchemaTooNew
from storage.sealed import Unreadable

WRONG_PASSWORD = "28P01"
"""What PostgreSQL calls a password that is wrong (SQLSTATE invalid_password)."""


class CannotRun(Exception):
    """Ritmo cannot run like this; the message says why and what to do."""


OPTIONS = {
    "data": "--data",
    "host": "--host",
    "port": "--port",
    "database_url": "--database",
    "amqp_url": "--amqp",
    "redis_url": "--redis",
}
"""The options of commands that say the same as a setting."""

PLAIN = (
    CannotRun,
    FolderInUse,
    FolderUnusable,
    SchemaTooNew,
    Unreadable,
    OSError,
    DBAPIError,
    ValidationError,
)
"""Errors that people can mend: no stack is shown."""


def unfit(error: ValidationError) -> str:
    """Say which setting, or which word of a command, does not fit and why."""
    wrong = error.errors(include_url=False, include_input=False)[0]
    name = "_".join(str(part) for part in wrong["loc"])
    if error.title == "Settings":
        option = OPTIONS.get(name)
        name = f"RITMO_{name.upper()}" + (f" or {option}" if option else "")
    if wrong["type"] == "value_error":
        return f"{name}: {wrong['msg'].removeprefix('Value error, ').rstrip('.')}."
    from gateway.wrongs import detail  # heavy, and only said where something is wrong

    return f"{name}: {detail(wrong, 'en')}"


def refused_of(error: DBAPIError) -> str:
    """Name what the database refused, without the words of a statement."""
    cause = error.orig.__cause__ if error.orig else None
    return type(cause or error.orig).__name__


def place_of(url: str | None) -> str:
    """Name the host and the port of an address, never who logs in there."""
    parts = make_url(url) if url else None
    return f" at {parts.host}:{parts.port or 5432}" if parts and parts.host else ""


def sentence(error: BaseException, database: str | None = None) -> str:
    """Say what went wrong, without secrets and without a stack; `database` is its address."""
    if isinstance(error, ValidationError):
        return unfit(error)
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if state == DISK_FULL:
            return "The disk of the database is full: free some space, and try again."
        if state == WRONG_PASSWORD:
            return (
                "The database does not take this password: see that RITMO_DATABASE_URL is right; "
                "after an upgrade of compose.yaml, docs/operate.md says what to do."
            )
        return f"The database refused ({refused_of(error)}): `ritmo doctor` tells more."
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "The port is in use; choose another with --port."
    if isinstance(error, (ConnectionError, TimeoutError, gaierror)):
        why = error.strerror or "no answer in time"
        return (
            f"The database{place_of(database)} cannot be reached ({why}): see that it runs, and "
            "that RITMO_DATABASE_URL or --database is right."
        )
    if isinstance(error, OSError) and error.errno in FULL:
        return "The disk is full: free some space, and try again."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'Ritmo'}: {error.strerror}."
    return str(error)
