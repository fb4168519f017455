"""Attendance to Google Calendar: links that are due are synced, a few at a time in each replica.

A link is one replica's while its lease lasts; one that dies lets go of it by that. What fails is
tried again later and later; what Google refuses for good ends the link, and the person is told.
"""

import asyncio
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.calendar.google import forget_busy
from actors.calendar.google_calls import GoogleCalls, GoogleClient, GrantedConsent, client_of
from actors.calendar.google_consent import scopes_of
from actors.calendar.google_errors import GoogleFailed, pause_after
from actors.calendar.google_farewell import say_next
from actors.calendar.google_state import LEASE, Enough
from actors.calendar.google_sync import GoogleSync
from actors.calendar.room import known, room
from actors.runtime.delegation import RoomBus
from actors.runtime.faults import Outage, faults
from actors.runtime.figures import SYNCS
from actors.runtime.settings import Settings
from contracts.google import GoogleProblem, GoogleWish
from contracts.message import Refused
from contracts.notifications import SendNotice
from storage.calendar import google
from storage.calendar.google import GoogleLinkRow, LeaseLost
from storage.outbox import tell
from storage.session import transaction

log = structlog.get_logger()

AT_ONCE = 2
"""Links that a replica syncs at once."""

IDLE = 1.0
"""Seconds between two looks for links that are due."""

POLL = timedelta(minutes=10)
"""How often is looked where Google tells of no change."""

POLL_WATCHED = timedelta(hours=1)
"""How often is looked where it does: of reminders nobody tells."""

WATCH = timedelta(days=7)
"""How long Google is asked to tell of changes, and it is asked anew a day before."""

BETWEEN = timedelta(seconds=5)
"""How long a link rests that wrote as much as one sync may."""

HOOK = "/calendar/google/changes"
"""Where Google tells of changes."""

MAX_CONSENTS = 1_000
"""Access tokens that are kept for the next sync; they live for an hour."""

FAULTS = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What a calendar that is not as it should be may end in: it holds up no other."""

LOST: dict[str, GoogleProblem] = {
    "revoked": "revoked",
    "forbidden": "forbidden",
    "missing": "calendar_gone",
}
"""Failures that end a link, and what they are called."""


@room.working
async def attend(engine: AsyncEngine, settings: Settings, bus: RoomBus) -> None:
    """Sync links; without access to Google, do nothing."""
    client = client_of(settings)
    if client is None:
        await asyncio.Event().wait()
        return
    syncer = GoogleSyncer(engine, settings, bus, client)
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(syncer.keep())


class GoogleSyncer:
    """Syncs the links that are due, one after the other."""

    def __init__(
        self, engine: AsyncEngine, settings: Settings, bus: RoomBus, client: GoogleClient
    ) -> None:
        """Speak to Google as `client`."""
        self._engine, self._bus, self._client = engine, bus, client
        self._consents: OrderedDict[UUID, GrantedConsent] = OrderedDict()
        secure = settings.base_url.startswith("https://")
        self._hook = f"{settings.base_url.rstrip('/')}{HOOK}" if secure else None

    async def keep(self) -> None:
        """Sync for ever; while the database is away, nothing."""
        outage = Outage("database", "sync with Google")
        while True:
            try:
                with faults("calendar.sync_google", passing=False):
                    found = await self.look()
                outage.ends()
            except Refused as no:
                outage.begins(no.code)
                found = False
            if not found:
                await asyncio.sleep(IDLE)

    async def look(self) -> bool:
        """Sync one link that is due; false if there is none."""
        async with transaction(self._engine) as tx:
            link = await google.claim(tx, datetime.now(UTC), LEASE)
        if link is None:
            return await say_next(self._engine, self._client)
        try:
            await self._sync(link)
        except LeaseLost:
            log.info("link lost to another", link=str(link.link_id))
        return True

    async def _sync(self, link: GoogleLinkRow) -> None:
        """Sync a link, and say when next."""
        now = datetime.now(UTC)
        async with transaction(self._engine) as tx:
            person = await known.replica.find_person(tx, link.user_id)
        if person is None or person.gone or person.disabled or link.refresh_token is None:
            await self._release(link, timedelta(hours=6), {})
            return
        calls = GoogleCalls(self._client, self._consent(link, link.refresh_token))
        sync = GoogleSync(self._engine, self._bus, calls, link, person)
        try:
            await sync.run()
            watched = link.channel_until is not None and link.channel_until > now
            if self._hook and (link.channel_until is None or link.channel_until - now < WATCH / 7):
                watched = await self._watch(sync, self._hook) or watched
        except GoogleFailed as failed:
            SYNCS.labels("failed").inc()
            await self._failed(link, failed)
        except Refused as no:
            SYNCS.labels("put off").inc()
            log.info("sync put off", why=no.code)
            await self._release(link, timedelta(seconds=pause_after(link.attempts)), _again(link))
        except Enough:
            SYNCS.labels("goes on").inc()
            await self._release(link, BETWEEN, {"attempts": 0, "problem": None})
        except FAULTS as error:
            SYNCS.labels("broken").inc()
            log.error("sync failed", link=str(link.link_id), exc_info=error)
            await self._release(
                link, timedelta(seconds=pause_after(link.attempts + 3)), _again(link)
            )
        else:
            SYNCS.labels("ok").inc()
            poll = POLL_WATCHED if self._hook and watched else POLL
            done = {"attempts": 0, "problem": None, "synced_at": datetime.now(UTC)}
            await self._release(link, timedelta(seconds=1) if sync.again else poll, done)

    def _consent(self, link: GoogleLinkRow, refresh_token: str) -> GrantedConsent:
        """Return a person's consent, with the access token of before."""
        known, scopes = self._consents.get(link.link_id), scopes_of_link(link)
        if known is None or (known.refresh_token, known.scopes) != (refresh_token, scopes):
            known = GrantedConsent(refresh_token, scopes)
        self._consents[link.link_id] = known
        self._consents.move_to_end(link.link_id)
        while len(self._consents) > MAX_CONSENTS:
            self._consents.popitem(last=False)
        return known

    async def _watch(self, sync: GoogleSync, hook: str) -> bool:
        """Have Google tell of changes; false: it does not want to, and is looked at more often."""
        try:
            await sync.watch(hook, WATCH)
        except GoogleFailed as failed:
            log.warning("not told of changes", why=str(failed))
            return False
        return True

    async def _failed(self, link: GoogleLinkRow, failed: GoogleFailed) -> None:
        """Try again later, or end the link."""
        log.info("sync failed", why=str(failed), link=str(link.link_id))
        problem = LOST.get(failed.failure)
        if problem == "calendar_gone" and _is_own(link) and link.sync_token is None:
            # It was linked anew, and its calendar is not there any more: there shall be another.
            # One that was made just now, and is not seen yet, is looked for again.
            if link.calendar_id is not None:
                async with transaction(self._engine) as tx:
                    await google.forget_calendar(tx, link)
            pause = timedelta(seconds=pause_after(link.attempts)) if link.attempts else timedelta(0)
            await self._release(link, pause, _again(link))
        elif problem is not None:
            await self._end(link, problem)
        else:
            waits: GoogleProblem = "client_refused" if failed.failure == "client" else "away"
            attempts = link.attempts + (6 if failed.failure == "client" else 0)
            pause = timedelta(seconds=pause_after(attempts, failed.retry_after))
            await self._release(link, pause, {**_again(link), "problem": waits})

    async def _end(self, link: GoogleLinkRow, problem: GoogleProblem) -> None:
        """End a link that Google refuses, and tell the person."""
        values = {"refresh_token": None, "problem": problem, "lease_until": None, "due_at": None}
        async with transaction(self._engine) as tx:
            await google.note(tx, link, values)
            await forget_busy(tx, link.user_id)
            notice = SendNotice(
                user_id=link.user_id,
                template="google_lost",
                data={"problem": problem},
                dedupe_key=f"google_lost:{link.link_id}:{link.lease}",
            )
            await tell(tx, notice)

    async def _release(self, link: GoogleLinkRow, pause: timedelta, values: dict[str, Any]) -> None:
        async with transaction(self._engine) as tx:
            await google.release(tx, link, datetime.now(UTC) + pause, values)


def scopes_of_link(link: GoogleLinkRow) -> tuple[str, ...]:
    """Return the scopes that a link was given."""
    return tuple(scopes_of(GoogleWish.model_validate_json(link.wish)))


def _again(link: GoogleLinkRow) -> dict[str, Any]:
    return {"attempts": link.attempts + 1}


def _is_own(link: GoogleLinkRow) -> bool:
    return GoogleWish.model_validate_json(link.wish).calendar_id is None
