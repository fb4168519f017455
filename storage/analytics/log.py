"""The log read back: whose facts it holds, how many, and page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_BYTES = 512 * 1024
"""Bytes of facts in a page, at most, unless it is a single one."""


@dataclass(frozen=True, slots=True)
class LoggedRow:
    """A fact of the log, and its place there."""

    seq: int
    fact_id: UUID
    address: str
    occurred_at: datetime
    version: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonCount:
    """A person, how many facts of theirs are logged, and when the last one was folded."""

    user_id: UUID
    facts: int
    folded_at: datetime | None


_PAGE = text(
    "SELECT seq, fact_id, address, occurred_at, version, body FROM ("
    " SELECT *, sum(octet_length(body::text)) OVER w AS bytes, row_number() OVER w AS place FROM ("
    "  SELECT * FROM analytics.facts WHERE user_id = :user_id AND seq > :after"
    "  AND (CAST(:since AS timestamptz) IS NULL OR occurred_at >= :since)"
    "  AND (CAST(:until AS timestamptz) IS NULL OR occurred_at < :until)"
    "  ORDER BY seq LIMIT :size) f WINDOW w AS (ORDER BY seq)) p"
    " WHERE bytes <= :bytes OR place = 1 ORDER BY seq"
)
_PEOPLE = text(
    "SELECT p.user_id, c.facts, p.folded_at FROM analytics.people p CROSS JOIN LATERAL"
    " (SELECT count(*) AS facts FROM analytics.facts f WHERE f.user_id = p.user_id) c"
    " WHERE NOT p.gone AND (CAST(:after AS uuid) IS NULL OR p.user_id > :after)"
    " ORDER BY p.user_id LIMIT :size"
)


async def page(
    tx: AsyncConnection,
    user_id: UUID,
    *,
    after: int,
    since: datetime | None,
    until: datetime | None,
    size: int,
) -> list[LoggedRow]:
    """Return facts of a person after a place in the log, at most `size` and `MOST_BYTES`.

    Only those that happened from `since` on and before `until`; None is open.
    """
    values = {"user_id": user_id, "after": after, "since": since, "until": until, "size": size}
    rows = await tx.execute(_PAGE, {**values, "bytes": MOST_BYTES})
    return [LoggedRow(**row._mapping) for row in rows]


async def count_people(tx: AsyncConnection, after: UUID | None, size: int) -> list[PersonCount]:
    """Return people by id, from after one on, with the size of their log."""
    rows = await tx.execute(_PEOPLE, {"after": after, "size": size})
    return [PersonCount(**row._mapping) for row in rows]


async def count(tx: AsyncConnection, user_id: UUID) -> int | None:
    """Return how many facts are logged of a person; None if nothing was ever heard of them."""
    rows = await tx.execute(
        text(
            "SELECT (SELECT count(*) FROM analytics.facts f WHERE f.user_id = p.user_id)"
            " FROM analytics.people p WHERE p.user_id = :user_id AND NOT p.gone"
        ),
        {"user_id": user_id},
    )
    return rows.scalar_one_or_none()


async def next_slice(
    tx: AsyncConnection, user_id: UUID, after: int, size: int
) -> tuple[int, int] | None:
    """Return the last place of the next `size` facts after a place, and how many they are."""
    rows = await tx.execute(
        text(
            "SELECT max(seq), count(*) FROM (SELECT seq FROM analytics.facts"
            " WHERE user_id = :user_id AND seq > :after ORDER BY seq LIMIT :size) s"
        ),
        {"user_id": user_id, "after": after, "size": size},
    )
    last, many = rows.one()
    return (last, many) if many else None


async def silence(tx: AsyncConnection) -> float | None:
    """Return the seconds since anything was folded; None if nothing ever was."""
    seconds = await tx.execute(
        text("SELECT extract(epoch FROM clock_timestamp() - max(folded_at)) FROM analytics.people")
    )
    found = seconds.scalar_one_or_none()
    return None if found is None else max(0.0, float(found))
