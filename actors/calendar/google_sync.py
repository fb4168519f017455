"""One sync with Google Calendar: what changed there is followed here, then here is written there.

What a person changed there is taken first, so that it is not written over. What is asked for here
is idempotent, and so is each call there; each is noted when it is made. Whoever dies in between is
repeated by the next, and nothing comes twice.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from actors.calendar.google_pull import GooglePull
from actors.calendar.google_push import GooglePush
from contracts.busy import BusyChanged
from contracts.speech import say
from storage.calendar import busy, google
from storage.calendar.busy import BusyRow
from storage.outbox import tell
from storage.session import transaction

BUSY_AHEAD = timedelta(days=8)
BUSY_EVERY = timedelta(minutes=30)
"""How far ahead busy time is known, and how often it is asked for."""


class GoogleSync(GooglePull, GooglePush):
    """One sync of a link that is held by its lease."""

    async def run(self) -> None:
        """Make both the same. Raises GoogleFailed, LeaseLost, or a refusal of another room."""
        async with transaction(self.engine) as tx:
            self.rows = {row.event_id: row for row in await google.events_of(tx, self.link.link_id)}
        await self.look()
        if not self.calendar:
            await self._make_calendar()
        await self.pull()
        await self.push()
        await self._ask_busy()

    async def _make_calendar(self) -> None:
        """Make a calendar for habits; one that was made, and not noted, is found again."""
        about = f"ritmo {self.link.link_id}"
        found = await self.calls.find_calendar(about) if self.link.creating else None
        if found is None:
            await self.note({"creating": True})
            found = await self.calls.create_calendar(
                f"Ritmo: {say(self.person.language, 'Habits')}", self.person.zone, about
            )
        await self.note({"calendar_id": found, "creating": False, "sync_token": None})
        self.calendar = found

    # -- busy time -------------------------------------------------------------------------------

    async def _ask_busy(self) -> None:
        """Ask when the person is busy, every now and then."""
        now = datetime.now(UTC)
        if not self.wish.busy_calendars:
            return
        if self.link.busy_until is not None and self.link.busy_until > now:
            return
        times = await self.calls.busy(
            self.wish.busy_calendars, now - timedelta(hours=1), now + BUSY_AHEAD
        )
        rows = {begins: BusyRow(begins, ends) for begins, ends in sorted(times)}
        async with transaction(self.engine) as tx:
            await google.note(tx, self.link, {"busy_until": now + BUSY_EVERY})
            if await busy.replace(tx, self.link.user_id, "google", [*rows.values()]):
                await tell(tx, BusyChanged(user_id=self.link.user_id))

    async def watch(self, address: str, life: timedelta) -> None:
        """Have Google tell of changes, where it can reach this Ritmo."""
        token, channel = secrets.token_urlsafe(32), f"ritmo-{secrets.token_hex(16)}"
        body = {
            "id": channel,
            "type": "web_hook",
            "address": address,
            "token": token,
            "params": {"ttl": str(int(life.total_seconds()))},
        }
        values = {"channel_id": channel, "channel_hash": hashlib.sha256(token.encode()).digest()}
        await self.note({**values, "channel_until": None})  # before it can be told
        said = await self.calls.watch(self.calendar, body)
        ends = datetime.fromtimestamp(int(said.get("expiration", 0)) / 1000, UTC)
        await self.note({"channel_resource": said.get("resourceId"), "channel_until": ends})
        if self.link.channel_id and self.link.channel_resource:
            await self.calls.stop_watch(self.link.channel_id, self.link.channel_resource)
