"""What can go wrong in a room, turned into refusals; only what is our fault goes to the log."""

import time
import traceback
from pathlib import Path

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from contracts.bus import trace_id
from contracts.health import FULL, disk_full, read_only
from contracts.message import Broken, Invalid, Refused, Unanswered, Unavailable
from storage import disk
from storage.sealed import Unreadable

log = structlog.get_logger()

# PostgreSQL's words for "come back later": lock and statement time-outs, deadlock, serialization,
# shutdown, too many connections (Appendix A of its manual).
PASSING = {"55P03", "57014", "40P01", "40001", "57P01", "57P02", "57P03", "53300", "25P03"}

READ_ONLY = "25006"
"""The SQLSTATE of a change that a database which takes none refuses."""

AWAY = frozenset({"database_away", "database_busy", "database_read_only"})
"""Codes of refusals for a database that cannot be asked."""

MAX_WRONGS = 5
"""Fields, at most, of which is said why they make a fact unreadable."""


class faults:  # noqa: N801 - reads as a word in `with faults(...)`
    """Turn everything that can go wrong in a room into a refusal; log what is our fault."""

    def __init__(self, address: str, *, passing: bool = True, folder: Path | None = None) -> None:
        """Watch over work on `address`; `passing`: log also what passes by itself.

        `folder` is where the database lies, if that is on this machine.
        """
        self.address, self.passing, self.folder = address, passing, folder

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise the refusal that tells what went wrong; a cancellation passes."""
        if error is None or isinstance(error, Refused) or not isinstance(error, Exception):
            return
        refusal = refusal_of(error)
        if refusal.code in AWAY and self.folder is not None and disk.is_full(self.folder):
            refusal = disk_full()  # that is why it is away
        if isinstance(refusal, Broken):
            log.error("broken", address=self.address, exc_info=error)
        elif self.passing or not isinstance(refusal, Unavailable):
            log.warning(
                "refused", address=self.address, code=refusal.code, why=type(error).__name__
            )
        raise refusal from error


def refusal_of(error: Exception) -> Refused:
    """Say what an exception means to the one who asked."""
    if isinstance(error, PoolTimeout):
        return Unavailable("busy", "Ritmo is busy; try again in a moment.", retry_after=2)
    if isinstance(error, TimeoutError):
        return Unanswered("too_slow", "This took too long and was given up.", retry_after=2)
    if isinstance(error, ValidationError):
        return Invalid("malformed", "The message does not fit its contract.")
    if isinstance(error, Unreadable):
        text = "Secrets of this Ritmo cannot be opened; `ritmo doctor` tells who runs it why."
        return Unavailable("secrets_sealed", text, retry_after=60)
    if says_full(error):
        return disk_full()
    if getattr(getattr(error, "orig", None), "sqlstate", None) == READ_ONLY:
        return read_only()
    if isinstance(error, DBAPIError) and passing(error):
        return Unavailable("database_busy", "The database is busy; try again.", retry_after=2)
    if isinstance(error, (OSError, InterfaceError, OperationalError)):
        return Unavailable("database_away", "The database is away; try again.", retry_after=5)
    return Broken(
        "broken",
        "Something broke on our side. Its trace is {trace_id}.",
        trace_id=trace_id.get() or "-",
    )


def says_full(error: Exception) -> bool:
    """Tell whether PostgreSQL, or the system, says that a disk is full."""
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlstate", None) == disk.DISK_FULL
    return isinstance(error, OSError) and error.errno in FULL


def reason_of(error: Refused | ValidationError) -> str:
    """Say why a room could not take in a fact, without what was in it."""
    if isinstance(error, ValidationError):
        wrongs = [
            f"{'.'.join(map(str, wrong['loc'])) or 'the whole'}: {wrong['msg']}"
            for wrong in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        return f"Unreadable: {'; '.join(wrongs[:MAX_WRONGS])}"
    cause = error.__cause__
    if cause is None:
        return f"{type(error).__name__}: {error}"
    place = traceback.extract_tb(cause.__traceback__)[-1:]
    kinds = [type(cause).__name__]
    if isinstance(cause, DBAPIError) and cause.orig is not None:
        kinds.append(type(cause.orig.__cause__ or cause.orig).__name__)
    found = " of ".join(reversed(kinds)) + "".join(
        f" in {at.name}, line {at.lineno}" for at in place
    )
    return f"{type(error).__name__}: {error} ({found})"


def passing(error: DBAPIError) -> bool:
    """Tell whether the same statement may succeed a little later."""
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in PASSING


class Outage:
    """Whether `what` is away, as one part of this process sees it."""

    def __init__(self, what: str, part: str) -> None:
        """Begin with what is there."""
        self._what, self._part = what, part
        self._since: float | None = None

    def begins(self, why: str) -> None:
        """Say that it is away, and why; nothing while that is known."""
        if self._since is None:
            self._since = time.monotonic()
            log.warning(f"{self._what} away", part=self._part, why=why)

    def ends(self) -> None:
        """Say that it is back; nothing if it was never away."""
        if self._since is not None:
            seconds = round(time.monotonic() - self._since, 1)
            self._since = None
            log.info(f"{self._what} back", part=self._part, seconds=seconds)
