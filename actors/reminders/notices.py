"""How a reminder that speaks gets on its way: as a notice that notifications is to send."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from actors.reminders.decisions import Decided
from actors.reminders.domain import Verdict
from actors.reminders.occurrences import Coming
from contracts.notifications import SendNotice

LATE = timedelta(minutes=1)
"""What comes later than this is said to be late."""

LEAST = timedelta(minutes=30)
"""For how long a reminder is useful, at least, however late it is."""

TEMPLATES = {"fixed": "reminder", "smart": "reminder", "at_risk": "at_risk", "silence": "silence"}


def notices_of(decided: Sequence[Decided], now: datetime) -> list[SendNotice]:
    """Write a notice of each that speaks."""
    return [
        _notice(one, one.verdict, one.case.caught.current, now)
        for one in decided
        if one.verdict is not None
        and one.verdict.reason is None
        and one.case.caught.current is not None
    ]


def _notice(one: Decided, verdict: Verdict, current: Coming, now: datetime) -> SendNotice:
    """Write a notice: one for each time of a rule, by its key."""
    rule, person, habit = one.case.claimed.rule, one.case.claimed.person, one.case.claimed.habit
    data: dict[str, str | int | bool] = {
        "text": rule.text,
        "name": person.name,
        "late": now - current.at > LATE,
    }
    if rule.wakes:
        data["snoozed"] = True
    if habit is not None:
        data["habit"] = habit.name
    if rule.kind == "at_risk":
        data |= {"streak": verdict.streak, "streak_unit": verdict.streak_unit}
    if rule.kind == "silence":
        data["silent_days"] = verdict.silent_days
    return SendNotice(
        user_id=rule.user_id,
        template=TEMPLATES[rule.kind],
        channels=one.channels,
        language=person.language,
        data=data,
        dedupe_key=f"reminder:{rule.id}:{current.at.isoformat()}",
        useful_until=max(current.at + timedelta(minutes=person.grace), now + LEAST),
        reminder_id=rule.id,
        habit_id=rule.habit_id,
        day=current.day,
    )
