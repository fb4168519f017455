"""Reminders of an archive are brought back: as they were asked for, and as if they came anew."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from actors.reminders import people
from actors.reminders.room import room
from actors.reminders.rules import MAX_RULES, check, days_of, new_rule, settle
from actors.runtime.restores import UNREADABLE, ArchivedRow, Rows
from actors.runtime.room import Now, TheBus, Transaction, Who
from contracts.message import Invalid, NotFound
from contracts.reminders import ReminderKind, ReminderWords, SmartMode, local_time
from contracts.restores import RestoreReminders, RowsRestored, own_id
from storage import restores
from storage.reminders import habits, rules
from storage.reminders.tables import rules as kept_rules

MINUTES = 24 * 60

Minute = Annotated[int, Field(ge=0, lt=MINUTES, strict=True)]
"""A time of day, in minutes."""


class ArchivedReminder(ArchivedRow):
    """A reminder; what it has learned is learned anew."""

    id: UUID
    habit_id: UUID | None
    kind: ReminderKind
    text: str
    times: Annotated[tuple[Minute, ...], Field(min_length=1, max_length=12)]
    weekdays: Annotated[int, Field(ge=1, le=127, strict=True)]
    streak: int
    after_days: int
    mode: SmartMode
    unless_written: bool
    channels: tuple[str, ...] | None
    enabled: bool
    created_at: AwareDatetime

    def words(self) -> ReminderWords:
        """Return what was asked for. Raises `ValueError`, refuses with `Invalid`."""
        said = self.model_dump(exclude={"id", "created_at", "times", "weekdays"})
        times = {"times": tuple(map(local_time, self.times)), "weekdays": days_of(self.weekdays)}
        words = ReminderWords.model_validate(said | times)
        check(words)
        return words


@room.answer
async def restore_rows(
    command: RestoreReminders, who: Who, tx: Transaction, bus: TheBus, now: Now
) -> RowsRestored:
    """Bring reminders back."""
    if command.section != "reminders":
        raise NotFound("section_not_found", "There is no section of this name here.")
    person = await people.person_of(tx, bus, who)
    read = Rows(ArchivedReminder, command.rows)
    found = list(read.each(_checked))
    own = await restores.own(tx, kept_rules, who.user_id, [one.id for one in found])
    known = await habits.find_all(tx, who.user_id)
    restored = there = 0
    count = await rules.count(tx, who.user_id)
    for one in found:
        here = one.id if one.id in own else own_id(who.user_id, one.id)
        if here in own or await rules.find(tx, who.user_id, here) is not None:
            there += 1
            continue
        if count + restored >= MAX_RULES:
            read.refused["too_many_reminders"] += 1
            continue
        habit_id = one.habit_id
        if habit_id is not None and habit_id not in known:
            habit_id = own_id(who.user_id, habit_id)
            await people.habit_of(tx, bus, who, habit_id)
        row = new_rule(here, who.user_id, habit_id, one.words(), one.created_at)
        await rules.add(tx, who.user_id, row)
        await settle(tx, person, row)
        restored += 1
    return read.account(restored=restored, there=there)


def _checked(one: ArchivedReminder) -> None:
    """Refuse what could not have been asked for."""
    try:
        one.words()
    except ValueError:
        raise Invalid(UNREADABLE, "This is no reminder.") from None
