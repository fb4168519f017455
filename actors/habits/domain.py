"""What the habits room decides: what a logged day is now, and which plans go together.

Where a habit stands, whoever asks, is in `contracts/keeping`.
"""

from datetime import date

from contracts.habit import CheckInState, Kind, Measure, Target, thousandths
from contracts.keeping.due import never_due
from contracts.keeping.promise import Promise
from contracts.message import Invalid, Wrong
from contracts.schedule import Schedule


def verdict(promise: Promise, day: date, value: int, state: CheckInState) -> CheckInState:
    """Say what a logged day is under the terms in force on it; a skipped day stays one."""
    return "skipped" if state == "skipped" else promise.terms_on(day).judge(value)


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


def check_unit(measure: Measure, unit: str | None) -> None:
    """Refuse a unit of its own for a duration, with `Invalid`: it is in seconds."""
    if unit and measure == "duration":
        text = "A duration takes no unit: send seconds; they are shown as hours and minutes."
        wrong = Wrong(pointer="/unit", detail="a duration takes no unit")
        raise Invalid("unit_not_allowed", text, fields=(wrong,))


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
