"""Notices: what notifications hands over for a person's chat, with buttons that answer it."""

import json
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.room import Transaction
from actors.telegram.domain import MAX_CAPTION, MAX_TEXT, Press, fit
from actors.telegram.room import room
from actors.telegram.turn import Keyboard, button, with_keyboard
from contracts.speech import say
from contracts.telegram import DeliverNotice, EndDelivery
from storage.outbox import tell
from storage.telegram import calls, owners
from storage.telegram.calls import NewCall


@room.do
async def deliver_notice(job: DeliverNotice, tx: Transaction) -> None:
    """Have a notice sent, once; who has no chat, or blocks the bot, gets none."""
    person = await owners.find(tx, job.user_id)
    if person is None or person.chat_id is None or person.blocked:
        await end(tx, job, "telegram_blocked" if person and person.chat_id else "channel_gone")
        return
    text = "\n\n".join(part for part in (job.title, "\n".join(job.lines)) if part)
    body = {"chat_id": person.chat_id, "text": fit(text, MAX_TEXT)}
    call = NewCall(
        chat_id=person.chat_id,
        method="sendMessage",
        body=json.dumps(with_keyboard(body, keyboard_of(job) or None), ensure_ascii=False),
        user_id=job.user_id,
        delivery_id=job.delivery_id,
        useful_until=job.useful_until,
    )
    if await calls.enqueue(tx, [call], datetime.now(UTC)) and job.picture:
        await calls.enqueue(tx, [picture_of(job, person.chat_id)], datetime.now(UTC))


def picture_of(job: DeliverNotice, chat_id: int) -> NewCall:
    """Write down that the picture of a notice is sent below it."""
    photo = {"base64": job.picture, "name": "ritmo.png"}
    body = {"chat_id": chat_id, "photo": photo, "caption": fit(job.alt, MAX_CAPTION)}
    return NewCall(
        chat_id=chat_id,
        method="sendPhoto",
        body=json.dumps(body, ensure_ascii=False),
        user_id=job.user_id,
        useful_until=job.useful_until,
    )


async def end(tx: AsyncConnection, job: DeliverNotice, detail: str) -> None:
    """Say that a notice is not sent: there is nobody who would take it."""
    said = EndDelivery(
        user_id=job.user_id, delivery_id=job.delivery_id, end="refused", detail=detail
    )
    await tell(tx, said)


def keyboard_of(job: DeliverNotice) -> Keyboard:
    """Lay out what can be done about a reminder."""
    keyboard: Keyboard = []
    if job.habit_id is not None and job.day is not None:
        about = (job.habit_id, job.day)
        done = button(f"✅ {say(job.language, 'Done')}", Press("r_done", *about), "success")
        skip = button(f"⏭ {say(job.language, 'Skip')}", Press("r_skip", *about))
        keyboard.append([done, skip])
    if job.reminder_id is not None:
        rest = (job.reminder_id, job.day)
        later = button(f"⏰ {say(job.language, 'In an hour')}", Press("r_later", *rest))
        why = button(say(job.language, "Why now?"), Press("r_why", *rest))
        keyboard.append([later, why])
    return keyboard
