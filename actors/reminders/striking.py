"""What the clock has the room do besides claiming: learn, have digests composed, clean up."""

from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import learning, periods
from actors.reminders.domain import HISTORY
from actors.reminders.firing import known_zone
from actors.reminders.periods import USEFUL, Clock
from contracts.auth import Language
from contracts.mails import ComposeDigest
from contracts.schedule import Weekday
from storage.outbox import tell
from storage.reminders import claims, days, rules
from storage.reminders.claims import ClaimedDigest

DIGESTS, LEARNED = 200, 50
"""Digests, and smart rules, in one transaction."""

KEEP_FIRES = timedelta(days=90)
"""How long it is remembered what became of a reminder."""

CLEAN = 5000
"""Rows that are cleaned up in one transaction."""


async def digests(tx: AsyncConnection) -> bool:
    """Tell which digests are due; true if there may be more."""
    now = datetime.now(UTC)
    claimed = await claims.claim_digests(tx, now, DIGESTS)
    for one in claimed:
        clock = _clock(one)
        row = one.digest
        period = periods.period_before(row.every, clock, row.next_at, row.user_id)
        until = row.next_at + USEFUL[row.every]
        if not one.disabled and until > now and period.key != row.last_key:
            due = ComposeDigest(
                user_id=row.user_id,
                every=row.every,
                first=period.first,
                last=period.last,
                language=cast(Language, one.language),
                dedupe_key=period.key,
                useful_until=until,
            )
            await tell(tx, due)
        at = periods.next_at(row.every, clock, now)
        await claims.next_digest(tx, row.user_id, row.every, at, period.key)
    return len(claimed) == DIGESTS


def _clock(one: ClaimedDigest) -> Clock:
    zone = known_zone(one.zone)
    return Clock(zone, one.day_start, cast(Weekday, one.week_start), one.digest_at)


async def learn(tx: AsyncConnection) -> bool:
    """Let some smart rules that follow learn anew; true if there may be more."""
    now = datetime.now(UTC)
    claimed = await claims.claim_smart(tx, now, LEARNED)
    await learning.follow(tx, claimed, now)
    return len(claimed) == LEARNED


async def clean_up(tx: AsyncConnection) -> bool:
    """Drop what nobody asks about any more; true if there may be more."""
    now = datetime.now(UTC)
    oldest = now.date() - timedelta(days=HISTORY)
    dropped = await days.forget_days(tx, oldest, CLEAN)
    dropped += await rules.forget_fires(tx, now - KEEP_FIRES, CLEAN)
    return dropped >= CLEAN
