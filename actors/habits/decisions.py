"""What a check-in makes of a day: it replaces what was logged, or adds to it."""

from collections.abc import Callable
from datetime import date

from actors.habits.kept import entry_row, judged
from contracts.habit import CheckInState, number_of, thousandths
from contracts.keeping.entry import logged
from contracts.keeping.promise import Promise
from contracts.message import Conflict, Invalid, Wrong
from storage.check_in_history import ChangeRow
from storage.check_ins import EntryRow

Decide = Callable[[Promise, date, EntryRow | None], EntryRow | None]
"""Decides what a day says, from what it said; None empties it."""


MAX_VALUE = 10**12
"""What a day can hold, in thousandths."""


def entry(value: float | None, state: CheckInState | None, note: str | None) -> Decide:
    """Decide that a day says this; `note` None keeps the note."""

    def decide(promise: Promise, day: date, before: EntryRow | None) -> EntryRow:
        counted, means = logged(promise, day, value, state)
        kept = before.note if before else ""
        return EntryRow(day, counted, means, kept if note is None else note)

    return decide


def addition(by: float) -> Decide:
    """Decide that so much more, or less, is logged; nothing that means nothing leaves no trace."""

    def decide(promise: Promise, day: date, before: EntryRow | None) -> EntryRow | None:
        value = max(0, (before.value if before else 0) + thousandths(by))
        value, state = logged(promise, day, number_of(check_sum(value)), None)
        note = before.note if before else ""
        if not value and by < 0 and not note and state != "done":
            return None
        return EntryRow(day, value, state, note)

    return decide


def restoration(change: ChangeRow) -> Decide:
    """Decide that a day says what it said before a change, if it still says what that made of it.

    Refuses with `Conflict` (`changed_since`).
    """

    def decide(promise: Promise, day: date, before: EntryRow | None) -> EntryRow | None:
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
