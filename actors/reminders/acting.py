"""What links in mails do: looking changes nothing, pressing acts once.

Whoever holds the token acts for the person whom it names, for its one purpose; nothing about the
account is told but the name of the habit.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import rules, settings
from actors.reminders.links import Claim, read
from contracts.deliveries import ActOnLink, Link
from contracts.mails import HabitMarked
from contracts.message import Gone, NotFound
from contracts.reminders import Snooze
from storage.outbox import tell
from storage.reminders import copies, links
from storage.reminders import rules as kept
from storage.reminders.copies import HabitRow

HOUR = 60
"""Minutes of a snooze that names none."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that was read, with what it is about."""

    claim: Claim
    link_id: UUID
    link: Link


async def look(tx: AsyncConnection, token: str) -> Link:
    """Say what a link is for. Refuses with `NotFound` or `Gone`."""
    return (await _open(tx, token)).link


async def act(tx: AsyncConnection, command: ActOnLink) -> Link:
    """Do what a link is for; the second time nothing."""
    opened = await _open(tx, command.token)
    claim = opened.claim
    if claim.expires_at is None or not await links.use(
        tx, claim.user_id, opened.link_id, claim.expires_at
    ):
        return opened.link.model_copy(update={"used": True})
    if claim.purpose == "unsubscribe" and claim.every is not None:
        await settings.stop_digest(tx, claim.user_id, claim.every)
    elif claim.purpose == "snooze":
        await _snooze(tx, claim, command)
    elif claim.habit_id is not None and claim.day is not None:
        done = claim.purpose == "done"
        marked = HabitMarked(
            user_id=claim.user_id,
            habit_id=claim.habit_id,
            day=claim.day,
            state="done" if done else "skipped",
            value=command.value if done and opened.link.number else None,
        )
        await tell(tx, marked)
    return opened.link


async def _open(tx: AsyncConnection, token: str) -> Opened:
    claim = read(token, await links.signing_key(tx))
    person = await copies.find_person(tx, claim.user_id)
    if person is None or claim.link_id is None:
        raise _void()
    link = Link(
        purpose=claim.purpose,
        language=claim.language,
        day=claim.day,
        every=claim.every,
        used=await links.is_used(tx, claim.user_id, claim.link_id),
    )
    if claim.purpose == "snooze":
        if claim.reminder_id is None or not await kept.find(tx, claim.user_id, claim.reminder_id):
            raise _void()
    elif claim.purpose == "unsubscribe":
        return Opened(claim, claim.link_id, link)
    if claim.habit_id is not None:
        habit = (await copies.find_habits(tx, claim.user_id)).get(claim.habit_id)
        if habit is None or habit.deleted or habit.archived:
            raise _void()
        link = link.model_copy(update=_asked(habit, claim))
    return Opened(claim, claim.link_id, link)


def _asked(habit: HabitRow, claim: Claim) -> dict[str, object]:
    """Say what a habit asks for on a day, so that a page can ask for a number."""
    said: dict[str, object] = {"habit": habit.name}
    if habit.promise is None or claim.day is None or habit.measure == "yes_no":
        return said
    target = habit.promise.terms_on(claim.day).version.target
    usual = target.value if target is not None and target.per == "day" else None
    return {**said, "number": claim.purpose == "done", "unit": habit.unit, "usual": usual}


async def _snooze(tx: AsyncConnection, claim: Claim, command: ActOnLink) -> None:
    if claim.reminder_id is None:
        raise _void()
    minutes = None if command.until is not None else command.minutes or HOUR
    said = Snooze(minutes=minutes, until=command.until)
    try:
        await rules.snooze(tx, claim.user_id, claim.reminder_id, said)
    except NotFound:
        raise _void() from None


def _void() -> Gone:
    return Gone("link_void", "What this link was for is not there any more.")
