"""What links in mails do: looking changes nothing, pressing acts once.

Whoever holds the token acts for the person whom it names, for its one purpose; nothing about the
account is told but the name of the habit and what is logged for the day of the mail.

A day is logged by the habits room, which is asked on the person's behalf and answers what came of
it; if it cannot be reached, nothing was done and the link stays good.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import rules, settings
from actors.reminders.links import Claim, read
from actors.runtime.delegation import RoomBus
from contracts.deliveries import ActOnLink, Link
from contracts.habit import number_of
from contracts.keeping.entry import Said, logged
from contracts.keeping.promise import Promise
from contracts.marks import Logged, MarkDay, Marked, WithdrawMark
from contracts.message import Gone, Invalid, NotFound
from contracts.quantity import unit_of
from contracts.reminders import Snooze
from storage.reminders import copies, days, links
from storage.reminders import rules as kept
from storage.reminders.copies import HabitRow

HOUR = 60
"""Minutes of a snooze that names none."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that was read, with what it is about; `marks`: the habit whose day it logs."""

    claim: Claim
    link_id: UUID
    link: Link
    marks: HabitRow | None = None


async def look(tx: AsyncConnection, token: str) -> Link:
    """Say what a link is for. Refuses with `NotFound` or `Gone`."""
    return (await _open(tx, token)).link


async def act(tx: AsyncConnection, bus: RoomBus, command: ActOnLink) -> Link:
    """Do what a link is for; the second time nothing."""
    opened = await _open(tx, command.token)
    claim, link = opened.claim, opened.link
    if opened.marks is not None and claim.day is not None:
        marked = await _mark(bus, claim.user_id, opened.marks.habit_id, claim.day, link, command)
        said = {"logged": marked.logged, "wanted": marked.wanted, "outcome": marked.outcome}
        return link.model_copy(update={**said, "used": marked.outcome == "as_it_was"})
    if claim.expires_at is None or not await links.use(
        tx, claim.user_id, opened.link_id, claim.expires_at
    ):
        return link.model_copy(update={"used": True, "outcome": "as_it_was"})
    if claim.purpose == "unsubscribe" and claim.every is not None:
        await settings.stop_digest(tx, claim.user_id, claim.every)
    elif claim.purpose == "snooze":
        await _snooze(tx, claim, command)
    elif claim.reminder_id is not None and claim.purpose in ("earlier", "later", "never"):
        await _feed_back(tx, claim)
    return link.model_copy(update={"outcome": "done"})


# -- days -----------------------------------------------------------------------------------------


async def _mark(
    bus: RoomBus, user_id: UUID, habit_id: UUID, day: date, link: Link, command: ActOnLink
) -> Marked:
    """Have a day logged, or have that taken back, as the person whose link it is."""
    try:
        if command.undo:
            return await bus.ask(WithdrawMark(habit_id=habit_id, day=day), on_behalf_of=user_id)
        mark = MarkDay(
            habit_id=habit_id,
            day=day,
            state="done" if link.purpose == "done" else "skipped",
            value=command.value if link.number else None,
            replaces=command.replaces,
        )
        return await bus.ask(mark, on_behalf_of=user_id)
    except NotFound:
        raise _void() from None


def _promise(habit: HabitRow) -> Promise:
    if habit.promise is None:
        raise _void()
    return habit.promise


def _wanted(promise: Promise, day: date, link: Link) -> Said:
    """Say what a link makes of a day if no value is given. Refuses with `Invalid`."""
    return logged(promise, day, None, "skipped" if link.purpose == "skip" else "done")


def _shown(said: Said) -> Logged:
    return Logged(value=number_of(said.value), state=said.state)


# -- opening --------------------------------------------------------------------------------------


async def _open(tx: AsyncConnection, token: str) -> Opened:
    claim = read(token, await links.signing_key(tx))
    person = await copies.find_person(tx, claim.user_id)
    if person is None or claim.link_id is None:
        raise _void()
    marks = claim.purpose in ("done", "skip")
    link = Link(
        purpose=claim.purpose,
        language=claim.language,
        day=claim.day,
        every=claim.every,
        used=not marks and await links.is_used(tx, claim.user_id, claim.link_id),
    )
    if claim.purpose == "unsubscribe":
        return Opened(claim, claim.link_id, link)
    if not marks:
        rule = await kept.find(tx, claim.user_id, claim.reminder_id) if claim.reminder_id else None
        if rule is None:
            raise _void()
        link = link.model_copy(update={"habit": rule.text})
    if claim.habit_id is None:
        return Opened(claim, claim.link_id, link)
    habit = (await copies.find_habits(tx, claim.user_id)).get(claim.habit_id)
    if habit is None or habit.gone or habit.archived:
        raise _void()
    link = link.model_copy(update={"habit": habit.name})
    if not marks or claim.day is None:
        return Opened(claim, claim.link_id, link)
    link = await _with_day(tx, claim.user_id, habit, claim.day, link)
    return Opened(claim, claim.link_id, link, habit)


async def _with_day(
    tx: AsyncConnection, user_id: UUID, habit: HabitRow, day: date, link: Link
) -> Link:
    """Say what a habit asks for on a day, and what is logged, so that a page can ask."""
    promise = _promise(habit)
    terms, measure = promise.terms_on(day), promise.measure
    target = terms.version.target
    plain = target is not None and target.per == "day" and not terms.at_most
    row, seen = await days.find_day(tx, user_id, habit.habit_id, day), None
    if row is not None:
        state = "skipped" if row.state == "skipped" else terms.judge(row.value)
        seen = Said(row.value, state)
    try:
        wanted = _wanted(promise, day, link)
    except Invalid:
        wanted = None
    said: dict[str, object] = {
        "number": measure != "yes_no" and link.purpose == "done",
        "measure": measure,
        "unit": unit_of(measure, habit.unit),
        "usual": target.value if target is not None and plain else None,
        "logged": _shown(seen) if seen else None,
        "wanted": _shown(wanted) if wanted else None,
        "used": seen is not None and wanted is not None and seen.state == wanted.state,
    }
    return link.model_copy(update=said)


# -- reminders ------------------------------------------------------------------------------------


async def _snooze(tx: AsyncConnection, claim: Claim, command: ActOnLink) -> None:
    if claim.reminder_id is None:
        raise _void()
    minutes = None if command.until is not None else command.minutes or HOUR
    said = Snooze(minutes=minutes, until=command.until)
    try:
        await rules.snooze(tx, claim.user_id, claim.reminder_id, said, claim.day)
    except NotFound:
        raise _void() from None


async def _feed_back(tx: AsyncConnection, claim: Claim) -> None:
    """Move a reminder, or switch it off, as the link says."""
    if claim.reminder_id is None or claim.purpose not in ("earlier", "later", "never"):
        raise _void()
    try:
        await rules.obey(tx, claim.user_id, claim.reminder_id, claim.purpose)
    except NotFound:
        raise _void() from None


def _void() -> Gone:
    return Gone("link_void", "What this link was for is not there any more.")
