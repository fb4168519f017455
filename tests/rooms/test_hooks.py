"""Hooks over a bus: what a press does by the measure of a habit, once for a key, and until when."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from contracts.check_ins import CheckedIn, GetHistory, ListCheckIns
from contracts.habits import DeleteHabit, RestoreHabit
from contracts.hooks import (
    MAX_HOOKS,
    CreateHook,
    ListHooks,
    LookAtHook,
    MadeHook,
    RevokeHook,
    UseHook,
)
from contracts.users import ChangeUser, CreateProfile, DeleteMe
from tests.rooms.people import ADMIN, Carry, code_of
from tests.rooms.tracking import TODAY, Tracker

pytestmark = pytest.mark.asyncio


async def hook(owner: Tracker, **habit: object) -> MadeHook:
    begun = await owner.begin(**habit)  # type: ignore[arg-type]
    return await owner.ask(CreateHook(habit_id=begun.habit_id, name="Door"))


async def use(
    owner: Tracker, made: MadeHook, by: float | None = None, key: str | None = None
) -> CheckedIn:
    """Press the button, as somebody of whom nothing is known but the secret."""
    return await owner.bus.ask(UseHook(secret=made.secret, by=by, key=key))


GLASSES: dict[str, Any] = {"measure": "count", "target": {"value": 8}}
WATER: dict[str, Any] = {"measure": "amount", "unit": "ml", "target": {"value": 500}}
RUN: dict[str, Any] = {"measure": "duration", "target": {"value": 1800}}


@pytest.mark.parametrize(
    ("habit", "presses", "says"),
    [
        ({}, (None, None), (1.0, "done")),
        (GLASSES, (None,), (1.0, "partial")),
        (GLASSES, (None, None, 5.0, -1.0), (6.0, "partial")),
        (WATER, (None,), (500.0, "done")),
        (WATER, (None, None), (500.0, "done")),
        (WATER, (250.0, 400.0, None), (650.0, "done")),
        (WATER, (100.0, None), (500.0, "done")),
        (RUN, (None,), (1800.0, "done")),
        ({"kind": "quit"}, (None,), (1.0, "failed")),
    ],
)
async def test_a_press_does_what_the_measure_says(
    ann: Tracker, habit: dict[str, Any], presses: tuple[float | None, ...], says: tuple[float, str]
) -> None:
    made = await hook(ann, **habit)
    for by in presses:
        stands = await use(ann, made, by)
    assert (stands.day, stands.value, stands.state) == (TODAY, *says)
    logged = await ann.ask(ListCheckIns(habit_id=made.made.habit_id))
    assert [(one.value, one.state, one.source) for one in logged.check_ins] == [(*says, "hook")]
    changes = (await ann.ask(GetHistory(habit_id=made.made.habit_id))).changes
    assert {(one.source, one.made_by) for one in changes} == {("hook", "hook")}


async def test_what_only_a_number_tells_needs_one(ann: Tracker) -> None:
    made = await hook(ann, measure="amount", unit="km")
    assert await code_of(use(ann, made)) == "value_missing"
    assert (await ann.bus.ask(LookAtHook(secret=made.secret))).number
    assert (await use(ann, made, 7.5)).value == 7.5


async def test_a_press_keeps_the_note_and_ends_a_skip(ann: Tracker) -> None:
    made = await hook(ann)
    await ann.log(made.made.habit_id, state="skipped", note="ill")
    stands = await use(ann, made)
    assert (stands.state, stands.note) == ("done", "ill")


async def test_a_key_takes_effect_once(ann: Tracker) -> None:
    made, other = await hook(ann, **GLASSES), await hook(ann, name="Other", **GLASSES)
    answers = [await use(ann, made, key="press-1") for _ in range(3)]
    assert {one.value for one in answers} == {1.0}
    assert await code_of(use(ann, made, 2.0, key="press-1")) == "key_reused"
    assert (await use(ann, made, key="press-2")).value == 2.0
    elsewhere = await use(ann, other, key="press-1")
    assert (elsewhere.habit_id, elsewhere.value) == (other.made.habit_id, 1.0)
    codes = await asyncio.gather(*(code_of(use(ann, made, key="at-once")) for _ in range(8)))
    assert set(codes) <= {"", "in_progress"}
    assert (await use(ann, made, key="at-once")).value == 3.0


async def test_looking_changes_nothing(ann: Tracker) -> None:
    made = await hook(ann, **GLASSES)
    await use(ann, made)
    for _ in range(3):
        shown = await ann.bus.ask(LookAtHook(secret=made.secret))
    assert (shown.habit, shown.day, shown.adds, shown.number) == ("Read", TODAY, True, False)
    assert shown.logged is not None
    assert shown.logged.value == 1.0


async def test_last_use_is_told_and_the_secret_is_not(
    ann: Tracker, clock: time_machine.Traveller
) -> None:
    made = await hook(ann)
    listing = ListHooks(habit_id=made.made.habit_id)
    assert made.secret not in repr(made)
    assert [one.used_at for one in (await ann.ask(listing)).hooks] == [None]
    clock.shift(timedelta(minutes=5))
    await use(ann, made)
    (shown,) = (await ann.ask(listing)).hooks
    assert (shown.hook_id, shown.name) == (made.made.hook_id, "Door")
    assert shown.used_at is not None
    assert shown.used_at - shown.created_at >= timedelta(minutes=5)
    async with ann.engine.begin() as tx:
        for table in ("habits.hooks", "bus.answers", "bus.outbox"):
            rows = (await tx.execute(text(f"SELECT t::text FROM {table} t"))).scalars()
            assert not any(made.secret in row for row in rows), table


async def test_a_hook_is_its_owner_s(ann: Tracker, bob: Tracker) -> None:
    made = await hook(ann)
    of, its = made.made.habit_id, made.made.hook_id
    assert await code_of(bob.ask(CreateHook(habit_id=of))) == "habit_not_found"
    assert await code_of(bob.ask(ListHooks(habit_id=of))) == "habit_not_found"
    assert await code_of(bob.ask(RevokeHook(habit_id=of, hook_id=its))) == "hook_not_found"
    await use(ann, made)
    await ann.ask(RevokeHook(habit_id=of, hook_id=its))
    assert await code_of(use(ann, made)) == "hook_unknown"
    assert await code_of(ann.bus.ask(LookAtHook(secret=made.secret))) == "hook_unknown"
    assert await code_of(use(ann, made.model_copy(update={"secret": "A" * 43}))) == "hook_unknown"


async def test_a_habit_has_so_many_hooks(ann: Tracker) -> None:
    made = await hook(ann)
    more = CreateHook(habit_id=made.made.habit_id)
    for _ in range(MAX_HOOKS - 1):
        await ann.ask(more)
    assert await code_of(ann.ask(more)) == "too_many_hooks"


async def test_a_hook_of_a_habit_in_the_bin_waits_with_it(ann: Tracker) -> None:
    made = await hook(ann)
    await ann.ask(DeleteHabit(habit_id=made.made.habit_id))
    assert await code_of(use(ann, made)) == "hook_unknown"
    assert await code_of(ann.bus.ask(LookAtHook(secret=made.secret))) == "hook_unknown"
    await ann.ask(RestoreHabit(habit_id=made.made.habit_id))
    assert (await use(ann, made)).state == "done"
    await ann.ask(DeleteHabit(habit_id=made.made.habit_id, forever=True))
    async with ann.engine.begin() as tx:
        assert (await tx.execute(text("SELECT * FROM habits.hooks"))).all() == []


async def test_a_hook_of_who_is_disabled_or_gone_is_unknown(ann: Tracker, carry: Carry) -> None:
    made = await hook(ann)
    await ann.ask(CreateProfile(email="hooks@example.org"))
    await use(ann, made)
    await carry()
    await ann.bus.ask(ChangeUser(user_id=ann.who.user_id, disabled=True), ADMIN)
    await carry()
    assert await code_of(use(ann, made)) == "hook_unknown"
    await ann.bus.ask(ChangeUser(user_id=ann.who.user_id, disabled=False), ADMIN)
    await carry()
    await use(ann, made)
    await ann.ask(DeleteMe())
    await carry()
    assert await code_of(use(ann, made)) == "hook_unknown"
    async with ann.engine.begin() as tx:
        assert (await tx.execute(text("SELECT * FROM habits.hooks"))).all() == []
