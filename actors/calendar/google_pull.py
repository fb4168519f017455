"""What has changed in Google Calendar is taken in, and followed here."""

from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from actors.calendar.domain import RecurringDays
from actors.calendar.google_edits import PersonEdits
from actors.calendar.google_errors import GoogleFailed
from actors.calendar.google_events import (
    DONE_COLOURS,
    RemoteEvent,
    event_id,
    moment_of,
    occurrence_id,
    read,
)
from actors.calendar.google_state import MAX_GENERATIONS, SKIPPED, WAITS, SyncState, mark_stamp
from storage.calendar.google import EventRow

FOLLOWED = timedelta(days=90)
"""How long ago a day may be on which an occurrence is changed there, and followed here."""


class GooglePull(SyncState):
    """The half of a sync that follows what people changed there."""

    async def pull(self) -> None:
        """Take in what has changed there, and follow it here."""
        is_full = self.link.sync_token is None
        try:
            remotes, token = await self._changed(self.link.sync_token)
        except GoogleFailed as failed:
            if failed.failure != "resync" or is_full:
                raise
            is_full = True
            remotes, token = await self._changed(None)
        if is_full:
            self._miss({one.event_id for one in remotes})
        edits = PersonEdits(self.bus, self.person, self.logged, self.today)
        before = dict(self.rows)
        for remote in remotes:
            if remote.series is None:
                await self._take_series(edits, remote)
        if edits.made:
            # What was moved and then ticked there is an occurrence of the series as it is now.
            await self.look()
            edits = PersonEdits(self.bus, self.person, self.logged, self.today)
        for remote in remotes:
            if remote.series is not None:
                await self._take_occurrence(edits, remote)
        for row in [*self.rows.values()]:
            if row.gone and row.stamp == WAITS and row.day is not None and row.day <= self.today:
                await edits.skip(row.habit_id, row.day)
                self.rows[row.event_id] = replace(row, stamp=SKIPPED)
        self._forget()
        changed = [row for key, row in self.rows.items() if before.get(key) != row]
        await self.note({"sync_token": token}, changed, [*before.keys() - self.rows.keys()])
        if edits.made:
            await self.look()

    async def _changed(self, token: str | None) -> tuple[list[RemoteEvent], str | None]:
        """Return what has changed of what is Ritmo's, and the next token.

        A calendar may hold years of other events: they are passed over page by page, and with each
        page the link is held for longer.
        """
        found, following = list[RemoteEvent](), None
        async for page, following in self.calls.events(self.calendar, token):
            found += [one for one in map(read, page) if self._concerns(one)]
            if following is None:
                await self.note({})
        return found, following

    def _concerns(self, remote: RemoteEvent) -> bool:
        """Tell whether an event is Ritmo's, or was made from one that is."""
        if remote.uid or remote.event_id in self.rows or remote.series in self.rows:
            return True
        return (remote.series or remote.event_id) in self.own_ids

    @cached_property
    def own_ids(self) -> frozenset[str]:
        """The ids that a series of this link may have."""
        numbers = range(MAX_GENERATIONS)
        return frozenset(
            event_id(self.link.link_id, uid, one) for uid in self.series for one in numbers
        )

    def _forget(self) -> None:
        """Forget occurrences of long ago: what happens to them is not followed any more."""
        since = self.today - FOLLOWED
        for row in [*self.rows.values()]:
            if row.day is not None and row.day < since:
                del self.rows[row.event_id]

    def _miss(self, there: set[str]) -> None:
        """Note what is not there any more, of all that is."""
        for row in [*self.rows.values()]:
            if row.event_id not in there:
                if row.day is None and row.uid in self.series:
                    self.rows[row.event_id] = replace(row, gone=True)
                else:
                    del self.rows[row.event_id]

    async def _take_series(self, edits: PersonEdits, remote: RemoteEvent) -> None:
        """Take in a series."""
        row = self.rows.get(remote.event_id)
        uid = row.uid if row is not None else remote.uid
        item = self.series.get(uid)
        if row is None:
            if item is None or remote.cancelled:
                return  # of somebody else, or of no concern any more
            if not self._is_own(remote.event_id, uid):
                await self._take_copy(edits, remote, item)
                return
            row = EventRow(remote.event_id, item.habit.habit_id, uid, None, "", "")
        elif remote.cancelled:
            if item is None:
                self.drop(row)
            else:
                self.rows[row.event_id] = replace(row, gone=True)
            return
        elif row.etag == remote.etag and not row.gone:
            return
        stamp = remote.shown
        if remote.shown != remote.stamp:
            stamp = ""  # it is written anew, as it is here then
            if item is not None:
                version = await edits.follow(remote, item)
                row = replace(row, min_version=max(version, row.min_version))
        self.rows[row.event_id] = replace(
            row, etag=remote.etag, stamp=stamp, colour=remote.colour, gone=False
        )

    async def _take_copy(
        self, edits: PersonEdits, remote: RemoteEvent, item: RecurringDays
    ) -> None:
        """Take in what is left of a series after "this and all that follow": a move of it.

        An event that was merely copied is a person's own, and stays.
        """
        if not remote.recurrence:
            return
        version = await edits.follow(remote, item)
        for row in [*self.rows.values()]:
            if row.uid == item.uid and row.day is None:
                self.rows[row.event_id] = replace(row, min_version=max(version, row.min_version))
        await self.calls.delete(self.calendar, remote.event_id)

    async def _take_occurrence(self, edits: PersonEdits, remote: RemoteEvent) -> None:
        """Take in an occurrence."""
        series = self.rows.get(remote.series or "")
        item = self.series.get(series.uid) if series is not None else None
        place = moment_of(remote.original, self.person.zone)
        if series is None or item is None or series.gone or place is None:
            return
        day = place[0]
        if day < self.today - FOLLOWED:
            return
        if remote.event_id != occurrence_id(series.event_id, item, day, self.person.zone):
            return  # of how the series was before
        row = self.rows.get(remote.event_id)
        if row is not None and row.etag == remote.etag and row.gone == remote.cancelled:
            return
        made = EventRow(
            remote.event_id, series.habit_id, series.uid, day, remote.etag, "", remote.colour
        )
        if remote.cancelled:
            if row is None or not row.gone:
                self.rows[remote.event_id] = replace(made, gone=True, stamp=WAITS)
            return
        coloured = remote.colour in DONE_COLOURS and remote.colour != series.colour
        ticked = remote.ticked or coloured
        if ticked != remote.mark:
            await edits.tick(series.habit_id, day, done=ticked)
        self.rows[remote.event_id] = replace(
            made, ticked=ticked, stamp=mark_stamp(remote.summary, done=remote.mark)
        )

    def _is_own(self, found: str, uid: str) -> bool:
        """Tell whether an id is one that a series of this link may have."""
        ids = (event_id(self.link.link_id, uid, one) for one in range(MAX_GENERATIONS))
        return found in ids
