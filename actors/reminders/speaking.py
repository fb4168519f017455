"""How a reminder that speaks gets on its way: as a delivery."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders.cases import Decided
from actors.reminders.domain import Verdict
from actors.reminders.firing import Coming
from contracts.reminders import ChannelName
from storage.reminders import deliveries
from storage.reminders.ledger import NewDelivery

LATE = timedelta(minutes=1)
"""What comes later than this is said to be late."""

LEAST = timedelta(minutes=30)
"""For how long a reminder is useful, at least, however late it is."""

TEMPLATES = {"fixed": "reminder", "smart": "reminder", "at_risk": "at_risk", "silence": "silence"}


async def send(tx: AsyncConnection, decided: Sequence[Decided], now: datetime) -> None:
    """Enqueue deliveries of what speaks."""
    rows = list[NewDelivery]()
    for one in decided:
        current = one.case.caught.current
        if one.verdict is None or one.verdict.reason is not None or current is None:
            continue
        for channel in one.channels:
            if channel != "telegram":  # there is no bot yet
                rows.append(_delivery(one, one.verdict, current, channel, now))
    await deliveries.enqueue(tx, rows)


def _delivery(
    one: Decided, verdict: Verdict, current: Coming, channel: ChannelName, now: datetime
) -> NewDelivery:
    """Write a reminder as a delivery."""
    rule, person = one.case.claimed.rule, one.case.claimed.person
    until = max(current.at + timedelta(minutes=person.grace), now + LEAST)
    return NewDelivery(
        user_id=rule.user_id,
        channel=channel,
        recipient=(person.email or "") if channel == "email" else str(rule.user_id),
        dedupe_key=f"reminder:{rule.id}:{current.at.isoformat()}",
        template=TEMPLATES[rule.kind],
        language=person.language,
        data=_data(one, verdict, now - current.at > LATE),
        due_at=now,
        useful_until=until,
        reminder_id=rule.id,
        habit_id=rule.habit_id,
        day=current.day,
    )


def _data(one: Decided, verdict: Verdict, late: bool) -> str:
    """Write what fills the template."""
    rule, person, habit = one.case.claimed.rule, one.case.claimed.person, one.case.claimed.habit
    data: dict[str, str | int | bool] = {"text": rule.text, "name": person.name, "late": late}
    if rule.wakes:
        data["snoozed"] = True
    if habit is not None:
        data["habit"] = habit.name
    if rule.kind == "at_risk":
        data |= {"streak": verdict.streak, "streak_unit": verdict.streak_unit}
    if rule.kind == "silence":
        data["silent_days"] = verdict.silent_days
    return to_json(data).decode()
