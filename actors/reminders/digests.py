"""Digests that are due, and of which days each tells."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import periods
from actors.reminders.next_fire import clock_of
from actors.reminders.periods import USEFUL
from actors.reminders.room import room
from contracts.notifications import SendDigest
from storage import restorations
from storage.outbox import tell
from storage.reminders import claims

DIGESTS = 200
"""Digests in one transaction."""


@room.tick("reminders.digests", every=10)
async def tell_digests(tx: AsyncConnection) -> bool:
    """Have digests sent that are due; true if there may be more."""
    now = datetime.now(UTC)
    claimed = await claims.claim_digests(tx, now, DIGESTS)
    restored = await restorations.last(tx) if claimed else None
    for one in claimed:
        row, person = one
        clock = clock_of(person)
        period = periods.period_before(row.every, clock, row.next_at, row.user_id)
        until = row.next_at + USEFUL[row.every]
        sent = restored is not None and row.next_at <= restored  # before the backup was restored
        if not (sent or person.disabled) and until > now and period.key != row.last_key:
            due = SendDigest(
                user_id=row.user_id,
                every=row.every,
                first=period.first,
                last=period.last,
                language=person.language,
                dedupe_key=period.key,
                useful_until=until,
            )
            await tell(tx, due)
        at = periods.next_at(row.every, clock, now)
        await claims.next_digest(tx, row.user_id, row.every, at, period.key)
    return len(claimed) == DIGESTS
