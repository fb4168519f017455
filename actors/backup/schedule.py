"""When something is due: a backup, a drill; and when administrators are told that something is not.

Nobody waits for a certain hour: a machine that sleeps at night makes its backup when it wakes.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.backup.domain import is_due, stale_at
from actors.backup.order import every
from actors.backup.room import room, tools
from contracts.users import NotifyAdministrators
from storage.backup import condition, runs
from storage.backup.runs import Kind
from storage.outbox import tell

NOBODY = UUID(int=0)
"""Whose the alarms are: no person's."""

REMIND = timedelta(days=1)
"""Time between two alarms about what stays as it is."""

KEEP_RUNS = timedelta(days=400)
"""For how long it is known what was done."""

TEMPLATE = "backup_alarm"

FAR = datetime(9999, 1, 1, tzinfo=UTC)
"""Never."""


@room.tick("backup.plan", every=60)
async def plan(tx: AsyncConnection) -> bool:
    """Ask for what is due; tell administrators of what is not as it should be."""
    now = datetime.now(UTC)
    since = await runs.instant(tx, "since")
    if since is None:  # a database that was emptied
        await runs.note(tx, "since", now)
        return False
    spans: tuple[tuple[Kind, timedelta | None], ...] = (
        ("create", every(tools.settings)),
        ("drill", _drills()),
    )
    for kind, span in spans:
        if span is not None and await _is_due(tx, kind, span, since, now):
            await runs.ask(tx, kind, now)
    await runs.forget(tx, now - KEEP_RUNS)
    await _note_due(tx, since)
    trouble = (await condition.find(tx, now)).trouble
    if trouble and await _is_news(tx, trouble, now):
        key = f"backup:{trouble}:{now:%Y-%m-%d}"
        data = {"trouble": trouble}
        await tell(
            tx,
            NotifyAdministrators(user_id=NOBODY, template=TEMPLATE, data=data, dedupe_key=key),
        )
    return False


def _drills() -> timedelta | None:
    days = tools.settings.backup_drill_days
    return timedelta(days=days) if days and tools.settings.backup_every else None


async def _is_due(
    tx: AsyncConnection, kind: Kind, span: timedelta, since: datetime, now: datetime
) -> bool:
    done = await runs.last(tx, kind, "done")
    failed = await runs.last(tx, kind, "failed")
    if kind == "drill" and await runs.last(tx, "create", "done") is None:
        return False
    made = done.started_at if done else None
    return is_due(now, span, since, made, failed.ended_at if failed else None)


async def _note_due(tx: AsyncConnection, since: datetime) -> None:
    """Note by when the next backup must be there, for who looks while nobody makes any."""
    span = every(tools.settings)
    done = await runs.last(tx, "create", "done")
    due = stale_at(span, since, done.started_at if done else None) if span else FAR
    if await runs.instant(tx, condition.DUE) != due:
        await runs.note(tx, condition.DUE, due)


async def _is_news(tx: AsyncConnection, trouble: str, now: datetime) -> bool:
    """Tell whether nobody was told of this trouble for a while; notes that they are told now."""
    told = await runs.instant(tx, f"told:{trouble}")
    if told is not None and now - told < REMIND:
        return False
    await runs.note(tx, f"told:{trouble}", now)
    return True
