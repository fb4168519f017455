"""Deliveries are made here: of what other rooms want sent, and of reminders that are tried out."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.notifications import ledger
from actors.notifications.channels import SENDING, WAYS
from actors.notifications.people import addressee
from actors.notifications.room import known, room
from actors.runtime.room import Now, TheBus, Transaction, Who
from contracts.deliveries import Deliveries, Delivery, TryReminder
from contracts.language import Language
from contracts.message import Conflict, TooMany
from contracts.notifications import SendNotice, Template
from contracts.reminder_notices import DescribeReminder
from storage.notifications import deliveries
from storage.notifications.ledger import NewDelivery
from storage.replica.replica import PersonRow

TEST_EVERY = 10
"""Seconds between two tests."""

TEST_LIFE = timedelta(minutes=10)
"""A test that takes longer than this is of no use to who waits for it."""


def trial(person: PersonRow, key: str, template: Template, **data: str | bool) -> NewDelivery:
    """Write a test to a person; by which channel, and to whom, is still to be said."""
    now = datetime.now(UTC)
    return NewDelivery(
        user_id=person.user_id,
        channel="email",
        recipient="",
        dedupe_key=f"{key}:{int(now.timestamp()) // TEST_EVERY}",
        template=template,
        language=person.language,
        data=json.dumps({"name": person.name, **data}, ensure_ascii=False),
        due_at=now,
        useful_until=now + TEST_LIFE,
    )


async def enqueue_trials(
    tx: AsyncConnection, rows: Sequence[NewDelivery], language: Language | None = None
) -> tuple[Delivery, ...]:
    """Enqueue tests, and show them. Refuses with `TooMany` what comes too soon after others."""
    if not await deliveries.enqueue(tx, rows):
        raise TooMany("test_sent", "A test was sent a moment ago.", retry_after=TEST_EVERY)
    keys = [(row.user_id, row.channel, row.dedupe_key) for row in rows]
    made = [await deliveries.find_by_key(tx, *key) for key in keys]
    return tuple(ledger.view(row, language) for row in made if row is not None)


@room.do
async def send_notice(job: SendNotice, tx: Transaction, bus: TheBus, now: Now) -> None:
    """Enqueue a notice for each of its channels; who is gone gets none."""
    person = await addressee(tx, bus, job.user_id, job.email)
    if person is None:
        return
    chat = await WAYS["telegram"].recipient(tx, person)
    of_person = {"zone": person.zone} if "at" in job.data else {}
    rows = [
        NewDelivery(
            user_id=job.user_id,
            channel=channel,
            recipient=person.email or "" if channel == "email" else str(job.user_id),
            dedupe_key=job.dedupe_key,
            template=job.template,
            language=job.language or person.language,
            data=json.dumps({**job.data, **of_person}, ensure_ascii=False),
            due_at=now,
            useful_until=job.useful_until,
            reminder_id=job.reminder_id,
            habit_id=job.habit_id,
            day=job.day,
        )
        for channel in job.channels
        if channel in SENDING
        and (channel != "telegram" or chat is not None)
        and (channel != "email" or person.email)
        and (channel != "apprise" or await WAYS["apprise"].recipient(tx, person) is not None)
    ]
    await deliveries.enqueue(tx, rows)


@room.answer
async def try_reminder(command: TryReminder, who: Who, tx: Transaction, bus: TheBus) -> Deliveries:
    """Send a reminder now, as it would be: whatever the day asks for, and saying so."""
    person = await known.person(tx, bus, who, "stay")
    said = await bus.ask(DescribeReminder(reminder_id=command.reminder_id, tried=True), who)
    data: dict[str, str | bool] = {"text": said.text, "test": True}
    if said.habit:
        data["habit"] = said.habit
    test = trial(person, f"try:{command.reminder_id}", said.template, **data)._replace(
        reminder_id=command.reminder_id, habit_id=said.habit_id, day=said.day
    )
    rows = [
        test._replace(channel=channel, recipient=to)
        for channel in said.channels
        if (to := await WAYS[channel].recipient(tx, person)) is not None
    ]
    if not rows:
        raise Conflict("no_channel", "None of the channels of this reminder is on.")
    return Deliveries(deliveries=await enqueue_trials(tx, rows))
