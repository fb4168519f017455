"""Rules as people ask for them: made, changed, shown, deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import learned_times, people
from actors.reminders.next_fire import aims_of, never_because, no_rule, today
from actors.reminders.room import room
from actors.reminders.usual_time import learned_of
from actors.runtime.room import Now, TheBus, Transaction, Who
from contracts.message import Done, Invalid, Wrong, check_version, new_id
from contracts.reminders import (
    CreateReminder,
    DeleteReminder,
    Fire,
    GetReminder,
    ListReminders,
    Reminder,
    Reminders,
    ReminderWords,
    UpdateReminder,
    local_time,
    minutes_of,
)
from contracts.schedule import WEEKDAYS, Weekday
from storage.reminders import habits as kept_habits
from storage.reminders import people as kept_people
from storage.reminders import rules
from storage.reminders.habits import RemindedHabit
from storage.reminders.people import RemindedPerson
from storage.reminders.rules import FireRow, RuleRow

MAX_RULES = 200
"""Rules that somebody may have."""

SHOWN = 30
"""Times of a rule's history that are shown."""


def mask_of(days: Sequence[Weekday]) -> int:
    """Write days of the week as bits, bit 0 for Monday."""
    return sum(1 << WEEKDAYS.index(day) for day in days)


def days_of(mask: int) -> tuple[Weekday, ...]:
    """Read days of the week from bits."""
    return tuple(day for place, day in enumerate(WEEKDAYS) if mask >> place & 1)


def view(
    rule: RuleRow,
    habit: RemindedHabit | None,
    person: RemindedPerson,
    history: Sequence[FireRow] = (),
) -> Reminder:
    """Show a rule."""
    now = datetime.now(UTC)
    never = None
    if rule.next_fire_at is None:
        never = never_because(rule, habit, today(person, now))
    snoozed = rule.snoozed_until
    return Reminder(
        reminder_id=rule.id,
        habit_id=rule.habit_id,
        kind=rule.kind,
        text=rule.text,
        times=tuple(map(local_time, rule.times)),
        weekdays=days_of(rule.weekdays),
        streak=rule.streak,
        after_days=rule.after_days,
        mode=rule.mode,
        unless_written=rule.unless_written,
        channels=rule.channels,
        enabled=rule.enabled,
        next_at=rule.next_fire_at,
        never_because=never,
        snoozed_until=snoozed if snoozed and snoozed > now else None,
        shift_minutes=rule.shift,
        learned=tuple(None if one is None else local_time(one) for one in rule.learned),
        history=tuple(
            Fire(fire_at=x.fire_at, day=x.day, outcome=x.outcome, reason=x.reason, late=x.late)
            for x in history
        ),
        created_at=rule.created_at,
        version=rule.version,
    )


def check(words: ReminderWords) -> None:
    """Refuse what does not go together."""
    if words.habit_id is None and words.kind != "fixed":
        text = "This kind of reminder needs a habit."
        wrong = Wrong(pointer="/habit_id", detail="a habit is needed here")
        raise Invalid("reminder_needs_habit", text, fields=(wrong,))
    if words.habit_id is None and not words.text:
        text = "A reminder without a habit needs a text."
        wrong = Wrong(pointer="/text", detail="a text is needed here")
        raise Invalid("reminder_text_missing", text, fields=(wrong,))
    if words.habit_id is not None and words.unless_written:
        text = "Only a reminder without a habit can wait for the diary."
        wrong = Wrong(pointer="/unless_written", detail="this goes with no habit")
        raise Invalid("unless_written_with_habit", text, fields=(wrong,))


def new_rule(
    rule_id: UUID, user_id: UUID, habit_id: UUID | None, words: ReminderWords, created_at: datetime
) -> RuleRow:
    """Lay a reminder out that has never come yet; its habit may have another id here."""
    return RuleRow(
        id=rule_id,
        user_id=user_id,
        habit_id=habit_id,
        kind=words.kind,
        text=words.text,
        times=tuple(map(minutes_of, words.times)),
        weekdays=mask_of(words.weekdays),
        streak=words.streak,
        after_days=words.after_days,
        mode=words.mode,
        unless_written=words.unless_written,
        channels=words.channels,
        enabled=words.enabled,
        shift=0,
        learned=(),
        relearn_at=None,
        next_fire_at=None,
        next_slot=0,
        last_slot=0,
        snoozed_until=None,
        wakes=False,
        ignored=0,
        nudged_day=None,
        created_at=created_at,
        version=1,
    )


@room.answer
async def create_reminder(
    command: CreateReminder, who: Who, tx: Transaction, bus: TheBus, now: Now
) -> Reminder:
    """Make a rule, and let it come."""
    check(command)
    person = await people.person_of(tx, bus, who)
    if await rules.count(tx, who.user_id) >= MAX_RULES:
        text = "You have {most} reminders; delete one to make another."
        raise Invalid("too_many_reminders", text, most=MAX_RULES)
    if command.habit_id is not None:
        await people.habit_of(tx, bus, who, command.habit_id)
    row = new_rule(new_id(), who.user_id, command.habit_id, command, now)
    await rules.add(tx, who.user_id, row)
    return await settle(tx, person, row)


async def settle(tx: AsyncConnection, person: RemindedPerson, row: RuleRow) -> Reminder:
    """Save a rule; let one that is new or changed learn if it follows, and come next."""
    now = datetime.now(UTC)
    follows = row.kind == "smart" and row.mode == "follow" and row.enabled
    if follows:
        row = row._replace(learned=learned_of(await learned_times.study(tx, person, row)))
    aim = (await aims_of(tx, person, [row], now))[0]
    row = row._replace(
        relearn_at=now + learned_times.AGAIN if follows else None,
        next_fire_at=aim.next_fire_at,
        next_slot=aim.next_slot,
    )
    fixed = ("id", "user_id", "created_at")
    values = {name: value for name, value in row._asdict().items() if name not in fixed}
    await rules.save(tx, row.user_id, row.id, values)
    return view(row, await habit(tx, row), person)


async def habit(tx: AsyncConnection, row: RuleRow) -> RemindedHabit | None:
    """Return the habit of a rule, if it has one."""
    if row.habit_id is None:
        return None
    return (await kept_habits.find_all(tx, row.user_id)).get(row.habit_id)


async def found(
    tx: AsyncConnection, user_id: UUID, rule_id: UUID, expected: int | None = None
) -> tuple[RemindedPerson, RuleRow]:
    """Return a person and a rule of theirs, both locked.

    Refuses with `NotFound`, or with `Conflict` if the rule is not at the version `expected`.
    """
    person = await people.locked(tx, user_id)
    row = await rules.find(tx, user_id, rule_id, lock=True)
    if person is None or row is None:
        raise no_rule(rule_id)
    check_version(row.version, expected)
    return person, row


@room.answer
async def update_reminder(command: UpdateReminder, who: Who, tx: Transaction) -> Reminder:
    """Change a rule, and let it come as it is now."""
    person, row = await found(tx, who.user_id, command.reminder_id, command.expected_version)
    changes = command.changes()
    if command.times is not None:
        changes |= {"times": tuple(map(minutes_of, command.times)), "shift": 0, "learned": ()}
    if command.weekdays is not None:
        changes["weekdays"] = mask_of(command.weekdays)
    after = row._replace(**changes)
    shown = view(after, None, person)
    check(ReminderWords.model_validate(shown.model_dump(include=set(ReminderWords.model_fields))))
    if after == row:
        return view(row, await habit(tx, row), person)
    return await settle(tx, person, after._replace(version=row.version + 1))


@room.answer
async def delete_reminder(command: DeleteReminder, who: Who, tx: Transaction) -> Done:
    """Delete a rule and its history."""
    await found(tx, who.user_id, command.reminder_id, command.expected_version)
    await rules.remove(tx, who.user_id, command.reminder_id)
    return Done()


@room.answer
async def get_reminder(query: GetReminder, who: Who, tx: Transaction) -> Reminder:
    """Show a rule with its history."""
    person, row = await find(tx, who.user_id, query.reminder_id)
    history = await rules.history(tx, who.user_id, query.reminder_id, SHOWN)
    return view(row, await habit(tx, row), person, history)


async def find(tx: AsyncConnection, user_id: UUID, rule_id: UUID) -> tuple[RemindedPerson, RuleRow]:
    """Return a person and a rule of theirs. Refuses with `NotFound`."""
    person = await kept_people.find(tx, user_id)
    row = await rules.find(tx, user_id, rule_id)
    if person is None or row is None:
        raise no_rule(rule_id)
    return person, row


@room.answer
async def list_reminders(query: ListReminders, who: Who, tx: Transaction) -> Reminders:
    """Show all rules of a person, or of a habit."""
    person = await kept_people.find(tx, who.user_id)
    rows = await rules.find_all(tx, who.user_id, query.habit_id)
    if person is None or not rows:
        return Reminders(reminders=())
    habits = await kept_habits.find_all(tx, who.user_id)
    shown = [view(row, habits.get(row.habit_id) if row.habit_id else None, person) for row in rows]
    return Reminders(reminders=tuple(shown))
