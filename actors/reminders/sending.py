"""Senders: claim what is due, send it, and write down what became of it.

Any number of senders share the work; each claim is one sender's until its lease ends. Between the
moment that a server takes a mail and the one at which that is written down a sender may be killed:
then the lease runs out, and the mail goes once more (see `delivering`). A sender that is stopped in
order leaves nothing like that behind: it ends what it has begun, and gives the rest back.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.reminders import bearings
from actors.reminders.delivering import Next, Outcome, Tried, after, before
from actors.reminders.links import Signing
from actors.reminders.outside import Door, base_of, doors
from actors.reminders.webhooks.client import Helper
from actors.runtime.outage import Outage
from actors.runtime.settings import Settings
from storage.reminders import deliveries, links
from storage.reminders.ledger import Delivery
from storage.session import transaction

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
"""For how long a claim is one sender's."""

LAST_START = 25.0
"""Seconds after a claim up to which a delivery is begun: it must end within the lease."""

IDLE = 1.0
"""Seconds between two looks when nothing is due."""

LAST_WORD = 10.0
"""Seconds that a sender which is told to stop has left for what it has begun."""

MINUTE = timedelta(minutes=1)


def tried_of(row: Delivery) -> Tried:
    """Return what decides about a delivery that was claimed."""
    return Tried(row.attempts, row.unsure, row.created_at, row.useful_until)


@dataclass(frozen=True, slots=True)
class Round:
    """Deliveries that are sent one after the other, until the lease of their claim is near its end.

    `barred`: channels and recipients to whom nothing is sent. `until`: by the clock of the loop.
    """

    rows: list[Delivery]
    barred: set[tuple[str, str]]
    signing: Signing
    until: float


class Sender:
    """Sends what is due through one door, in as many rounds at once as the door allows.

    Where there are several, each is one person's, who has no other meanwhile: a server that is
    slow holds up nobody but who chose it.
    """

    def __init__(self, engine: AsyncEngine, door: Door, base: str) -> None:
        """Send over `door`; `base` is where links lead."""
        self._engine, self._door, self._base = engine, door, base
        self._rounds: dict[asyncio.Task[None], UUID] = {}
        self._stopped = False
        self._outage = Outage("database", f"sender of {door.channel}")

    async def run(self) -> None:
        """Send, for ever; told to stop, end what was begun."""
        try:
            while True:
                if self._free == 0:
                    await asyncio.wait(self._rounds, return_when=asyncio.FIRST_COMPLETED)
                elif not await self._look():
                    if not self._rounds:
                        await self._door.rest()
                    await asyncio.sleep(IDLE)
        finally:
            await self._end()
            await self._door.close()

    @property
    def _free(self) -> int:
        """How many rounds may begin."""
        return self._door.at_once - len(self._rounds)

    async def _look(self) -> int:
        """Begin to send what is due; while the database is away, nothing."""
        try:
            begun = await self._begin()
        except (SQLAlchemyError, OSError) as error:
            self._outage.begins(type(error).__name__)
            return 0
        self._outage.ends()
        return begun

    async def send_due(self) -> int:
        """Claim what is due, as much as there is room for, and send it; return how many."""
        try:
            claimed = await self._begin()
            if self._rounds:
                await asyncio.wait(self._rounds)
            return claimed
        finally:
            await self._end()

    async def _begin(self) -> int:
        """Claim what is due and begin to send it; return how many were claimed."""
        now, size = datetime.now(UTC), self._free * self._door.batch
        until = asyncio.get_running_loop().time() + LAST_START
        async with transaction(self._engine) as tx:
            if self._door.per_minute is not None:
                tried = await deliveries.tried_since(tx, self._door.channel, now - MINUTE)
                size = min(size, self._door.per_minute - tried)
            if size <= 0:
                return 0
            busy = list(self._rounds.values())
            rows = await deliveries.claim(tx, self._door.channel, size, now, now + LEASE, busy)
            if not rows:
                return 0
            barred = await deliveries.are_suppressed(tx, rows)
            signing = Signing(self._base, await links.signing_key(tx), now)
        async with transaction(self._engine) as tx:
            rows = await bearings.found(tx, rows)
        for row in rows:
            if row.unsure:
                log.warning("delivery unsure", delivery=str(row.id), times=row.unsure)
        for some in self._apart(rows):
            task = asyncio.create_task(self._send_round(Round(some, barred, signing, until)))
            self._rounds[task] = some[0].user_id
            task.add_done_callback(self._rounds.pop)
        return len(rows)

    def _apart(self, rows: list[Delivery]) -> list[list[Delivery]]:
        """Divide what was claimed into rounds: one, or one for each person."""
        if self._door.at_once == 1:
            return [rows]
        persons: dict[UUID, list[Delivery]] = {}
        for row in rows:
            persons.setdefault(row.user_id, []).append(row)
        return list(persons.values())

    async def _send_round(self, one: Round) -> None:
        """Send deliveries while their lease lasts; give back what was not begun."""
        loop, left = asyncio.get_running_loop(), list(one.rows)
        outcome: Outcome | None = None
        try:
            while left and loop.time() < one.until and not self._stopped:
                row = left.pop(0)
                barred = (row.channel, row.recipient) in one.barred
                ended = await self._send(row, one.signing, outcome, barred)
                # What holds for all is not found out anew for each.
                outcome = ended if ended is not None and ended.for_all else outcome
        except (SQLAlchemyError, OSError) as error:
            # The lease gives back what was being sent.
            log.warning("sender waits", why=type(error).__name__)
        finally:
            if left:
                await self._give_back(left)

    async def _end(self) -> None:
        """Let rounds end what they have begun, and give back the rest."""
        if rounds := set(self._rounds):
            self._stopped = True
            _, late = await asyncio.wait(rounds, timeout=LAST_WORD)
            for task in late:
                task.cancel()
            await asyncio.gather(*rounds, return_exceptions=True)
            self._stopped = False

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
        if not mine:
            await self._door.take_back(row)
        if verdict.state != "sent":
            log.info("delivery", delivery=str(row.id), state=verdict.state, detail=verdict.detail)

    async def _give_back(self, rows: list[Delivery]) -> None:
        try:
            async with transaction(self._engine) as tx:
                await deliveries.give_back(tx, rows, _now())
        except (SQLAlchemyError, OSError) as error:
            # The lease gives them back, a minute later.
            log.warning("deliveries not given back", why=type(error).__name__)


def _now() -> datetime:
    return datetime.now(UTC)


async def send(engine: AsyncEngine, settings: Settings, helper: Helper) -> None:
    """Run a sender for each door, for as long as the room is open."""
    base = base_of(settings)
    async with asyncio.TaskGroup() as group:
        for door in doors(engine, settings, helper):
            group.create_task(Sender(engine, door, base).run())
