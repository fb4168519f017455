"""What may go wrong when Ritmo is run, in a sentence that a person can act on."""

import errno

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from storage.embedded import FolderInUse, FolderUnusable
from storage.migrations import SchemaTooNew


class CannotRun(Exception):
    """Ritmo cannot run like this; the message says why and what to do."""


PLAIN = (
    CannotRun,
    FolderInUse,
    FolderUnusable,
    SchemaTooNew,
    OSError,
    DBAPIError,
    ValidationError,
)
"""Errors that people can mend: no stack is shown."""


def unfit(error: ValidationError) -> str:
    """Say which setting, or which word of a command, does not fit and why."""
    wrong = error.errors(include_url=False, include_input=False)[0]
    name = "_".join(str(part) for part in wrong["loc"])
    name = f"RITMO_{name.upper()}" if error.title == "Settings" else name
    return f"{name}: {wrong['msg'].removeprefix('Value error, ').rstrip('.')}."


def sentence(error: BaseException) -> str:
    """Say what went wrong, without secrets and without a stack."""
    if isinstance(error, ValidationError):
        return unfit(error)
    if isinstance(error, DBAPIError):
        return f"The database refused: {type(error.orig).__name__}."
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "The port is in use; choose another with --port."
    return str(error)
