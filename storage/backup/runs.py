"""Pieces of work on backups: asked for, done by one replica, and what came of them; what there is.

A run is claimed with a lease that is renewed while it goes on. One whose lease has run out was
ended by a death: it failed. What there is at targets is a copy, renewed with every run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Table,
    Text,
    func,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import new_id
from storage.base import id_column, metadata

Kind = Literal["create", "verify", "drill"]
Phase = Literal["waiting", "running", "done", "failed"]

LEASE = timedelta(seconds=60)
"""For how long a run counts as running without a sign of life."""

runs = Table(
    "runs",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("backup", Text, nullable=False, server_default=""),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("lease", DateTime(timezone=True)),
    Column("outcome", Text),
    Column("why", Text, nullable=False, server_default=""),
    Column("warnings", Text, nullable=False, server_default=""),
    Column("seconds", Float, nullable=False, server_default="0"),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Index("ix_runs_kind_asked_at", "kind", "asked_at"),
    schema="backup",
)

kept = Table(
    "kept",
    metadata,
    Column("target", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("revision", Text),
    Column("verified", Boolean),
    Column("checked_at", DateTime(timezone=True)),
    Column("why", Text, nullable=False, server_default=""),
    schema="backup",
)

state = Table(
    "state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    schema="backup",
)
"""Instants: since when Ritmo is here (`since`), and when somebody was told last (`told`)."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as it is stored."""

    id: UUID
    kind: Kind
    phase: Phase
    backup: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    why: str
    warnings: str
    seconds: float
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A backup at a target, as it was found last."""

    target: str
    name: str
    made_at: datetime
    bytes: int
    rows: int
    revision: str | None
    verified: bool | None
    checked_at: datetime | None
    why: str


_columns = tuple(runs.c[name] for name in RunRow.__slots__)
_kept = tuple(kept.c[name] for name in KeptRow.__slots__)
_open = runs.c.phase.in_(("waiting", "running"))


async def ask(tx: AsyncConnection, kind: Kind, now: datetime, backup: str = "") -> RunRow:
    """Ask for a run, unless one of its kind is not done yet; return the one that is."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('backup.runs', 0))"))
    statement = select(*_columns).where(runs.c.kind == kind, _open).limit(1)
    if (row := (await tx.execute(statement)).one_or_none()) is not None:
        return RunRow(*row)
    values = {"id": new_id(), "kind": kind, "phase": "waiting", "asked_at": now, "backup": backup}
    made = await tx.execute(runs.insert().values(values).returning(*_columns))
    return RunRow(*made.one())


async def claim(tx: AsyncConnection, now: datetime, run_id: UUID | None = None) -> RunRow | None:
    """Take a run that waits, for this process alone; of all at most one runs at a time."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('backup.runs', 0))"))
    lost = update(runs).where(runs.c.phase == "running", runs.c.lease < now)
    await tx.execute(lost.values(phase="failed", ended_at=now, why="It was interrupted."))
    if await tx.scalar(select(runs.c.id).where(runs.c.phase == "running").limit(1)):
        return None
    wanted = select(runs.c.id).where(runs.c.phase == "waiting").order_by(runs.c.asked_at).limit(1)
    if run_id is not None:
        wanted = wanted.where(runs.c.id == run_id)
    taken = update(runs).where(runs.c.id == wanted.scalar_subquery())
    values = {"phase": "running", "started_at": now, "lease": now + LEASE}
    row = (await tx.execute(taken.values(values).returning(*_columns))).one_or_none()
    return RunRow(*row) if row else None


async def renew(tx: AsyncConnection, run_id: UUID, now: datetime) -> None:
    """Show that a run goes on."""
    await tx.execute(update(runs).where(runs.c.id == run_id).values(lease=now + LEASE))


async def end(tx: AsyncConnection, run_id: UUID, now: datetime, **found: object) -> None:
    """Write down what came of a run."""
    await tx.execute(update(runs).where(runs.c.id == run_id).values(ended_at=now, **found))


async def find(tx: AsyncConnection, run_id: UUID) -> RunRow | None:
    """Find a run."""
    row = (await tx.execute(select(*_columns).where(runs.c.id == run_id))).one_or_none()
    return RunRow(*row) if row else None


async def last(tx: AsyncConnection, kind: Kind, phase: Phase | None = None) -> RunRow | None:
    """Find the last run of a kind that ended; `phase`: of those that ended so."""
    statement = select(*_columns).where(runs.c.kind == kind, runs.c.ended_at.is_not(None))
    if phase is not None:
        statement = statement.where(runs.c.phase == phase)
    row = (await tx.execute(statement.order_by(runs.c.ended_at.desc()).limit(1))).one_or_none()
    return RunRow(*row) if row else None


async def recent(tx: AsyncConnection, limit: int) -> list[RunRow]:
    """List the last runs, newest first."""
    rows = await tx.execute(select(*_columns).order_by(runs.c.asked_at.desc()).limit(limit))
    return [RunRow(*row) for row in rows]


async def forget(tx: AsyncConnection, before: datetime) -> None:
    """Drop runs that ended before then."""
    await tx.execute(runs.delete().where(runs.c.ended_at < before))


async def keep(tx: AsyncConnection, asked: Sequence[str], rows: Sequence[KeptRow]) -> None:
    """Write down what there is at the targets that were asked; of others what was known stays."""
    await tx.execute(kept.delete().where(kept.c.target.in_(asked)))
    if rows:
        values = [{name: getattr(row, name) for name in KeptRow.__slots__} for row in rows]
        await tx.execute(kept.insert(), values)


async def all_kept(tx: AsyncConnection) -> list[KeptRow]:
    """List the backups that there are, newest first."""
    rows = await tx.execute(select(*_kept).order_by(kept.c.name.desc(), kept.c.target))
    return [KeptRow(*row) for row in rows]


async def instant(tx: AsyncConnection, name: str) -> datetime | None:
    """Return an instant that was noted."""
    at: datetime | None = await tx.scalar(select(state.c.at).where(state.c.name == name))
    return at


async def note(tx: AsyncConnection, name: str, at: datetime) -> None:
    """Note an instant."""
    said = text(
        "INSERT INTO backup.state (name, at) VALUES (:name, :at)"
        " ON CONFLICT (name) DO UPDATE SET at = excluded.at"
    )
    await tx.execute(said, {"name": name, "at": at})
