"""Hooks: made, listed and revoked by their owner; used by whoever knows the secret."""

import hashlib
import secrets
from datetime import UTC, date, datetime
from functools import partial
from typing import cast

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.days import change_day, person_of, today_of
from actors.habits.decisions import Saying, addition
from actors.habits.room import room
from actors.habits.rows import judged, no_habit, promise_of
from actors.runtime.delegation import RoomBus
from actors.runtime.once import OnceKey, once
from actors.runtime.room import TheBus, Transaction, Who
from contracts.check_ins import CheckedIn
from contracts.habit import CheckInState, number_of
from contracts.hooks import (
    MAX_HOOKS,
    CreateHook,
    Hook,
    Hooks,
    HookShown,
    ListHooks,
    LookAtHook,
    MadeHook,
    RevokeHook,
    UseHook,
)
from contracts.keeping.entry import Said, logged, takes_away
from contracts.keeping.promise import Promise
from contracts.marks import Logged
from contracts.message import Conflict, Denied, Done, Invalid, NotFound, new_id
from contracts.principal import Principal
from contracts.quantity import unit_of
from storage import check_ins, habits, hooks
from storage.check_ins import CheckInRow
from storage.habits import HabitRow
from storage.hooks import HookRow

SOURCE = "hook"
"""The door through which a hook checks in, and who did it, as the history names them."""


@room.answer
async def create_hook(command: CreateHook, who: Who, tx: Transaction) -> MadeHook:
    """Make a hook; the only time that its secret is known here."""
    if await habits.find(tx, who.user_id, command.habit_id, lock=True) is None:
        raise no_habit(command.habit_id)
    if await hooks.count(tx, who.user_id, command.habit_id) >= MAX_HOOKS:
        raise Conflict(
            "too_many_hooks",
            "This habit has {most} hooks already; revoke one first.",
            most=MAX_HOOKS,
        )
    secret = secrets.token_urlsafe(32)
    row = HookRow(
        new_id(), who.user_id, command.habit_id, command.name, datetime.now(UTC), used_at=None
    )
    await hooks.add(tx, row, _digest(secret))
    return MadeHook(made=_shown(row), secret=secret)


@room.answer
async def list_hooks(query: ListHooks, who: Who, tx: Transaction) -> Hooks:
    """List the hooks of a habit."""
    if await habits.find(tx, who.user_id, query.habit_id) is None:
        raise no_habit(query.habit_id)
    rows = await hooks.list_of(tx, who.user_id, query.habit_id)
    return Hooks(hooks=tuple(map(_shown, rows)))


@room.answer
async def revoke_hook(command: RevokeHook, who: Who, tx: Transaction) -> Done:
    """End a hook: nobody remembers it elsewhere."""
    if not await hooks.revoke(tx, who.user_id, command.habit_id, command.hook_id):
        raise NotFound(
            "hook_not_found", "There is no hook {hook_id}.", hook_id=str(command.hook_id)
        )
    return Done()


@room.answer
async def look_at_hook(query: LookAtHook, tx: Transaction, bus: TheBus) -> HookShown:
    """Say what a hook checks in, and change nothing."""
    hook, owner = await _found(tx, bus, query.secret)
    row = await habits.find(tx, hook.user_id, hook.habit_id)
    if row is None:
        raise _unknown()
    today = today_of(await person_of(tx, bus, owner))
    promise = promise_of(row)
    entry = await check_ins.find(tx, row.id, today)
    seen = judged(promise, entry) if entry else None
    stands = None
    if seen is not None:
        stands = Logged(value=number_of(seen.value), state=cast(CheckInState, seen.state))
    return _laid_out(row, promise, today, stands)


@room.answer
async def use_hook(command: UseHook, tx: Transaction, bus: TheBus) -> CheckedIn:
    """Check in the habit of a hook, on behalf of its owner."""
    hook, owner = await _found(tx, bus, command.secret)
    use = partial(_use, tx, bus, owner, hook, command.by)
    if command.key is None:
        return await use()
    # The key is one of this hook: another one's stands beside it.
    key = OnceKey(hook.user_id, command.address, f"{hook.id} {command.key}")
    return await once(tx, key, partial(_summed, command), CheckedIn, use)


async def _summed(command: UseHook) -> bytes:
    """Sum up what is asked of a hook, beside which one it is."""
    return _digest(repr(command.by))


async def _use(
    tx: AsyncConnection, bus: RoomBus, owner: Principal, hook: HookRow, by: float | None
) -> CheckedIn:
    """Log the day, and note that the hook was used."""
    decide = press if by is None else addition(by)
    try:
        day = await change_day(tx, bus, owner, hook.habit_id, None, Saying(decide, SOURCE))
    except NotFound:
        raise _unknown() from None
    await hooks.note_use(tx, hook.id, datetime.now(UTC))
    return day


def press(promise: Promise, day: date, before: CheckInRow | None) -> CheckInRow | None:
    """Decide what the press of a button says: one more of what counts, else that it is done."""
    if _adds(promise, day):
        return addition(1.0)(promise, day, before)
    after = logged(promise, day, None, None)
    if before is not None:
        was = Said(before.value, cast(CheckInState, before.state))
        kept = was.state not in ("skipped", "failed")
        if kept and (was.state == after.state or takes_away(promise.terms_on(day), was, after)):
            return before
    return CheckInRow(day, after.value, after.state, before.note if before else "")


def _adds(promise: Promise, day: date) -> bool:
    """Tell whether a press adds one: to what counts, and to what is to be left out."""
    quits = promise.measure == "yes_no" and promise.terms_on(day).at_most
    return promise.measure == "count" or quits


def _laid_out(row: HabitRow, promise: Promise, today: date, stands: Logged | None) -> HookShown:
    """Show a hook, and whether it needs a number."""
    adds, number = _adds(promise, today), False
    if not adds:
        try:
            logged(promise, today, None, None)
        except Invalid:
            number = True
    return HookShown(
        habit=row.name,
        day=today,
        measure=promise.measure,
        unit=unit_of(promise.measure, row.unit),
        adds=adds,
        number=number,
        logged=stands,
    )


async def _found(tx: AsyncConnection, bus: RoomBus, secret: str) -> tuple[HookRow, Principal]:
    """Return a hook, and this room as it acts for its owner. Refuses with `NotFound`."""
    hook = await hooks.find(tx, _digest(secret))
    if hook is None:
        raise _unknown()
    try:
        owner = await bus.acting_for(hook.user_id)
    except Denied:
        raise _unknown() from None
    return hook, owner.model_copy(update={"service": SOURCE})


def _digest(text: str) -> bytes:
    """Return what is kept of a secret, or of a request: its SHA-256."""
    return hashlib.sha256(text.encode()).digest()


def _shown(row: HookRow) -> Hook:
    """Show a hook to its owner."""
    return Hook(
        hook_id=row.id,
        habit_id=row.habit_id,
        name=row.name,
        created_at=row.created_at,
        used_at=row.used_at,
    )


def _unknown() -> NotFound:
    """Refuse a hook, and do not say what is wrong with it."""
    return NotFound("hook_unknown", "This hook is not one of ours, or it was revoked.")
