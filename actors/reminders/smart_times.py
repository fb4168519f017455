"""What a smart rule proposes, why a rule comes when it does, and learning anew."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import learned_times, rules, texts
from actors.reminders.next_fire import life_of, never_because, today
from actors.reminders.room import room
from actors.reminders.usual_time import Habitual, learned_of
from actors.runtime.room import Now, Transaction, Who
from contracts.message import Conflict
from contracts.reminder_proposals import (
    AcceptProposal,
    ExplainReminder,
    GetProposal,
    Proposal,
    Why,
)
from contracts.reminders import Reminder
from storage.reminders import claims
from storage.reminders import rules as kept
from storage.reminders.people import RemindedPerson
from storage.reminders.rules import FireRow, RuleRow

LEARNED = 50
"""Smart rules that learn in one transaction."""


def _smart(row: RuleRow) -> None:
    """Refuse to propose times for a rule that does not learn."""
    if row.kind != "smart":
        raise Conflict("reminder_not_smart", "Only a smart reminder learns and proposes times.")


@room.answer
async def get_proposal(query: GetProposal, who: Who, tx: Transaction) -> Proposal:
    """Say which times a smart rule proposes, and why."""
    person, row = await rules.find(tx, who.user_id, query.reminder_id)
    _smart(row)
    days = await learned_times.study(tx, person, row)
    words = texts.usual_week(query.language or person.language, days)
    return Proposal(reminder_id=row.id, days=tuple(map(learned_times.shown, days)), words=words)


@room.answer
async def accept_proposal(command: AcceptProposal, who: Who, tx: Transaction) -> Reminder:
    """Let a smart rule go by what it proposes now."""
    person, row = await rules.found(tx, who.user_id, command.reminder_id)
    _smart(row)
    learned = learned_of(await learned_times.study(tx, person, row))
    if not any(one is not None for one in learned):
        text = "There is nothing to accept yet: it has not learned a usual time."
        raise Conflict("proposal_empty", text)
    return await rules.settle(tx, person, row._replace(learned=learned, version=row.version + 1))


@room.answer
async def explain_reminder(query: ExplainReminder, who: Who, tx: Transaction, now: Now) -> Why:
    """Say why a rule comes when it does."""
    person, row = await rules.find(tx, who.user_id, query.reminder_id)
    habit = await rules.habit(tx, row)
    history = await kept.history(tx, who.user_id, row.id, 1)
    last = history[0] if history else None
    learned = await _learned(tx, person, row, last) if row.kind == "smart" else None
    never = None
    if row.next_fire_at is None:
        never = never_because(row, habit, today(person, now))
    name, language = habit.name if habit else "", query.language or person.language
    return Why(
        reminder_id=row.id,
        words=texts.why(language, row, name, never, learned, last, life_of(person).zone),
        next_at=row.next_fire_at,
        usual=learned_times.shown(learned) if learned else None,
    )


@room.tick("reminders.learn", every=60)
async def learn(tx: AsyncConnection) -> bool:
    """Let some smart rules that follow learn anew, each once a day; true if there may be more."""
    now = datetime.now(UTC)
    claimed = await claims.claim_smart(tx, now, LEARNED)
    await learned_times.follow(tx, claimed, now)
    return len(claimed) == LEARNED


async def _learned(
    tx: AsyncConnection, person: RemindedPerson, row: RuleRow, last: FireRow | None
) -> Habitual:
    """Return what is usual on the day that a rule came last, else on the day that it comes."""
    now = datetime.now(UTC)
    day = last.day if last is not None else today(person, row.next_fire_at or now)
    return (await learned_times.study(tx, person, row))[day.weekday()]
