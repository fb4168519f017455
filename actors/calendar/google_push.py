"""What is otherwise here than in Google Calendar is written there."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import structlog

from actors.calendar.domain import DONE_DAYS, RecurringDays
from actors.calendar.google_errors import GoogleFailed
from actors.calendar.google_events import (
    RemoteEvent,
    body_of,
    event_id,
    mark_body,
    occurrence_id,
    read,
    wanted_stamp,
)
from actors.calendar.google_state import MAX_GENERATIONS, SKIPPED, SyncState, mark_stamp
from actors.calendar.ics import done_text
from storage.calendar.google import EventRow

log = structlog.get_logger()

MARKED_BEFORE = timedelta(days=7)
"""How far before it was linked what was done is marked there."""


class GooglePush(SyncState):
    """The half of a sync that writes there."""

    async def push(self) -> None:
        """Write there what is otherwise here."""
        masters = [row for row in self.rows.values() if row.day is None]
        hidden = {row.habit_id for row in masters if row.gone}
        newest: dict[UUID, int] = {}
        for row in masters:
            newest[row.habit_id] = max(row.min_version, newest.get(row.habit_id, 0))
        there = {row.uid: row for row in masters if not row.gone}
        behind = {
            item.habit.habit_id
            for item in self.series.values()
            if item.habit.version < newest.get(item.habit.habit_id, 0)
        }
        for row in there.values():
            if row.uid not in self.series and row.habit_id not in hidden | behind:
                await self._remove(row)
        for item in self.series.values():
            if item.habit.habit_id not in hidden | behind:
                await self._write(item, there.get(item.uid))

    async def _write(self, item: RecurringDays, row: EventRow | None) -> None:
        """Write a series, and the marks of its occurrences."""
        zone = self.person.zone
        wanted = wanted_stamp(item, zone)
        if row is None:
            row = await self._add(item, wanted)
        elif row.stamp not in (wanted, wanted[:24]):
            row = await self._change(row, item, wanted)
        if row is None:
            return
        since = max(
            self.today - timedelta(days=DONE_DAYS), (self.link.created_at - MARKED_BEFORE).date()
        )
        done = {
            occurrence_id(row.event_id, item, one.day, zone): one
            for one in item.done
            if one.day >= since
        }
        for key, logged in done.items():
            words = done_text(item.habit, logged, self.person.language)
            known = self.rows.get(key)
            want = mark_stamp(words, done=True)
            if known is None or known.gone or not known.ticked or known.stamp != want:
                await self._mark(row, item, key, logged.day, words, done=True)
        for one in [*self.rows.values()]:
            if one.uid != item.uid or one.day is None or one.event_id in done:
                continue
            if one.event_id != occurrence_id(row.event_id, item, one.day, zone):
                await self.note({}, (), (one.event_id,))
                del self.rows[one.event_id]
            elif one.day in item.without:
                await self._take_out(one)
            elif one.day >= since and self._is_stale(one, item):
                await self._mark(row, item, one.event_id, one.day, item.habit.name, done=False)

    def _is_stale(self, row: EventRow, item: RecurringDays) -> bool:
        """Tell whether an occurrence that is not done is shown otherwise there."""
        if row.gone:
            return row.stamp == SKIPPED
        return row.ticked or row.stamp != mark_stamp(item.habit.name, done=False)

    async def _add(self, item: RecurringDays, stamp: str) -> EventRow | None:
        """Add a series; one that was added, and not noted, is taken over."""
        body = body_of(item, self.person.zone)
        for generation in range(MAX_GENERATIONS):
            key = event_id(self.link.link_id, item.uid, generation)
            if key in self.rows:
                continue  # its id was used up
            self.spend()
            try:
                raw = await self.calls.insert(self.calendar, {**body, "id": key})
            except GoogleFailed as failed:
                if failed.failure != "taken":
                    raise
                found = read(await self.calls.event(self.calendar, key))
                if found.cancelled:
                    continue
                raw = await self.calls.patch(self.calendar, key, body)
            remote = read(raw)
            row = EventRow(
                key, item.habit.habit_id, item.uid, None, remote.etag, stamp, remote.colour
            )
            await self.keep(row)
            return row
        log.warning("ids used up", uid=item.uid)
        return None

    async def _change(self, row: EventRow, item: RecurringDays, stamp: str) -> EventRow | None:
        """Write a series anew; None: somebody changed it meanwhile."""
        raw = await self._try(row, body_of(item, self.person.zone))
        if raw is None:
            return None
        row = replace(row, etag=raw.etag, stamp=stamp, colour=raw.colour, gone=False)
        await self.keep(row)
        return row

    async def _mark(
        self,
        series: EventRow,
        item: RecurringDays,
        key: str,
        day: date,
        words: str,
        *,
        done: bool,
    ) -> None:
        """Mark an occurrence as done, or not done."""
        known = self.rows.get(key)
        row = known or EventRow(key, series.habit_id, series.uid, day, "", "")
        raw = await self._try(row, mark_body(item, words, done=done))
        if raw is not None:
            stamp = mark_stamp(words, done=done)
            await self.keep(
                replace(row, etag=raw.etag, stamp=stamp, ticked=done, gone=False, colour=raw.colour)
            )

    async def _take_out(self, row: EventRow) -> None:
        """Delete an occurrence of a day that is skipped, or on a break."""
        if not row.gone:
            self.spend()
            await self.calls.delete(self.calendar, row.event_id)
            await self.keep(replace(row, gone=True, stamp=SKIPPED, ticked=False))

    async def _try(self, row: EventRow, body: dict[str, object]) -> RemoteEvent | None:
        """Change an event, unless it was changed, or deleted, meanwhile: that is looked at next."""
        self.spend()
        # What was deleted has another etag than the one that is known of it.
        etag = "" if row.gone else row.etag
        try:
            return read(await self.calls.patch(self.calendar, row.event_id, body, etag))
        except GoogleFailed as failed:
            if failed.failure in ("changed", "missing", "resync", "unfit"):
                log.info("event passed over", why=str(failed))
                self.again = self.again or failed.failure == "changed"
                return None
            raise

    async def _remove(self, row: EventRow) -> None:
        """Delete a series that is not here any more."""
        self.spend()
        await self.calls.delete(self.calendar, row.event_id)
        before = {*self.rows}
        self.drop(row)
        await self.note({}, (), [*before - self.rows.keys()])
