"""What comes of a piece of work: told by the process of backups, kept by the room."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Outcome = Literal["verified", "differs", "could_not_verify"]


class KeptBackup(BaseModel):
    """A backup at a target, as it was found."""

    model_config = ConfigDict(frozen=True)

    target: str
    name: str
    made_at: AwareDatetime
    bytes: int
    rows: int
    revision: str | None
    verified: bool | None
    """None: it was not read back yet."""
    checked_at: AwareDatetime | None = None
    why: str = ""


class BackupReport(BaseModel):
    """What came of a piece of work. `failed` says why there is nothing else; `warnings`, what went
    wrong beside it: a target that was left out.
    """

    model_config = ConfigDict(frozen=True)

    failed: str = ""
    backup: str = ""
    outcome: Outcome | None = None
    why: str = ""
    seconds: float = 0
    bytes: int = 0
    rows: int = 0
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    kept: tuple[KeptBackup, ...] = ()
    """All that there is, at the targets that could be asked."""
    asked: tuple[str, ...] = ()
    """The targets that could be asked."""
