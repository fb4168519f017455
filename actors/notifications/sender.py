"""Senders: claim what is due, send it, and write down what became of it.

Any number of senders share the work; each claim is one sender's until its lease ends. Between the
moment that a server takes a mail and the one at which that is written down a sender may be killed:
then the lease runs out, and the mail goes once more (see `domain`). A sender that is stopped in
order leaves nothing like that behind: it ends what it has begun, and gives the rest back.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.notifications.channels import opened
from actors.notifications.channels.protocol import DeliveryChannel
from actors.notifications.composer import COMPOSING, DIGEST, Composer, Notice, base_of
from actors.notifications.domain import DeliveryOutcome, Next, Tried, after, before
from actors.notifications.link_token import Signing
from actors.notifications.mail_folder import keep_tidy
from actors.notifications.room import room, tools
from actors.runtime.delegation import RoomBus
from actors.runtime.faults import Outage
from actors.runtime.figures import DELIVERIES
from actors.runtime.mailed import SECRET_NAME as MAILED
from actors.runtime.secret import InstallationSecret
from actors.runtime.settings import Settings
from contracts.message import Denied, Gone, Invalid, NotFound, Refused
from storage.notifications import deliveries, links
from storage.notifications.ledger import DeliveryRow
from storage.session import transaction

log = structlog.get_logger()

LEASE = timedelta(seconds=90)
"""For how long a claim is one sender's."""

LAST_START = 25.0
"""Seconds after a claim up to which a delivery is begun: it must end within the lease."""

IDLE = 1.0
"""Seconds between two looks when nothing is due."""

LAST_WORD = 10.0
"""Seconds that a sender which is told to stop has left for what it has begun."""

MINUTE = timedelta(minutes=1)


def tried_of(row: DeliveryRow) -> Tried:
    """Return what decides about a delivery that was claimed."""
    return Tried(row.attempts, row.unsure, row.created_at, row.useful_until)


@dataclass(frozen=True, slots=True)
class Round:
    """Deliveries that are sent one after the other, until the lease of their claim is near its end.

    `barred`: channels and recipients to whom nothing is sent. `until`: by the clock of the loop.
    """

    rows: list[DeliveryRow]
    barred: set[tuple[str, str]]
    signing: Signing
    until: float


class Sender:
    """Sends what is due through one channel, in as many rounds at once as that allows.

    Where there are several, each is one person's, who has no other meanwhile: a server that is
    slow holds up nobody but who chose it.
    """

    def __init__(self, engine: AsyncEngine, channel: DeliveryChannel, composer: Composer) -> None:
        """Send over `channel` what `composer` puts into words."""
        self._engine, self._channel, self._composer = engine, channel, composer
        self._rounds: dict[asyncio.Task[None], UUID] = {}
        self._stopped = False
        self._mailed = InstallationSecret(MAILED)
        self._outage = Outage("database", f"sender of {channel.name}")

    async def run(self) -> None:
        """Send, for ever; told to stop, end what was begun."""
        try:
            while True:
                if self._free == 0:
                    await asyncio.wait(self._rounds, return_when=asyncio.FIRST_COMPLETED)
                elif not await self._look():
                    if not self._rounds:
                        await self._channel.rest()
                    await asyncio.sleep(IDLE)
        finally:
            await self._end()
            await self._channel.close()

    @property
    def _free(self) -> int:
        """How many rounds may begin."""
        return self._channel.at_once - len(self._rounds)

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
        now, size = datetime.now(UTC), self._free * self._channel.batch
        until = asyncio.get_running_loop().time() + LAST_START
        async with transaction(self._engine) as tx:
            if self._channel.per_minute is not None:
                tried = await deliveries.tried_since(tx, self._channel.name, now - MINUTE)
                size = min(size, self._channel.per_minute - tried)
            if size <= 0:
                return 0
            busy = list(self._rounds.values())
            rows = await deliveries.claim(tx, self._channel.name, size, now, now + LEASE, busy)
            if not rows:
                return 0
            barred = await deliveries.are_suppressed(tx, rows)
            signing = self._composer.signing(
                await links.signing_key(tx), now, await self._mailed.value(tx)
            )
        rows.sort(key=lambda row: row.template == DIGEST)  # those take longest, and can wait
        for row in rows:
            if row.unsure:
                log.warning("delivery unsure", delivery=str(row.id), times=row.unsure)
        for some in self._apart(rows):
            task = asyncio.create_task(self._send_round(Round(some, barred, signing, until)))
            self._rounds[task] = some[0].user_id
            task.add_done_callback(self._rounds.pop)
        return len(rows)

    def _apart(self, rows: list[DeliveryRow]) -> list[list[DeliveryRow]]:
        """Divide what was claimed into rounds: one, or one for each person."""
        if self._channel.at_once == 1:
            return [rows]
        persons: dict[UUID, list[DeliveryRow]] = {}
        for row in rows:
            persons.setdefault(row.user_id, []).append(row)
        return list(persons.values())

    async def _send_round(self, one: Round) -> None:
        """Send deliveries while their lease lasts; give back what was not begun."""
        loop, left = asyncio.get_running_loop(), list(one.rows)
        outcome: DeliveryOutcome | None = None
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
        self, row: DeliveryRow, signing: Signing, known: DeliveryOutcome | None, suppressed: bool
    ) -> DeliveryOutcome | None:
        """Send one; `known`: how everything ends now. None if it was not sent at all."""
        verdict = before(tried_of(row), _now(), suppressed=suppressed)
        if verdict is not None:
            await self._settle(row, verdict)
            return None
        notice = known or await self._composed(row, signing)
        async with transaction(self._engine) as tx:
            if notice is None:
                await deliveries.withdraw(tx, row)
            if notice is None or not await deliveries.still_mine(tx, row):
                return None  # its person is gone, or somebody else has it
        outcome = (
            notice if isinstance(notice, DeliveryOutcome) else await self._channel.send(notice)
        )
        await self._settle(row, after(outcome, tried_of(row), _now()))
        return outcome

    async def _composed(
        self, row: DeliveryRow, signing: Signing
    ) -> Notice | DeliveryOutcome | None:
        """Put a delivery into words, or say why that cannot be; None: there is nothing to say."""
        try:
            async with asyncio.timeout(COMPOSING):
                return await self._composer.compose(row, signing)
        except TimeoutError:
            return DeliveryOutcome("later", "too_slow")
        except (Denied, Gone, Invalid, NotFound) as no:
            return DeliveryOutcome("unfit", no.code)
        except Refused as no:
            return DeliveryOutcome("later", no.code)
        except (LookupError, ValueError):
            return DeliveryOutcome("unfit", "bad_template")

    async def _settle(self, row: DeliveryRow, verdict: Next) -> None:
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
        DELIVERIES.labels(row.channel, verdict.state).inc()
        if not mine:
            await self._channel.take_back(row)
        if verdict.state not in ("sent", "sending"):
            log.info("delivery", delivery=str(row.id), state=verdict.state, detail=verdict.detail)

    async def _give_back(self, rows: list[DeliveryRow]) -> None:
        try:
            async with transaction(self._engine) as tx:
                await deliveries.give_back(tx, rows, _now())
        except (SQLAlchemyError, OSError) as error:
            # The lease gives them back, a minute later.
            log.warning("deliveries not given back", why=type(error).__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@room.working
async def send(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None:
    """Run a sender for each channel, for as long as the room is open."""
    composer = Composer(bus, base_of(settings))
    async with asyncio.TaskGroup() as group:
        for channel in opened(engine, settings, tools.helper):
            group.create_task(Sender(engine, channel, composer).run())


@room.working
async def tidy(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None:
    """Drop mails that lie in the folder for too long."""
    await keep_tidy(engine, settings)
