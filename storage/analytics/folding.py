"""Facts are logged and folded: as they are heard, and once more from the log.

A fold (`folds.py`) reads the CTE `told`, which holds rows of the log. Live, `told` is the
fact that is just being logged (nothing, if it was logged before); in a rebuild, a slice of the log.
Of a habit that was deleted the log holds nothing but that, and takes in nothing more.

One person's facts are folded one after the other: `begin` locks the person first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.analytics.folds import FOLDS
from storage.analytics.tables import breaks, days, entries, facts, habits, rebuilds


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as it is logged: `subject` is what it is about, `body` the rest of it as JSON."""

    fact_id: UUID
    address: str
    occurred_at: datetime
    version: int
    subject: UUID | None
    body: str


_LOG = (
    "INSERT INTO analytics.facts"
    " (user_id, fact_id, address, occurred_at, version, subject, body)"
    " SELECT p.user_id, :fact_id, :address, :occurred_at, :version, CAST(:subject AS uuid),"
    " CAST(:body AS jsonb) FROM analytics.people p WHERE p.user_id = :user_id AND NOT p.gone"
    " AND NOT EXISTS (SELECT FROM analytics.habits h"
    " WHERE h.user_id = p.user_id AND h.habit_id = :subject AND h.deleted)"
    " ON CONFLICT (fact_id) DO NOTHING RETURNING *"
)
_SLICE = (
    "SELECT * FROM analytics.facts"
    " WHERE user_id = :user_id AND seq BETWEEN :first AND :last AND address = ANY(:addresses)"
)

_LIVE: Mapping[str, TextClause] = {
    address: text(f"WITH told AS ({_LOG}){fold.before}, done AS ({fold.write}) {fold.after}")
    for fold in FOLDS
    for address in fold.addresses
}
_AGAIN = tuple(
    (text(f"WITH told AS ({_SLICE}) {fold.write}"), list(fold.addresses)) for fold in FOLDS
)

_BEGIN = text(
    "WITH met AS (INSERT INTO analytics.people AS p (user_id, stamp, folded_in, folded_at)"
    " VALUES (:user_id, 1, pg_current_xact_id()::text::bigint, clock_timestamp())"
    " ON CONFLICT (user_id) DO UPDATE SET stamp = p.stamp + 1,"
    " folded_in = excluded.folded_in, folded_at = excluded.folded_at"
    " WHERE NOT p.gone AND p.folded_in IS DISTINCT FROM excluded.folded_in RETURNING stamp)"
    " INSERT INTO bus.outbox (message_id, address, user_id, body, trace_id)"
    " SELECT :message_id, :address, :user_id,"
    " jsonb_set(CAST(:body AS jsonb), '{version}', to_jsonb(stamp))::text, :trace_id FROM met"
)


async def begin(tx: AsyncConnection, user_id: UUID, news: Mapping[str, object]) -> None:
    """Lock a person, known or not, until the transaction ends; the first time in it, stamp them.

    `news` is the outbox row of the fact that tells of it; its version becomes the new stamp.
    """
    await tx.execute(_BEGIN, dict(news))


async def fold(tx: AsyncConnection, user_id: UUID, told: Told) -> None:
    """Log a fact and fold it, unless it was heard before, or its person or habit is gone."""
    values = {
        "user_id": user_id,
        "fact_id": told.fact_id,
        "address": told.address,
        "occurred_at": told.occurred_at,
        "version": told.version,
        "subject": told.subject,
        "body": told.body,
    }
    await tx.execute(_LIVE[told.address], values)


async def fold_again(tx: AsyncConnection, user_id: UUID, first: int, last: int) -> None:
    """Fold what the log holds between two places."""
    span = {"user_id": user_id, "first": first, "last": last}
    for statement, addresses in _AGAIN:
        await tx.execute(statement, {**span, "addresses": addresses})


async def drop_model(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop all that was folded of a person, and keep the log."""
    for table in (habits, days, breaks, entries):
        await tx.execute(table.delete().where(table.c.user_id == user_id))
    await _forget_profile(tx, user_id, gone=False)


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a person; only their id stays, so that late facts bring nothing back."""
    for table in (facts, habits, days, breaks, entries, rebuilds):
        await tx.execute(table.delete().where(table.c.user_id == user_id))
    await _forget_profile(tx, user_id, gone=True)


async def _forget_profile(tx: AsyncConnection, user_id: UUID, *, gone: bool) -> None:
    await tx.execute(
        text(
            "UPDATE analytics.people SET language = NULL, zone = NULL, day_start = NULL,"
            " week_start = NULL, version = 0, fact_id = NULL, gone = :gone"
            " WHERE user_id = :user_id"
        ),
        {"user_id": user_id, "gone": gone},
    )


def heard() -> Iterable[str]:
    """List the addresses of all facts that are folded."""
    return _LIVE.keys()
