"""What a check-in makes of a day: it replaces what was logged, or adds to it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from actors.habits.rows import entry_row, judged
from contracts.habit import CheckInState, Source, number_of, thousandths
from contracts.keeping.entry import Said, logged
from contracts.keeping.promise import Promise
from contracts.message import Conflict, Invalid, Wrong
from contracts.time import day_of
from storage.check_in_history import ChangeRow
from storage.check_ins import CheckInRow, Origin
from storage.habits import TimeProfile

Decide = Callable[[Promise, date, CheckInRow | None], CheckInRow | None]
"""Decides what a day says, from what it said; None empties it."""

MAX_VALUE = 10**12
"""What a day can hold, in thousandths."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said of a day: by which decision, through which door, and when it was done.

    `at` None: when it was said (`said_at`), if that was on the day itself; of another day it is
    not known when it was done. A note alone moves no time.
    """

    decide: Decide
    source: Source
    at: datetime | None = None
    said_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def of(
        self, promise: Promise, day: date, before: CheckInRow | None, person: TimeProfile
    ) -> CheckInRow | None:
        """Decide what a day says, and where that comes from: `before` itself if it stays so."""
        after = self.decide(promise, day, before)
        if after is None or after.origin is not None:
            return after
        was = before.origin if before else None
        if before == after and (self.at is None or (was and was.at == self.at)):
            return before
        at, zone = self.at, person.zone
        if at is None and was and before and _counts_as(before) == _counts_as(after):
            at, zone = was.at, was.zone
        elif at is None and day_of(self.said_at, zone, person.day_start) == day:
            at = self.said_at
        return replace(after, origin=Origin(at, zone, self.source))


def _counts_as(entry: CheckInRow) -> tuple[int, str]:
    """Return what an entry says beside its note."""
    return entry.value, entry.state


def differ(before: CheckInRow | None, after: CheckInRow | None) -> bool:
    """Tell whether a day says something else now, or comes from elsewhere."""
    if before is None or after is None:
        return before is not after
    return before != after or before.origin != after.origin


def entry(value: float | None, state: CheckInState | None, note: str | None) -> Decide:
    """Decide that a day says this; `note` None keeps the note."""

    def decide(promise: Promise, day: date, before: CheckInRow | None) -> CheckInRow:
        counted, means = logged(promise, day, value, state)
        kept = before.note if before else ""
        return CheckInRow(day, counted, means, kept if note is None else note)

    return decide


def addition(by: float) -> Decide:
    """Decide that so much more, or less, is logged; nothing that means nothing leaves no trace."""

    def decide(promise: Promise, day: date, before: CheckInRow | None) -> CheckInRow | None:
        value = max(0, (before.value if before else 0) + thousandths(by))
        value, state = _summed(promise, day, check_sum(value))
        note = before.note if before else ""
        if not value and by < 0 and not note and state != "done":
            return None
        return CheckInRow(day, value, state, note)

    return decide


def _summed(promise: Promise, day: date, value: int) -> Said:
    """Say what a sum means. Refuses as a value is refused, but what was sent is `by`."""
    try:
        return logged(promise, day, number_of(value), None)
    except Invalid as no:
        fields = tuple(Wrong(pointer="/by", detail=one.detail) for one in no.fields)
        raise Invalid(
            no.code, no.text, fields=fields, retry_after=no.retry_after, **no.params
        ) from None


def restoration(change: ChangeRow) -> Decide:
    """Decide that a day says what it said before a change, if it still says what that made of it.

    Refuses with `Conflict` (`changed_since`).
    """

    def decide(promise: Promise, day: date, before: CheckInRow | None) -> CheckInRow | None:
        left, restored = (entry_row(kept, day) for kept in (change.after, change.before))
        # The terms may have changed since, and with them what a value means.
        if before != (left and judged(promise, left)):
            raise Conflict("changed_since", "The day has changed since; nothing was undone.")
        return restored and judged(promise, restored)

    return decide


def check_sum(value: int) -> int:
    """Refuse a sum, in thousandths, that is more than Ritmo keeps of a day."""
    if value > MAX_VALUE:
        most = MAX_VALUE // 1000
        wrong = Wrong(pointer="/by", detail="the sum is too large")
        text = "A day holds at most {most}."
        raise Invalid("value_too_large", text, fields=(wrong,), most=most)
    return value
