"""Deliveries are made here: of what other rooms want sent, and of reminders that are tried out."""

import json
from datetime import UTC, datetime, timedelta

from actors.notifications import ledger
from actors.notifications.channels import WAYS
from actors.notifications.people import addressee
from actors.notifications.room import known, room
from actors.runtime.room import TheBus, Transaction, Who
from contracts.deliveries import Deliveries, TryReminder
from contracts.message import Conflict, TooMany
from contracts.notifications import SendNotice
from contracts.reminder_notices import DescribeReminder
from storage.notifications import deliveries
from storage.notifications.ledger import NewDelivery

BETWEEN = 10
"""Seconds between two tests."""

USEFUL = timedelta(minutes=10)
"""A test that takes longer than this is of no use to who waits for it."""


def trial_key(kind: str, of: object, now: datetime) -> str:
    """Return the dedupe key of a test: there is one in `BETWEEN` seconds."""
    return f"{kind}:{of}:{int(now.timestamp()) // BETWEEN}"


def too_soon() -> TooMany:
    """Say that a test was sent a moment ago."""
    return TooMany("test_sent", "A test was sent a moment ago.", retry_after=BETWEEN)


@room.do
async def send_notice(job: SendNotice, tx: Transaction, bus: TheBus) -> None:
    """Enqueue a notice for each of its channels; who is gone gets none."""
    person = await addressee(tx, bus, job.user_id, job.email)
    if person is None:
        return
    now = datetime.now(UTC)
    rows = [
        NewDelivery(
            user_id=job.user_id,
            channel=channel,
            recipient=person.email or "" if channel == "email" else str(job.user_id),
            dedupe_key=job.dedupe_key,
            template=job.template,
            language=job.language or person.language,
            data=json.dumps(job.data, ensure_ascii=False),
            due_at=now,
            useful_until=job.useful_until,
            reminder_id=job.reminder_id,
            habit_id=job.habit_id,
            day=job.day,
        )
        for channel in job.channels
    ]
    await deliveries.enqueue(tx, rows)


@room.answer
async def try_reminder(command: TryReminder, who: Who, tx: Transaction, bus: TheBus) -> Deliveries:
    """Send a reminder now, as it would be: whatever the day asks for, and saying so."""
    person = await known.person(tx, bus, who, "stay")
    said = await bus.ask(DescribeReminder(reminder_id=command.reminder_id, tried=True), who)
    now = datetime.now(UTC)
    data: dict[str, str | bool] = {"text": said.text, "name": person.name, "test": True}
    if said.habit:
        data["habit"] = said.habit
    rows = [
        NewDelivery(
            user_id=who.user_id,
            channel=channel,
            recipient=to,
            dedupe_key=trial_key("try", command.reminder_id, now),
            template=said.template,
            language=person.language,
            data=json.dumps(data, ensure_ascii=False),
            due_at=now,
            useful_until=now + USEFUL,
            reminder_id=command.reminder_id,
            habit_id=said.habit_id,
            day=said.day,
        )
        for channel in said.channels
        if (to := await WAYS[channel].recipient(tx, person)) is not None
    ]
    if not rows:
        raise Conflict("no_channel", "None of the channels of this reminder is on.")
    if not await deliveries.enqueue(tx, rows):
        raise too_soon()
    made = [
        await deliveries.find_by_key(tx, who.user_id, row.channel, row.dedupe_key) for row in rows
    ]
    return Deliveries(deliveries=tuple(ledger.view(row) for row in made if row is not None))
