"""Habits: begun, changed, shown, listed and put in order, with their tags."""

from typing import Annotated
from uuid import UUID

import structlog
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits import plans
from actors.habits.days import (
    person_of,
    today_of,
)
from actors.habits.room import room
from actors.habits.rows import facts_of, no_habit
from actors.habits.settlement import days_of, worked_out
from actors.habits.views import habit_of
from actors.runtime.room import TheBus, Transaction, Who
from contracts.bus import Bus, deadline_in
from contracts.habit import Habit
from contracts.habits import (
    CreateHabit,
    GetHabit,
    Habits,
    ListHabits,
    ListTags,
    ReorderHabits,
    ReorderTags,
    TagCount,
    TagCounts,
    UpdateHabit,
)
from contracts.message import Done, Refused, check_version
from contracts.page import Cursors
from contracts.principal import Principal
from contracts.reminders import NoteCue
from storage import check_ins, habits, tags
from storage.habits import HabitRow
from storage.outbox import tell

log = structlog.get_logger()

PATIENCE = 1.0
"""Seconds that a change of a habit waits for the reminders room, at most."""

CURSORS = Cursors(TypeAdapter(tuple[Annotated[int, Field(ge=-1, lt=2**31)], UUID]))
"""Cursors of lists of habits: position and id of the last one."""


@room.answer
async def create_habit(command: CreateHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Begin a habit."""
    person = await person_of(tx, bus, who, stay=True)
    row, fact = await plans.create(tx, who, command, person, today_of(person))
    await tell(tx, fact)
    return await shown(tx, bus, who, row.id)


@room.answer
async def update_habit(command: UpdateHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Change a habit; a new schedule or target never rewrites the past."""
    row = await found(tx, who, command.habit_id, command.expected_version)
    person = await person_of(tx, bus, who)
    await tell(tx, *await plans.update(tx, who, row, command, person, today_of(person)))
    if command.cue is not None and command.cue != row.cue:
        await _pass_on(bus, who, row.id, command.cue)
    return await shown(tx, bus, who, row.id)


async def _pass_on(bus: Bus, who: Principal, habit_id: UUID, cue: str) -> None:
    """Let the mails of a habit show its new cue; where that does not work, they show the old."""
    try:
        command = NoteCue(habit_id=habit_id, cue=cue)
        await bus.ask(command, who, deadline=deadline_in(PATIENCE))
    except Refused as no:
        log.info("cue not passed on", habit=str(habit_id), why=no.code)


@room.answer
async def get_habit(query: GetHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Show one habit."""
    return await shown(tx, bus, who, query.habit_id)


@room.answer
async def list_habits(query: ListHabits, who: Who, tx: Transaction, bus: TheBus) -> Habits:
    """Show a page of habits."""
    after = CURSORS.read(query.cursor) or (-1, UUID(int=0))
    rows = await check_ins.load_page(
        tx,
        who.user_id,
        archived=None if query.deleted else query.archived,
        tag=query.tag,
        binned=query.deleted,
        after=after,
        size=query.limit + 1,
    )
    today = today_of(await person_of(tx, bus, who))
    page = rows[: query.limit]
    last = page[-1].habit if len(rows) > query.limit else None
    every = await worked_out(
        days_of(page, today), lambda: tuple(habit_of(one, today) for one in page)
    )
    more = CURSORS.write((last.position, last.id)) if last else None
    return Habits(habits=every, next=more)


@room.answer
async def reorder_habits(command: ReorderHabits, who: Who, tx: Transaction) -> Done:
    """Put some habits first. Those in the bin move with the others, and cannot be named."""
    locked = await habits.find_all(tx, who.user_id, binned=True)
    mine = {row.id for row in locked if row.binned_at is None}
    for habit_id in command.habit_ids:
        if habit_id not in mine:
            raise no_habit(habit_id)
    moved = await habits.order(tx, who.user_id, command.habit_ids)
    now = await habits.find_some(tx, who.user_id, moved, binned=True)
    await tell(tx, *(fact for row in now.values() for fact in facts_of(row, row)))
    return Done()


@room.answer
async def reorder_tags(command: ReorderTags, who: Who, tx: Transaction, bus: TheBus) -> Done:
    """Put some tags first."""
    await person_of(tx, bus, who, stay=True)
    await tags.order(tx, who.user_id, command.tags)
    return Done()


@room.answer
async def list_tags(query: ListTags, who: Who, tx: Transaction) -> TagCounts:
    """Show the tags in use."""
    counts = await tags.counted(tx, who.user_id)
    return TagCounts(tags=tuple(TagCount(tag=tag, habits=count) for tag, count in counts))


async def found(
    tx: AsyncConnection,
    who: Principal,
    habit_id: UUID,
    expected_version: int | None,
    *,
    lock: bool = True,
) -> HabitRow:
    """Return a habit of the caller's, at the version that they expect."""
    row = await habits.find(tx, who.user_id, habit_id, lock=lock)
    if row is None:
        raise no_habit(habit_id)
    check_version(row.edition, expected_version)
    return row


async def shown(tx: AsyncConnection, bus: Bus, who: Principal, habit_id: UUID) -> Habit:
    """Show a habit as it stands today. Refuses with `NotFound`."""
    loaded = await check_ins.load(tx, who.user_id, habit_id)
    if loaded is None:
        raise no_habit(habit_id)
    today = today_of(await person_of(tx, bus, who, loaded.person))
    return await worked_out(days_of([loaded], today), lambda: habit_of(loaded, today))
