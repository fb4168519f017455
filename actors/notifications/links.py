"""What links in mails do: looking changes nothing, pressing acts once.

Whoever holds the token acts for the person whom it names, for its one purpose; nothing about the
account is told but the name of the habit and what is logged for the day of the mail.

What a link is for lies in other rooms, which are asked on the person's behalf and answer what came
of it; if they cannot be reached, nothing was done and the link stays good.
"""

from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.notifications.link_token import Claim, read
from actors.notifications.people import is_gone
from actors.notifications.room import room
from actors.runtime.delegation import RoomBus
from actors.runtime.room import TheBus, Transaction
from contracts.links import ActOnLink, Link, LookAtLink
from contracts.marks import LookAtMark, MarkDay, Marked, WithdrawMark
from contracts.message import Command, Gone, NotFound
from contracts.reminder_notices import DescribeReminder
from contracts.reminder_settings import StopDigest
from contracts.reminders import GiveFeedback, SnoozeReminder
from storage.notifications import links
from storage.outbox import tell

HOUR = 60
"""Minutes of a snooze that names none."""


@room.answer
async def look_at_link(query: LookAtLink, tx: Transaction, bus: TheBus) -> Link:
    """Say what a link is for."""
    return await _opened(tx, bus, await _claim(tx, query.token))


@room.answer
async def act_on_link(command: ActOnLink, tx: Transaction, bus: TheBus) -> Link:
    """Do what a link is for; the second time nothing."""
    claim = await _claim(tx, command.token)
    link = await _opened(tx, bus, claim)
    if claim.purpose == "done" or claim.purpose == "skip":
        marked = await _mark(bus, claim, link, command)
        said = {"logged": marked.logged, "wanted": marked.wanted, "outcome": marked.outcome}
        return link.model_copy(update={**said, "used": marked.outcome == "as_it_was"})
    if (
        claim.link_id is None
        or claim.expires_at is None
        or not await links.use(tx, claim.user_id, claim.link_id, claim.expires_at)
    ):
        return link.model_copy(update={"used": True, "outcome": "as_it_was"})
    if claim.purpose == "unsubscribe" and claim.every is not None:
        await tell(tx, StopDigest(user_id=claim.user_id, every=claim.every))
    else:
        await _obey(bus, claim, command, claim.link_id.hex)
    return link.model_copy(update={"outcome": "done"})


async def _mark(bus: RoomBus, claim: Claim, link: Link, command: ActOnLink) -> Marked:
    """Have a day logged, or have that taken back, as the person whose link it is."""
    habit_id, day = _marked(claim)
    asked: Command[Marked] = WithdrawMark(habit_id=habit_id, day=day)
    if not command.undo:
        value = command.value if link.number else None
        asked = MarkDay(
            habit_id=habit_id,
            day=day,
            state=_state(claim),
            value=value,
            replaces=command.replaces,
        )
    try:
        return await bus.ask(asked, on_behalf_of=claim.user_id)
    except NotFound:
        raise _void() from None


async def _obey(bus: RoomBus, claim: Claim, command: ActOnLink, key: str) -> None:
    """Have reminders do what a link is for.

    It is asked under a `key` of the link's own: should our transaction be lost, and the link be
    pressed again, it is not done twice.
    """
    who = claim.user_id
    if claim.reminder_id is None:
        raise _void()
    try:
        if claim.purpose == "snooze":
            minutes = None if command.until is not None else command.minutes or HOUR
            snooze = SnoozeReminder(
                reminder_id=claim.reminder_id, minutes=minutes, until=command.until, about=claim.day
            )
            await bus.ask(snooze, on_behalf_of=who, idempotency_key=key)
        elif claim.purpose in ("earlier", "later", "never"):
            said = GiveFeedback(reminder_id=claim.reminder_id, feedback=claim.purpose)
            await bus.ask(said, on_behalf_of=who, idempotency_key=key)
    except NotFound:
        raise _void() from None


# -- opening --------------------------------------------------------------------------------------


async def _claim(tx: AsyncConnection, token: str) -> Claim:
    """Read a token of somebody who is not gone."""
    claim = read(token, await links.signing_key(tx))
    if await is_gone(tx, claim.user_id):
        raise _void()
    return claim


async def _opened(tx: AsyncConnection, bus: RoomBus, claim: Claim) -> Link:
    """Say what a token is for. Refuses as `LookAtLink` does."""
    link = Link(purpose=claim.purpose, language=claim.language, day=claim.day, every=claim.every)
    try:
        if claim.purpose == "done" or claim.purpose == "skip":
            return link.model_copy(update=await _day(bus, claim))
        if claim.purpose != "unsubscribe":
            link = link.model_copy(update={"habit": await _reminder(bus, claim)})
    except NotFound:
        raise _void() from None
    used = claim.link_id is not None and await links.is_used(tx, claim.user_id, claim.link_id)
    return link.model_copy(update={"used": used})


async def _day(bus: RoomBus, claim: Claim) -> dict[str, object]:
    """Say what a habit asks for on a day, and what is logged, so that a page can ask."""
    habit_id, day = _marked(claim)
    asked = LookAtMark(habit_id=habit_id, day=day, state=_state(claim))
    seen = await bus.ask(asked, on_behalf_of=claim.user_id)
    if seen.archived:
        raise _void()
    logged, wanted = seen.logged, seen.wanted
    used = logged is not None and wanted is not None and logged.state == wanted.state
    return {name: value for name, value in seen if name != "archived"} | {"used": used}


async def _reminder(bus: RoomBus, claim: Claim) -> str:
    """Name what a reminder is about: its habit, else its own text."""
    if claim.reminder_id is None:
        raise _void()
    asked = DescribeReminder(reminder_id=claim.reminder_id, day=claim.day)
    said = await bus.ask(asked, on_behalf_of=claim.user_id)
    if said.void:
        raise _void()
    return said.habit or said.text


def _marked(claim: Claim) -> tuple[UUID, date]:
    """Return the habit and the day that a link marks."""
    if claim.habit_id is None or claim.day is None:
        raise _void()
    return claim.habit_id, claim.day


def _state(claim: Claim) -> Literal["done", "skipped"]:
    """Return what a link marks a day as."""
    return "skipped" if claim.purpose == "skip" else "done"


def _void() -> Gone:
    return Gone("link_void", "What this link was for is not there any more.")
