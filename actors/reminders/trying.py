"""A reminder tried out: sent now as it would be, whatever the day asks for."""

import json
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import ledger, rules
from actors.reminders.aiming import today
from actors.reminders.channels import BETWEEN, USEFUL
from actors.reminders.speaking import TEMPLATES
from contracts.deliveries import Deliveries
from contracts.message import Conflict, TooMany
from contracts.reminders import ChannelName
from storage.reminders import channels, copies, deliveries
from storage.reminders.copies import PersonRow
from storage.reminders.ledger import NewDelivery
from storage.reminders.rules import RuleRow


async def try_out(tx: AsyncConnection, user_id: UUID, reminder_id: UUID) -> Deliveries:
    """Enqueue a reminder for each of its channels that is on.

    Refuses with `NotFound`, with `Conflict` (`channel_off`) if none is, or with `TooMany`.
    """
    person, rule = await rules.found(tx, user_id, reminder_id)
    data = await _data(tx, person, rule)
    now = datetime.now(UTC)
    rows = [
        NewDelivery(
            user_id=user_id,
            channel=channel,
            recipient=recipient,
            dedupe_key=f"try:{rule.id}:{int(now.timestamp()) // BETWEEN}",
            template=TEMPLATES[rule.kind],
            language=person.language,
            data=data,
            due_at=now,
            useful_until=now + USEFUL,
            reminder_id=rule.id,
            habit_id=rule.habit_id,
            day=today(person, now),
        )
        for channel, recipient in (await _open(tx, person, rule)).items()
    ]
    if not rows:
        raise Conflict("no_channel", "None of the channels of this reminder is on.")
    if not await deliveries.enqueue(tx, rows):
        raise TooMany("test_sent", "A test was sent a moment ago.", retry_after=BETWEEN)
    made = [await deliveries.find_by_key(tx, user_id, row.channel, row.dedupe_key) for row in rows]
    return Deliveries(deliveries=tuple(ledger.view(row) for row in made if row is not None))


async def _open(tx: AsyncConnection, person: PersonRow, rule: RuleRow) -> dict[ChannelName, str]:
    """Return the channels of a rule through which its owner can be reached here, with to whom."""
    wished = person.channels if rule.channels is None else rule.channels
    reached: dict[ChannelName, str] = {}
    if "email" in wished and person.email is not None:
        reached["email"] = person.email
    if "apprise" in wished and await channels.find_apprise(tx, person.user_id) is not None:
        reached["apprise"] = str(person.user_id)
    return reached


async def _data(tx: AsyncConnection, person: PersonRow, rule: RuleRow) -> str:
    """Write what fills the template: that it is a test, and nothing that is not so."""
    data: dict[str, str | bool] = {"text": rule.text, "name": person.name, "test": True}
    if rule.habit_id is not None:
        habit = (await copies.find_habits(tx, person.user_id)).get(rule.habit_id)
        if habit is not None:
            data["habit"] = habit.name
    return json.dumps(data, ensure_ascii=False)
