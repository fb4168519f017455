"""What administrators ask of the backup room: backups that there are, and work on them."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.message import Command, Query, Reply

BackupKind = Literal["create", "verify", "drill"]
"""Work on backups: make one, read the newest back, restore the newest into a scratch database."""

BackupOutcome = Literal["verified", "differs", "could_not_verify"]
"""What was found of a backup."""


class BackupRun(Reply):
    """A piece of work on backups."""

    run_id: UUID
    """Which run."""
    kind: BackupKind
    """What is done."""
    phase: Literal["waiting", "running", "done", "failed"]
    """How far it is."""
    backup: str
    """The name of the backup; empty: not known yet."""
    asked_at: AwareDatetime
    """When it was asked for."""
    started_at: AwareDatetime | None
    """When it was begun; null: not yet."""
    ended_at: AwareDatetime | None
    """When it ended; null: not yet."""
    outcome: BackupOutcome | None
    """What was found; null: nothing was looked for, or not yet."""
    why: str
    """Why it failed, or what differs; perhaps empty."""
    warnings: str
    """What went wrong beside it, such as a target that was left out; perhaps empty."""
    seconds: float
    """How long it took; of a drill: the restore."""
    bytes: int
    """The size of the backup, as it was written."""
    rows: int
    """Rows in it."""


class StoredBackup(Reply):
    """A backup at a target, as it was found last."""

    name: str
    """Its name."""
    target: str
    """Where it is, without secrets."""
    made_at: AwareDatetime
    """The moment of the database that it holds."""
    bytes: int
    """Its size."""
    rows: int
    """Rows in it."""
    verified: bool | None
    """Whether it was read back without a fault; null: not yet."""
    checked_at: AwareDatetime | None
    """When it was read back last; null: not yet."""
    why: str
    """What is wrong with it; perhaps empty."""


class BackupOverview(Reply):
    """The backups that there are, and the last runs, each newest first."""

    backups: tuple[StoredBackup, ...]
    """Backups by name, newest first; one for each target that has it."""
    runs: tuple[BackupRun, ...]
    """The last runs, newest first."""


class ListBackups(Query[BackupOverview]):
    """List backups and the last runs."""

    address: ClassVar[str] = "backup.list_backups"
    scope: ClassVar[str] = "admin"
    limit: int = Field(default=50, ge=1, le=200)


class StartBackupRun(Command[BackupRun]):
    """Have something done, unless it is being done; follow it with `GetBackupRun`."""

    address: ClassVar[str] = "backup.start_run"
    scope: ClassVar[str] = "admin"
    kind: BackupKind = "create"


class GetBackupRun(Query[BackupRun]):
    """Get what became of a run. Refuses with `NotFound`."""

    address: ClassVar[str] = "backup.get_run"
    scope: ClassVar[str] = "admin"
    run_id: UUID
