"""What a rule proposes, and why it comes when it does: asked for by its owner."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import explaining, learning, rules
from actors.reminders.aiming import never_because, today
from actors.reminders.smart import Habitual, learned_of
from contracts.message import Conflict
from contracts.principal import Principal
from contracts.reminder_proposals import ExplainReminder, GetProposal, Proposal, Why
from contracts.reminders import Reminder
from storage.reminders import rules as kept
from storage.reminders.copies import PersonRow
from storage.reminders.rules import FireRow, RuleRow


def _smart(row: RuleRow) -> None:
    """Refuse to propose times for a rule that does not learn."""
    if row.kind != "smart":
        raise Conflict("reminder_not_smart", "Only a smart reminder learns and proposes times.")


async def propose(tx: AsyncConnection, who: Principal, query: GetProposal) -> Proposal:
    """Say which times a smart rule proposes, and why."""
    person, row = await rules.find(tx, who.user_id, query.reminder_id)
    _smart(row)
    days = await learning.study(tx, person, row)
    words = explaining.usual_week(query.language or person.language, days)
    return Proposal(reminder_id=row.id, days=tuple(map(learning.shown, days)), words=words)


async def accept(tx: AsyncConnection, who: Principal, rule_id: UUID) -> Reminder:
    """Let a smart rule go by what it proposes now."""
    person, row = await rules.found(tx, who.user_id, rule_id)
    _smart(row)
    learned = learned_of(await learning.study(tx, person, row))
    if not any(one is not None for one in learned):
        text = "There is nothing to accept yet: it has not learned a usual time."
        raise Conflict("proposal_empty", text)
    return await rules.settle(tx, person, row._replace(learned=learned, version=row.version + 1))


async def explain(tx: AsyncConnection, who: Principal, query: ExplainReminder) -> Why:
    """Say why a rule comes when it does."""
    person, row = await rules.find(tx, who.user_id, query.reminder_id)
    habit = await rules.habit(tx, row)
    history = await kept.history(tx, who.user_id, row.id, 1)
    last = history[0] if history else None
    learned = await _learned(tx, person, row, last) if row.kind == "smart" else None
    never = None
    if row.next_fire_at is None:
        never = never_because(row, habit, today(person, datetime.now(UTC)))
    name = habit.name if habit else ""
    return Why(
        reminder_id=row.id,
        words=explaining.why(query.language or person.language, row, name, never, learned, last),
        next_at=row.next_fire_at,
        usual=learning.shown(learned) if learned else None,
    )


async def _learned(
    tx: AsyncConnection, person: PersonRow, row: RuleRow, last: FireRow | None
) -> Habitual:
    """Return what is usual on the day that a rule came last, else on the day that it comes."""
    now = datetime.now(UTC)
    day = last.day if last is not None else today(person, row.next_fire_at or now)
    return (await learning.study(tx, person, row))[day.weekday()]
