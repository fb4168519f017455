"""What the habits room decides: what a check-in means, and which plans go together.

Where a habit stands, whoever asks, is in `contracts/keeping`.
"""

from datetime import date

from contracts.habit import CheckInState, Kind, Measure, Target, thousandths
from contracts.keeping.due import never_due
from contracts.keeping.promise import Promise, Terms
from contracts.message import Invalid, Wrong
from contracts.schedule import Schedule


def logged(
    promise: Promise, day: date, value: float | None, state: CheckInState | None
) -> tuple[int, CheckInState]:
    """Decide what a check-in says: its thousandths and its state.

    A value decides; a state that comes with it must be the one that it means. Refuses with
    `Invalid`: `value_missing` where only a number can tell, `value_not_whole`, `value_not_yes_no`,
    `state_contradicts_value`.
    """
    if state == "skipped":
        if value:
            raise _contradiction()
        return 0, "skipped"
    terms = promise.terms_on(day)
    counted = _meant(promise.measure, terms, state) if value is None else thousandths(value)
    _check_value(promise, counted)
    means = terms.judge(counted)
    if value is not None and state not in (None, means):
        raise _contradiction()
    return counted, means


def _contradiction() -> Invalid:
    text = "The value and the state contradict each other; send the value alone."
    wrong = Wrong(pointer="/state", detail="the value means something else")
    return Invalid("state_contradicts_value", text, fields=(wrong,))


def verdict(promise: Promise, day: date, value: int, state: CheckInState) -> CheckInState:
    """Say what a logged day is under the terms in force on it; a skipped day stays one."""
    return "skipped" if state == "skipped" else promise.terms_on(day).judge(value)


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


def check_plan(
    kind: Kind, measure: Measure, target: Target | None, schedule: Schedule, start: date
) -> None:
    """Refuse what does not go together, with `Invalid` and the field that is wrong."""
    if target is not None:
        _check_target(kind, measure, target)
    if never_due(schedule, start):
        wrong = Wrong(pointer="/schedule/rrule", detail="there is no such day")
        text = "This schedule never comes round: it has no day in the next eight years."
        raise Invalid("schedule_never_due", text, fields=(wrong,))


def _check_target(kind: Kind, measure: Measure, target: Target) -> None:
    """Refuse a target that the habit cannot have."""
    wrong: tuple[str, str, str] | None = None
    if measure == "yes_no":
        text = "A yes/no habit has no target; say in its schedule how often it is asked for."
        wrong = "target_not_allowed", "/target", text
    elif kind == "quit" and target.at == "least":
        text = "To quit something, set a target of at most."
        wrong = "target_not_at_most", "/target/at", text
    elif measure != "amount" and thousandths(target.value) % 1000:
        wrong = "value_not_whole", "/target/value", "This habit is counted in whole numbers."
    if wrong:
        code, pointer, text = wrong
        raise Invalid(code, text, fields=(Wrong(pointer=pointer, detail=text),))
