"""How a day of a habit changes: load, decide, settle, save. All doors into a day lead through here.

The habit is loaded without a lock and saved only if nobody changed it meanwhile; if somebody did,
it is locked and the day is decided anew.
"""

from datetime import UTC, date, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.decisions import Saying, differ
from actors.habits.room import known as people
from actors.habits.rows import (
    dump_entry,
    dump_progress,
    entries_from,
    fact_of,
    judged,
    no_habit,
    progress_of,
    promise_of,
)
from actors.habits.settlement import begin_again, days_of, reach_back, settled, worked_out
from contracts.bus import Bus
from contracts.check_ins import CheckedIn
from contracts.habit import CheckInState, is_goal, number_of
from contracts.habits import StreakReached
from contracts.keeping.progress import Progress, Standing, standing
from contracts.message import Conflict, Fact, Invalid, Wrong, new_id
from contracts.principal import Principal
from contracts.time import FIRST_INSTANT, LAST_INSTANT, day_of
from storage import check_ins, habits, snapshots
from storage.check_ins import CheckInRow, Loaded
from storage.habits import HabitRow, TimeProfile
from storage.outbox import tell

YEARS_BACK = 50
"""A habit cannot have begun longer ago than this."""

AHEAD = timedelta(minutes=5)
"""How far a client's clock may run ahead."""


async def person_of(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    known: TimeProfile | None = None,
    *,
    stay: bool = False,
) -> TimeProfile:
    """Return how the caller lives in time; ask the users room if it is not known here yet.

    `stay` keeps the caller from being erased before this is done: nothing new outlives them.
    """
    person = known or await habits.find_person(tx, who.user_id, stay=stay)
    if person is None:
        row = await people.person(tx, bus, who, "stay" if stay else None)
        person = TimeProfile(row.zone, row.day_start, row.week_start)
    return person


def today_of(person: TimeProfile) -> date:
    """Return the person's logical day, now."""
    return logical_day(person, datetime.now(UTC))


def logical_day(person: TimeProfile, instant: datetime) -> date:
    """Return the person's logical day at an instant. Refuses with `Invalid` what no day holds."""
    if not FIRST_INSTANT <= instant <= LAST_INSTANT:
        raise Invalid(
            "at_out_of_range",
            "A time lies between {earliest} and {latest}.",
            fields=(Wrong(pointer="/at", detail="this time is out of range"),),
            earliest=FIRST_INSTANT.date().isoformat(),
            latest=LAST_INSTANT.date().isoformat(),
        )
    return day_of(instant, person.zone, person.day_start)


def stand(loaded: Loaded, today: date) -> Standing:
    """Show where a loaded habit stands."""
    return standing(
        progress_of(loaded.habit.progress),
        promise_of(loaded.habit),
        entries_from(loaded.entries),
        loaded.rests,
        today,
    )


def open_day(loaded: Loaded, today: date) -> date:
    """Return today, or the first day that is not settled: a zone may have moved today behind it."""
    return max(today, loaded.habit.settled_day + timedelta(days=1))


def checked_in(habit_id: UUID, day: date, logged: CheckInRow | None, now: Standing) -> CheckedIn:
    """Show a day, and how its habit stands."""
    return CheckedIn(
        habit_id=habit_id,
        day=day,
        value=number_of(logged.value) if logged else None,
        state=cast(CheckInState, logged.state) if logged else None,
        note=logged.note if logged else "",
        streak=now.streak,
        best_streak=now.best_streak,
        streak_unit=now.unit.per,
        score=now.score,
    )


def check_day(row: HabitRow, day: date, today: date, pointer: str = "/day") -> None:
    """Refuse a day that the habit does not have; `pointer` is what named it."""
    earliest = row.start_day if row.start_given else today - timedelta(days=YEARS_BACK * 365)
    latest = today + timedelta(days=1)
    if not earliest <= day <= latest:
        raise Invalid(
            "day_out_of_range",
            "This habit can be logged from {earliest} to {latest}.",
            fields=(Wrong(pointer=pointer, detail="this day is out of range"),),
            earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )


def check_instant(at: datetime, day: date, person: TimeProfile) -> None:
    """Refuse an instant that has not come, or that lies more than a day away from its day."""
    if at > datetime.now(UTC) + AHEAD or abs((logical_day(person, at) - day).days) > 1:
        text = "The time lies in the future, or on another day than {day}."
        wrong = Wrong(pointer="/at", detail="this time does not belong to the day")
        raise Invalid("at_not_on_day", text, fields=(wrong,), day=day.isoformat())


async def change_day(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    habit_id: UUID,
    day: date | None,
    saying: Saying,
) -> CheckedIn:
    """Change a day of a habit of the caller's, as is said, and return how it stands."""
    for lock in (False, True):
        loaded, person, at, today = await _open(tx, bus, who, habit_id, day, saying, lock=lock)
        reply = await _write(tx, who, loaded, person, at, today, saying)
        if reply is None:
            continue
        if reply.state is None and await begin_again(tx, who, habit_id, at):
            return await _standing_anew(tx, who, reply, today)
        return reply
    raise Conflict("changed_meanwhile", "The habit was changed meanwhile; try again.")


async def _standing_anew(
    tx: AsyncConnection, who: Principal, reply: CheckedIn, today: date
) -> CheckedIn:
    """Return a reply with how the habit stands now that it begins on another day."""
    loaded = await check_ins.load(tx, who.user_id, reply.habit_id)
    if loaded is None:
        raise no_habit(reply.habit_id)
    now = await worked_out(days_of([loaded], today), lambda: stand(loaded, today))
    stands = {
        "streak": now.streak,
        "best_streak": now.best_streak,
        "streak_unit": now.unit.per,
        "score": now.score,
    }
    return reply.model_copy(update=stands)


async def _open(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    habit_id: UUID,
    day: date | None,
    saying: Saying,
    *,
    lock: bool,
) -> tuple[Loaded, TimeProfile, date, date]:
    """Load a habit so that `day`, if there is something to say of it, is not settled yet."""
    if lock:
        await habits.find(tx, who.user_id, habit_id, lock=True)
    loaded = await check_ins.load(tx, who.user_id, habit_id)
    if loaded is None:
        raise no_habit(habit_id)
    person = await person_of(tx, bus, who, loaded.person)
    today = today_of(person)
    at = day or (today if saying.at is None else logical_day(person, saying.at))
    check_day(loaded.habit, at, today, "/day" if saying.at is None or day else "/at")
    if saying.at is not None:
        check_instant(saying.at, at, person)
    row = loaded.habit
    empty_before = at < row.start_day and saying.decide(promise_of(row), at, None) is None
    if at <= row.settled_day and not empty_before:
        loaded = await reach_back(tx, who, habit_id, at)
    return loaded, person, at, today


async def _write(
    tx: AsyncConnection,
    who: Principal,
    loaded: Loaded,
    person: TimeProfile,
    day: date,
    today: date,
    saying: Saying,
) -> CheckedIn | None:
    """Decide and save; None if the habit was changed meanwhile."""
    row, promise = loaded.habit, promise_of(loaded.habit)
    found = next((entry for entry in loaded.entries if entry.day == day), None)
    before = found and judged(promise, found)
    after = saying.of(promise, day, before, person)
    others = [entry for entry in loaded.entries if entry.day != day]
    progress, months, now = await settled(
        progress_of(row.progress), promise, [*others, *filter(None, [after])], loaded.rests, today
    )
    if differ(before, after):
        fact = fact_of(who, row, day, before, after, person.zone, saying.source)
        values = _values(who, row, person, progress, day, before, after, saying, fact)
        if not await check_ins.save(tx, values):
            return None
        await snapshots.keep(tx, row.id, months)
        if after is not None and after.state == "done" and now.since and is_goal(now.streak):
            await tell(tx, _reached(who, row, day, now))
    return checked_in(row.id, day, after, now)


def _reached(who: Principal, row: HabitRow, day: date, now: Standing) -> StreakReached:
    """Tell of a streak that is celebrated."""
    return StreakReached(
        user_id=who.user_id,
        version=row.version + 1,
        habit_id=row.id,
        name=row.name,
        streak=now.streak,
        unit=now.unit.per,
        since=now.since or day,
        day=day,
    )


def _values(
    who: Principal,
    row: HabitRow,
    person: TimeProfile,
    progress: Progress,
    day: date,
    before: CheckInRow | None,
    after: CheckInRow | None,
    saying: Saying,
    fact: Fact,
) -> dict[str, object]:
    """Lay out what `check_ins.save` writes."""
    origin = after.origin if after else None
    return {
        "habit_id": row.id,
        "user_id": who.user_id,
        "version": row.version,
        "progress": dump_progress(progress),
        "settled": progress.settled_day,
        "day": day,
        "value": after.value if after else None,
        "state": after.state if after else None,
        "note": after.note if after else None,
        "zone": origin.zone if origin else person.zone,
        "door": origin.source if origin else saying.source,
        "at": origin.at if origin else None,
        "import_id": origin.import_id if origin else None,
        "source": saying.source,
        "change_id": new_id(),
        "before": dump_entry(before),
        "after": dump_entry(after),
        "made_by": who.service or "user",
        "message_id": fact.fact_id,
        "address": fact.address,
        "body": fact.model_dump_json(),
    }
