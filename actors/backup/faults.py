"""What may go wrong with backups, in a sentence that a person can act on."""

import errno

from sqlalchemy.exc import DBAPIError

from actors.backup.creation import DumpFailed
from actors.backup.envelope import BadKey, WrongKey
from actors.backup.manifest import Damaged
from actors.backup.order import Unready
from actors.backup.shelf import NoBackup
from actors.backup.targets.address import BadTarget
from actors.backup.targets.protocol import ObjectMissing, TargetAway
from storage.backup.programs import NoProgram
from storage.backup.restoration import RestoreFailed
from storage.backup.scratch import FolderInUse, FolderUnusable
from storage.backup.snapshot import BackupRuns

FAILURES = (
    BackupRuns,
    BadTarget,
    Damaged,
    DumpFailed,
    FolderInUse,
    FolderUnusable,
    ObjectMissing,
    NoBackup,
    NoProgram,
    RestoreFailed,
    TargetAway,
    BadKey,
    Unready,
    WrongKey,
    DBAPIError,
    OSError,
)
"""Errors that say what is wrong; any other is a fault of ours."""


def sentence(error: BaseException) -> str:
    """Say what went wrong, without secrets and without a stack."""
    if isinstance(error, DBAPIError):
        cause = error.orig.__cause__ if error.orig else None
        return f"The database refused ({type(cause or error.orig).__name__})."
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: free some space, and try again."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'Ritmo'}: {error.strerror}."
    return str(error) or type(error).__name__
