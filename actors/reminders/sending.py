"""Senders: claim what is due, send it, and write down what became of it.

Any number of senders share the work; each claim is one sender's until its lease ends. Between the
moment that a server takes a mail and the one at which that is written down a sender may be killed:
then the lease runs out, and the mail goes once more (see `delivering`). A sender that is stopped in
order leaves nothing like that behind: it ends what it has begun, and gives the rest back.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.reminders.delivering import Next, Outcome, Tried, after, before
from actors.reminders.links import Signing
from actors.reminders.outside import Door, base_of, doors
from actors.runtime.settings import Settings
from storage.reminders import deliveries, links
from storage.reminders.ledger import Delivery
from storage.session import transaction

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
"""For how long a claim is one sender's."""

LAST_START = 25.0
"""Seconds after a claim up to which a delivery is begun: it must end within the lease."""

BATCH = 20
IDLE = 1.0
"""Seconds between two looks when nothing is due."""

LAST_WORD = 10.0
"""Seconds that a sender which is told to stop has left for what it has begun."""

MINUTE = timedelta(minutes=1)


def tried_of(row: Delivery) -> Tried:
    """Return what decides about a delivery that was claimed."""
    return Tried(row.attempts, row.unsure, row.created_at, row.useful_until)


class Sender:
    """Sends what is due through one door."""

    def __init__(self, engine: AsyncEngine, door: Door, base: str) -> None:
        """Send over `door`; `base` is where links lead."""
        self._engine, self._door, self._base = engine, door, base

    async def run(self) -> None:
        """Send, for ever."""
        try:
            while True:
                if not await self._look():
                    await self._door.rest()
                    await asyncio.sleep(IDLE)
        finally:
            await self._door.rest()

    async def _look(self) -> int:
        """Send what is due; while the database is away, nothing."""
        try:
            return await self.send_due()
        except (SQLAlchemyError, OSError) as error:
            log.warning("sender waits", why=type(error).__name__)
            return 0

    async def send_due(self) -> int:
        """Claim a batch and send it; return how many were claimed."""
        now = datetime.now(UTC)
        async with transaction(self._engine) as tx:
            size = BATCH
            if self._door.per_minute is not None:
                tried = await deliveries.tried_since(tx, self._door.channel, now - MINUTE)
                size = min(size, self._door.per_minute - tried)
            if size <= 0:
                return 0
            rows = await deliveries.claim(tx, self._door.channel, size, now, now + LEASE)
            if not rows:
                return 0
            suppressed = await deliveries.are_suppressed(tx, rows)
            signing = Signing(self._base, await links.signing_key(tx), now)
        for row in rows:
            if row.unsure:
                log.warning("delivery unsure", delivery=str(row.id), times=row.unsure)
        await self._send_all(rows, suppressed, signing)
        return len(rows)

    async def _send_all(
        self, rows: list[Delivery], barred: set[tuple[str, str]], signing: Signing
    ) -> None:
        """Send claimed deliveries while their lease lasts; give back what was not begun."""
        loop = asyncio.get_running_loop()
        late = loop.time() + LAST_START
        left, outcome = rows, None
        try:
            while left and loop.time() < late:
                some, left = left[: self._door.at_once], left[self._door.at_once :]
                work = asyncio.gather(
                    *(
                        self._send(row, signing, outcome, (row.channel, row.recipient) in barred)
                        for row in some
                    )
                )
                ended = await _to_the_end(work)
                # What holds for all is not found out anew for each.
                outcome = next((one for one in ended if one is not None and one.for_all), outcome)
        finally:
            if left:
                await self._give_back(left)

    async def _send(
        self, row: Delivery, signing: Signing, known: Outcome | None, suppressed: bool
    ) -> Outcome | None:
        """Send one; `known`: how everything ends now. None if it was not sent at all."""
        verdict = before(tried_of(row), _now(), suppressed=suppressed)
        if verdict is not None:
            await self._settle(row, verdict)
            return None
        async with transaction(self._engine) as tx:
            if not await deliveries.still_mine(tx, row):
                return None  # its person is gone, or somebody else has it
        outcome = known or await self._door.send(row, signing)
        await self._settle(row, after(outcome, tried_of(row), _now()))
        return outcome

    async def _settle(self, row: Delivery, verdict: Next) -> None:
        """Write down what became of a delivery."""
        async with transaction(self._engine) as tx:
            mine = await deliveries.record(
                tx,
                row,
                verdict.state,
                verdict.due_at,
                verdict.detail,
                unsure=verdict.unsure,
                ended_at=verdict.due_at if verdict.over else None,
            )
            if mine and verdict.suppress:
                await deliveries.suppress(
                    tx, row.user_id, row.channel, row.recipient, verdict.detail, verdict.due_at
                )
        if verdict.state != "sent":
            log.info("delivery", delivery=str(row.id), state=verdict.state, detail=verdict.detail)

    async def _give_back(self, rows: list[Delivery]) -> None:
        try:
            async with transaction(self._engine) as tx:
                await deliveries.give_back(tx, rows, _now())
        except (SQLAlchemyError, OSError) as error:
            # The lease gives them back, a minute later.
            log.warning("deliveries not given back", why=type(error).__name__)


async def _to_the_end(
    work: "asyncio.Future[list[Outcome | None]]",
) -> list[Outcome | None]:
    """Wait for what was begun, even if one is told to stop meanwhile; then stop."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work}, timeout=LAST_WORD)
        work.cancel()
        raise


def _now() -> datetime:
    return datetime.now(UTC)


async def send(engine: AsyncEngine, settings: Settings) -> None:
    """Run a sender for each door, for as long as the room is open."""
    base = base_of(settings)
    async with asyncio.TaskGroup() as group:
        for door in doors(engine, settings):
            group.create_task(Sender(engine, door, base).run())
