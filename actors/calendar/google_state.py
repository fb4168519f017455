"""What a sync with Google Calendar knows: what is here, what stands there, its lease."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.calendar.contents import series_for
from actors.calendar.domain import LoggedDay, RecurringDays
from actors.calendar.google_calls import GoogleCalls
from actors.runtime.delegation import RoomBus
from contracts.calendar import FeedWords
from contracts.google import GoogleWish
from contracts.time import day_of
from storage.calendar import google
from storage.calendar.google import EventRow, GoogleLinkRow
from storage.replica.replica import PersonRow
from storage.session import transaction

LEASE = timedelta(minutes=5)
"""For how long a link is one syncer's, from its last call on."""

MAX_WRITES = 200
"""Calls that write in one sync; what is left comes with the next, when others have had theirs."""

MAX_GENERATIONS = 50
"""Ids that a series may have used up."""

WAITS, SKIPPED = "waits", "skipped"
"""Of an occurrence that was deleted there: its day is yet to come; or it was skipped here."""


class Enough(Exception):
    """So much was written that others come first."""


class SyncState:
    """What one sync of a link knows, that is held by its lease."""

    def __init__(
        self,
        engine: AsyncEngine,
        bus: RoomBus,
        calls: GoogleCalls,
        link: GoogleLinkRow,
        person: PersonRow,
    ) -> None:
        """Sync for `person`."""
        self.engine, self.bus, self.calls = engine, bus, calls
        self.link, self.person = link, person
        self.wish = GoogleWish.model_validate_json(link.wish)
        self.calendar = link.calendar_id or ""
        self.rows: dict[str, EventRow] = {}
        self.series: dict[str, RecurringDays] = {}
        self.logged: dict[tuple[UUID, date], LoggedDay] = {}
        self.writes = 0
        self.again = False
        """Something is left to be done: sync again soon."""

    @property
    def today(self) -> date:
        """The person's logical day."""
        return day_of(datetime.now(UTC), self.person.zone, self.person.day_start)

    async def look(self) -> None:
        """Gather what is to stand there."""
        words = FeedWords(tag=self.wish.tag, timed=self.wish.timed)
        given = (self.engine, self.bus, self.person, words, self.today)
        series, self.logged = await series_for(*given)
        self.series = {item.uid: item for item in series}

    async def keep(self, row: EventRow) -> None:
        """Remember at once what was written there."""
        self.rows[row.event_id] = row
        await self.note({}, (row,))

    async def note(
        self,
        values: dict[str, object],
        rows: Sequence[EventRow] = (),
        dropped: Sequence[str] = (),
    ) -> None:
        """Note something of this sync, and go on holding the lease."""
        until = datetime.now(UTC) + LEASE
        async with transaction(self.engine) as tx:
            await google.note(tx, self.link, {**values, "lease_until": until})
            await google.save_events(tx, self.link, rows, dropped)

    def spend(self) -> None:
        """Count a call that writes."""
        self.writes += 1
        if self.writes > MAX_WRITES:
            raise Enough

    def drop(self, row: EventRow) -> None:
        """Forget a series and its occurrences."""
        for one in [*self.rows.values()]:
            if one.event_id == row.event_id or (one.uid == row.uid and one.day is not None):
                del self.rows[one.event_id]


def mark_stamp(words: str, *, done: bool) -> str:
    """Return what an occurrence shows, and whether Ritmo marked it."""
    return f"{int(done)}{hashlib.sha256(words.encode()).hexdigest()[:24]}"
