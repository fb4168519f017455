"""Snooze and feedback: a reminder rests for a while, moves for good, or is switched off."""

from datetime import timedelta

from actors.reminders.next_fire import life_of
from actors.reminders.occurrences import DAY, begin_of, loud, place_of, today_of
from actors.reminders.room import room
from actors.reminders.rules import found, mask_of, settle
from actors.reminders.usual_time import shifted
from actors.runtime.room import Now, Transaction, Who
from contracts.message import Conflict
from contracts.reminders import GiveFeedback, Reminder, SnoozeReminder


@room.answer
async def snooze_reminder(command: SnoozeReminder, who: Who, tx: Transaction, now: Now) -> Reminder:
    """Let a rule be silent for a while: it comes again after so many minutes, or tomorrow."""
    person, row = await found(tx, who.user_id, command.reminder_id)
    if not row.enabled:
        raise Conflict("reminder_off", "This reminder is switched off.")
    life = life_of(person)
    if command.minutes is not None:
        at = loud(now.replace(microsecond=0) + timedelta(minutes=command.minutes), life)
        day = command.about.toordinal() if command.about else today_of(life, now)
        slot = max(row.last_slot, min(place_of(at, life), day * DAY + DAY - 1))
        row = row._replace(next_fire_at=at, next_slot=slot, snoozed_until=at, wakes=True)
    else:
        day = today_of(life, now)
        until = begin_of(day + 1, life.zone, life.day_start)
        last = max(row.last_slot, day * DAY + DAY - 1)
        row = row._replace(last_slot=last, snoozed_until=until, wakes=False)
    return await settle(tx, person, row._replace(version=row.version + 1))


@room.answer
async def give_feedback(command: GiveFeedback, who: Who, tx: Transaction) -> Reminder:
    """Move a rule earlier or later, or switch it off, altogether or for a day of the week."""
    person, row = await found(tx, who.user_id, command.reminder_id)
    if command.feedback != "never":
        shift = shifted(row.shift, command.feedback)
        if shift == row.shift:
            text = "This reminder has moved as far as it goes; choose another time in Ritmo."
            raise Conflict("reminder_at_limit", text)
        row = row._replace(shift=shift)
    elif command.weekday is None:
        row = row._replace(enabled=False)
    else:
        left = row.weekdays & ~mask_of([command.weekday])
        row = row._replace(weekdays=left or row.weekdays, enabled=row.enabled and bool(left))
    return await settle(tx, person, row._replace(version=row.version + 1))
