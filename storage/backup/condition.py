"""How backups are, by the last runs: what is wrong, and how old the last good ones are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from storage.backup import runs
from storage.backup.runs import RunRow

DUE = "due"
"""The instant by which the next backup must be there."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How backups are. `trouble` is a code, empty if nothing is wrong, and `why` says more."""

    trouble: str
    why: str
    made: datetime | None
    verified: datetime | None
    drilled: datetime | None
    outcome: str | None


async def find(tx: AsyncConnection, now: datetime) -> Condition:
    """Judge backups."""
    last, made = await runs.last(tx, "create"), await runs.last(tx, "create", "done")
    verified, drilled = await runs.last(tx, "verify", "done"), await runs.last(tx, "drill", "done")
    due = await runs.instant(tx, DUE)
    trouble, why = "", ""
    if due is not None and now > due:
        trouble, why = "stale", last.why if last else ""
    elif last is not None and last.phase == "failed":
        trouble, why = "failed", last.why
    elif last is not None and last.warnings:
        trouble, why = "partly", last.warnings
    elif verified is not None and verified.outcome == "differs" and _after(verified, made):
        trouble, why = "damaged", verified.why
    elif drilled is not None and drilled.outcome == "differs":
        trouble, why = "differs", drilled.why
    good = [one for one in (made, verified) if one is not None and one.outcome != "differs"]
    whole = [one.ended_at for one in good if one.ended_at and not one.warnings]
    return Condition(
        trouble,
        why,
        made.started_at if made else None,
        max(whole, default=None),
        drilled.ended_at if drilled else None,
        drilled.outcome if drilled else None,
    )


def _after(one: RunRow, other: RunRow | None) -> bool:
    """Tell whether a run ended after another."""
    if other is None or one.ended_at is None or other.ended_at is None:
        return True
    return one.ended_at >= other.ended_at
