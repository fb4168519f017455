"""What a check-in says: its value and its state, and whether it takes away from another."""

from datetime import date
from typing import NamedTuple

from contracts.habit import CheckInState, Measure, thousandths
from contracts.keeping.promise import Promise, Terms
from contracts.message import Invalid, Wrong


class Said(NamedTuple):
    """What is logged for a day: thousandths, and what they mean."""

    value: int
    state: CheckInState


def logged(promise: Promise, day: date, value: float | None, state: CheckInState | None) -> Said:
    """Decide what a check-in says: its thousandths and its state.

    A value decides; a state that comes with it must be the one that it means. Refuses with
    `Invalid`: `value_missing` where only a number can tell, `value_not_whole`, `value_not_yes_no`,
    `state_contradicts_value`.
    """
    if state == "skipped":
        if value:
            raise _contradiction()
        return Said(0, "skipped")
    terms = promise.terms_on(day)
    counted = _meant(promise.measure, terms, state) if value is None else thousandths(value)
    _check_value(promise, counted)
    means = terms.judge(counted)
    if value is not None and state not in (None, means):
        raise _contradiction()
    return Said(counted, means)


def _contradiction() -> Invalid:
    text = "The value and the state contradict each other; send the value alone."
    wrong = Wrong(
        pointer="/state",
        detail="This state contradicts the value; send one of them, or both alike.",
    )
    return Invalid("state_contradicts_value", text, fields=(wrong,))


def takes_away(terms: Terms, before: Said, after: Said) -> bool:
    """Tell whether `after` lowers or erases what `before` says; more of something takes nothing."""
    adds = not terms.at_most and before.state in ("done", "partial") and after.state != "skipped"
    return before != after and not (adds and after.value >= before.value)


def _meant(measure: Measure, terms: Terms, state: CheckInState | None) -> int:
    """Return the value that a state means where no value is given."""
    target = terms.version.target
    once = 1000 if terms.counting and measure in ("yes_no", "count") else None
    means: dict[str, int | None]
    if terms.at_most:
        means = {"done": 0, "failed": once}
    else:
        full = terms.limit if target and target.per == "day" else once
        means = {"done": full, "failed": 0, "partial": 500 if measure == "yes_no" else None}
    # To leave something out is nothing that one does: quitting has no word for "just tick it".
    meant = means.get(state or ("" if terms.at_most else "done"))
    if meant is None:
        text = "Say how much: this habit needs a value."
        wrong = Wrong(pointer="/value", detail="a value is needed here")
        raise Invalid("value_missing", text, fields=(wrong,))
    return meant


def _check_value(promise: Promise, value: int) -> None:
    """Refuse a value that the measure cannot have."""
    if promise.measure == "yes_no" and promise.kind == "build":
        if value > 1000:
            wrong = Wrong(pointer="/value", detail="must lie between 0 and 1")
            text = "A yes/no habit takes a value from 0 (no) to 1 (yes)."
            raise Invalid("value_not_yes_no", text, fields=(wrong,))
    elif promise.measure != "amount" and value % 1000:
        wrong = Wrong(pointer="/value", detail="must be a whole number")
        raise Invalid("value_not_whole", "This habit is counted in whole numbers.", fields=(wrong,))
