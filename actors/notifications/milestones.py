"""Milestones: a streak that is celebrated is told in the chat of whose it is, once."""

import json
from datetime import timedelta

from actors.notifications.channels import WAYS
from actors.notifications.room import known, room
from actors.runtime.room import Now, Transaction
from contracts.habits import StreakReached
from storage.notifications import deliveries
from storage.notifications.ledger import NewDelivery

MILESTONE = "milestone"
"""The template."""

LIFE = timedelta(days=1)
"""For how long it is news."""


@room.hear
async def congratulate(fact: StreakReached, tx: Transaction, now: Now) -> None:
    """Enqueue a notice for the chat, if there is one; what was celebrated before is not again."""
    person = await known.replica.find_person(tx, fact.user_id, "stay")
    if person is None or person.gone:
        return
    chat = await WAYS["telegram"].recipient(tx, person)
    if chat is None:
        return
    data = {"habit": fact.name, "streak": fact.streak, "streak_unit": fact.unit}
    row = NewDelivery(
        user_id=fact.user_id,
        channel="telegram",
        recipient=chat,
        dedupe_key=f"{MILESTONE}:{fact.habit_id}:{fact.streak}:{fact.since}",
        template=MILESTONE,
        language=person.language,
        data=json.dumps(data, ensure_ascii=False),
        due_at=now,
        useful_until=now + LIFE,
    )
    await deliveries.enqueue(tx, [row])
