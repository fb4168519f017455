"""What the habits room answers and hears: one short function a message."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits import (
    backfill,
    changes,
    check_in_batch,
    cues,
    hooks,
    imports,
    marks,
    plans,
    queries,
)
from actors.habits import bin as binned
from actors.habits.days import (
    change_day,
    person_of,
    stand,
    today_of,
)
from actors.habits.decisions import Saying, addition, entry, restoration
from actors.habits.facts import facts_of
from actors.habits.kept import entry_of, entry_row, no_habit
from actors.habits.room import room
from actors.habits.settlement import days_of, worked_out
from actors.habits.views import break_of, day_entry, habit_of, today_view
from actors.runtime.room import TheBus, Transaction, Who
from contracts.backfill import TellHabits
from contracts.breaks import (
    AddBreak,
    Break,
    BreakAdded,
    BreakRemoved,
    Breaks,
    ListBreaks,
    RemoveBreak,
    UpdateBreak,
)
from contracts.changes import Changes, ListChanges
from contracts.check_ins import (
    Change,
    CheckedIn,
    CheckIn,
    CheckIns,
    GetHistory,
    GetStreaks,
    GetToday,
    History,
    Increment,
    ListCheckIns,
    LogCheckIns,
    Outcomes,
    RemoveCheckIn,
    Streaks,
    Today,
    Undo,
)
from contracts.habit import Habit
from contracts.habits import (
    CreateHabit,
    DeleteHabit,
    GetHabit,
    Habits,
    ListHabits,
    ListTags,
    ReorderHabits,
    ReorderTags,
    RestoreHabit,
    TagCount,
    TagCounts,
    UpdateHabit,
)
from contracts.marks import (
    LogDay,
    LookAtMark,
    MarkDay,
    Marked,
    MarkShown,
    WithdrawDay,
    WithdrawMark,
)
from contracts.message import Done, NotFound, new_id
from contracts.page import read_id
from contracts.principal import Principal
from contracts.ranges import check_range
from contracts.time import FIRST_DAY, LAST_DAY
from contracts.users import UserDeleted
from storage import breaks, check_in_history, check_in_lists, check_ins, habits, idempotency, tags
from storage import changes as kept_changes
from storage import hooks as kept_hooks
from storage import imports as kept_imports
from storage.breaks import BreakRow
from storage.outbox import tell

__all__ = ("PARTS", "room")

PARTS = (hooks, imports)
"""The parts of the room that have their handlers with them."""

# -- habits ---------------------------------------------------------------------------------------


@room.answer
async def create_habit(command: CreateHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Begin a habit."""
    person = await person_of(tx, bus, who, stay=True)
    row, fact = await plans.create(tx, who, command, person, today_of(person))
    await tell(tx, fact)
    return await _shown(tx, bus, who, row.id)


@room.answer
async def update_habit(command: UpdateHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Change a habit; a new schedule or target never rewrites the past."""
    row = await plans.found(tx, who, command.habit_id, command.expected_version)
    person = await person_of(tx, bus, who)
    await tell(tx, *await plans.update(tx, who, row, command, person, today_of(person)))
    if command.cue is not None and command.cue != row.cue:
        await cues.pass_on(bus, who, row.id, command.cue)
    return await _shown(tx, bus, who, row.id)


@room.answer
async def delete_habit(command: DeleteHabit, who: Who, tx: Transaction) -> Done:
    """Put a habit into the bin, or delete it for good."""
    await binned.delete(tx, who, command)
    return Done()


@room.answer
async def restore_habit(command: RestoreHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Take a habit out of the bin."""
    await binned.restore(tx, who, command.habit_id)
    return await _shown(tx, bus, who, command.habit_id)


@room.tick("habits.purge", every="29 * * * *")
async def purge(tx: AsyncConnection) -> bool:
    """Delete for good what has been in the bin too long; tell whether there is more."""
    return await binned.purge(tx)


@room.answer
async def get_habit(query: GetHabit, who: Who, tx: Transaction, bus: TheBus) -> Habit:
    """Show one habit."""
    return await _shown(tx, bus, who, query.habit_id)


@room.answer
async def list_habits(query: ListHabits, who: Who, tx: Transaction, bus: TheBus) -> Habits:
    """Show a page of habits."""
    after = queries.HABITS.read(query.cursor) or (-1, UUID(int=0))
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
    shown = await worked_out(
        days_of(page, today), lambda: tuple(habit_of(one, today) for one in page)
    )
    more = queries.HABITS.write((last.position, last.id)) if last else None
    return Habits(habits=shown, next=more)


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
    found = await tags.counted(tx, who.user_id)
    return TagCounts(tags=tuple(TagCount(tag=tag, habits=count) for tag, count in found))


async def _shown(tx: Transaction, bus: TheBus, who: Who, habit_id: UUID) -> Habit:
    loaded = await check_ins.load(tx, who.user_id, habit_id)
    if loaded is None:
        raise no_habit(habit_id)
    today = today_of(await person_of(tx, bus, who, loaded.person))
    return await worked_out(days_of([loaded], today), lambda: habit_of(loaded, today))


# -- days -----------------------------------------------------------------------------------------


@room.answer
async def check_in(command: CheckIn, who: Who, tx: Transaction, bus: TheBus) -> CheckedIn:
    """Log a day; again replaces it."""
    decide = entry(command.value, command.state, command.note)
    saying = Saying(decide, command.source, command.at)
    return await change_day(tx, bus, who, command.habit_id, command.day, saying)


@room.answer
async def increment(command: Increment, who: Who, tx: Transaction, bus: TheBus) -> CheckedIn:
    """Add to the value of a day, or take away from it."""
    saying = Saying(addition(command.by), command.source)
    return await change_day(tx, bus, who, command.habit_id, command.day, saying)


@room.answer
async def log_check_ins(command: LogCheckIns, who: Who, tx: Transaction, bus: TheBus) -> Outcomes:
    """Log many days of many habits at once."""
    return await check_in_batch.log(tx, bus, who, command)


@room.answer
async def remove_check_in(
    command: RemoveCheckIn, who: Who, tx: Transaction, bus: TheBus
) -> CheckedIn:
    """Empty a day."""
    saying = Saying(lambda *_: None, command.source)
    return await change_day(tx, bus, who, command.habit_id, command.day, saying)


@room.answer
async def undo(command: Undo, who: Who, tx: Transaction, bus: TheBus) -> CheckedIn:
    """Take a change back, if the day still says what the change made it say."""
    change = await check_in_history.find_change(
        tx, who.user_id, command.change_id, command.habit_id
    )
    deleted = await binned.deleted_since(tx, who, command, change)
    if deleted is not None:
        return await binned.undo(tx, bus, who, deleted)
    if change is None or change.undone:
        raise NotFound("change_not_found", "There is no change to take back.")
    await check_in_history.mark_undone(tx, change.id)
    saying = Saying(restoration(change), "undo")
    return await change_day(tx, bus, who, change.habit_id, change.day, saying)


@room.answer
async def list_check_ins(query: ListCheckIns, who: Who, tx: Transaction) -> CheckIns:
    """Show logged days, oldest first."""
    check_range(query.first, query.last)
    if query.habit_id is not None:
        await plans.found(tx, who, query.habit_id, None, lock=False)
    after = queries.CHECK_INS.read(query.cursor) or (FIRST_DAY, UUID(int=0))
    rows = await check_in_lists.page(
        tx,
        who.user_id,
        habit_id=query.habit_id,
        first=query.first or FIRST_DAY,
        last=query.last or LAST_DAY,
        after=after,
        size=query.limit + 1,
    )
    page = rows[: query.limit]
    last = page[-1] if len(rows) > query.limit else None
    more = queries.CHECK_INS.write((last.day, last.habit_id)) if last else None
    return CheckIns(check_ins=tuple(map(day_entry, page)), next=more)


@room.answer
async def get_today(query: GetToday, who: Who, tx: Transaction, bus: TheBus) -> Today:
    """Show what a day asks for, and how every habit in use on it stands."""
    used = [] if query.day else await check_ins.load_used(tx, who.user_id)
    person = await person_of(tx, bus, who, used[0].person if used else None)
    today = today_of(person)
    day = queries.showable(query.day or today, today)
    # Of today all is loaded, unless it is settled already: in a zone further east it was over.
    if query.day or any(one.habit.settled_day >= day for one in used):
        used = await queries.used_on(tx, who.user_id, person, day, today)
    shown = await worked_out(
        days_of(used, day), lambda: tuple(today_view(one, stand(one, day), day) for one in used)
    )
    return Today(day=day, habits=shown)


@room.answer
async def get_history(query: GetHistory, who: Who, tx: Transaction) -> History:
    """Show who changed what, newest first."""
    row = await plans.found(tx, who, query.habit_id, None, lock=False)
    before = read_id(query.cursor)
    rows = await check_in_history.history(tx, row.id, query.day, before, query.limit + 1)
    page = rows[: query.limit]
    shown = tuple(
        Change(
            change_id=one.id,
            habit_id=one.habit_id,
            day=one.day,
            before=entry_of(entry_row(one.before, one.day)),
            after=entry_of(entry_row(one.after, one.day)),
            source=one.source,
            made_by=one.made_by,
            made_at=one.made_at,
            undone=one.undone,
        )
        for one in page
    )
    return History(changes=shown, next=str(page[-1].id) if len(rows) > query.limit else None)


@room.answer
async def get_streaks(query: GetStreaks, who: Who, tx: Transaction, bus: TheBus) -> Streaks:
    """Show all streaks of a habit, newest first."""
    row = await plans.found(tx, who, query.habit_id, None, lock=False)
    today = today_of(await person_of(tx, bus, who))
    return await queries.all_streaks(tx, row, today)


@room.answer
async def list_changes(query: ListChanges, who: Who, tx: Transaction) -> Changes:
    """Show what has changed since a client last asked."""
    return await changes.page(tx, who, query)


@room.tick("habits.changes", every=60)
async def tidy_changes(tx: AsyncConnection) -> bool:
    """Keep the ways back to what has changed."""
    return await changes.tidy(tx)


@room.answer
async def look_at_mark(query: LookAtMark, who: Who, tx: Transaction) -> MarkShown:
    """Say what a mark would be of."""
    return await marks.look(tx, who.user_id, query)


@room.answer
async def mark_day(command: MarkDay, who: Who, tx: Transaction, bus: TheBus) -> Marked:
    """Log a day as its owner answered in a mail or a chat."""
    return await marks.mark(tx, bus, who, command)


@room.answer
async def withdraw_mark(command: WithdrawMark, who: Who, tx: Transaction, bus: TheBus) -> Marked:
    """Take back how a reminder was answered."""
    return await marks.withdraw(tx, bus, who, command)


@room.do
async def log_day(job: LogDay, tx: Transaction, bus: TheBus) -> None:
    """Log a day that the version before left to be logged; the next one does without this."""
    async with marks.leniently(tx, job):
        await marks.mark(tx, bus, Principal(user_id=job.user_id), job, said_at=job.occurred_at)


@room.do
async def withdraw_day(job: WithdrawDay, tx: Transaction, bus: TheBus) -> None:
    """Take back what the version before left to be taken back; the next one does without this."""
    async with marks.leniently(tx, job):
        await marks.withdraw(tx, bus, Principal(user_id=job.user_id), job)


# -- breaks ---------------------------------------------------------------------------------------


@room.answer
async def add_break(command: AddBreak, who: Who, tx: Transaction, bus: TheBus) -> Break:
    """Add a break, whatever day it begins on."""
    await person_of(tx, bus, who, stay=True)
    if command.habit_id is not None:
        await plans.found(tx, who, command.habit_id, None, lock=False)
    row = BreakRow(
        new_id(),
        command.first,
        command.last,
        command.habit_id,
        command.tag,
        command.reason,
        1,
    )
    await breaks.add(tx, who.user_id, row)
    return await _rested(tx, who, row)


@room.answer
async def update_break(command: UpdateBreak, who: Who, tx: Transaction) -> Break:
    """Replace a break."""
    old = await plans.found_break(tx, who, command.break_id, command.expected_version)
    if command.habit_id is not None:
        await plans.found(tx, who, command.habit_id, None, lock=False)
    row = BreakRow(
        old.id,
        command.first,
        command.last,
        command.habit_id,
        command.tag,
        command.reason,
        old.version + 1,
    )
    await breaks.replace(tx, who.user_id, row)
    await plans.unsettle(tx, who, old.first_day)
    return await _rested(tx, who, row)


async def _rested(tx: Transaction, who: Who, row: BreakRow) -> Break:
    await plans.unsettle(tx, who, row.first_day)
    shown = break_of(row)
    rest = shown.model_dump(include={"first", "last", "habit_id", "tag", "reason"}, by_alias=False)
    fact = BreakAdded(user_id=who.user_id, version=row.version, break_id=row.id, **rest)
    await tell(tx, fact)
    return shown


@room.answer
async def remove_break(command: RemoveBreak, who: Who, tx: Transaction) -> Done:
    """Take a break back, as if it had never been."""
    row = await plans.found_break(tx, who, command.break_id, None)
    await breaks.remove(tx, who.user_id, row.id)
    await plans.unsettle(tx, who, row.first_day)
    fact = BreakRemoved(user_id=who.user_id, version=row.version + 1, break_id=row.id)
    await tell(tx, fact)
    return Done()


@room.answer
async def list_breaks(query: ListBreaks, who: Who, tx: Transaction) -> Breaks:
    """Show breaks, the latest first."""
    check_range(query.first, query.last)
    rows = await breaks.touching(tx, who.user_id, query.first, query.last)
    return Breaks(breaks=tuple(map(break_of, rows)))


@room.do
async def tell_state(job: TellHabits, tx: Transaction) -> None:
    """Tell a room a page of habits, of their days, or of breaks."""
    await backfill.tell(tx, job)


# -- people ---------------------------------------------------------------------------------------


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase all that the room owns of a user, and what was kept for repeated requests."""
    await kept_hooks.erase(tx, fact.user_id)
    await habits.erase(tx, fact.user_id)
    await breaks.erase(tx, fact.user_id)
    await kept_imports.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
    await kept_changes.erase(tx, fact.user_id)
