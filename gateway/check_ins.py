"""The days of habits: check-ins, their history, and undo."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from pydantic import AwareDatetime, ConfigDict, Field
from starlette.responses import Response

from contracts.check_ins import (
    MAX_LOGS,
    CheckedIn,
    CheckIn,
    CheckIns,
    GetHistory,
    History,
    Increment,
    ListCheckIns,
    Log,
    LogCheckIns,
    RemoveCheckIn,
    Undo,
)
from contracts.habit import Amount, CheckInState, Note, Step
from contracts.time import Day
from gateway.answers import Shown, answer, listed
from gateway.bodies import Body, Said, resource
from gateway.deps import (
    NOT_MODIFIED,
    From,
    FromDoor,
    HabitId,
    IfNoneMatch,
    Key,
    OfDay,
    PageCursor,
    TheBus,
    To,
)
from gateway.identity import Me
from gateway.language import language_of
from gateway.problems import RefusedPart, refused_part

router = resource("check-ins", "What was done on which day: log, change, take back.")

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


class DayLog(Body):
    """What is logged for a day; nothing at all means done. `at`: when it was done.

    Without it that is now for a check-in of today, and not known for another day.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"value": 7.5, "note": "around the lake"}]}
    )
    value: Amount | None = None
    """How much: times, the habit's unit, or seconds; what was asked, if not given."""
    state: CheckInState | None = None
    """What the day counts as; by `value`, if not given."""
    note: Note | None = None
    """A note about the day; the old one stays, if not given."""
    at: AwareDatetime | None = None
    """When it was done; now, if not given."""


class Addition(Body):
    """How much is added to a day; less than nothing takes away. One, if nothing is said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": 1}, {"by": -0.5}]})
    by: Step = 1.0
    """How much, in the habit's measure: times, its unit, or seconds."""


class Logs(Body):
    """Check-ins of any days and habits, in order; each is logged or refused by itself.

    One that is malformed refuses them all: what cannot be read is not guessed at.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"check_ins": [{"habit_id": ID}, {"habit_id": ID, "by": 1}]}]
        }
    )
    check_ins: tuple[Log, ...] = Field(min_length=1, max_length=MAX_LOGS)
    """The check-ins."""


class LogOutcome(Shown):
    """What became of one check-in: how the day stands now, or the problem with it."""

    habit_id: UUID
    """Which habit."""
    status: int = Field(description="As if it had been sent alone: 200, 404, 409 or 422.")
    check_in: CheckedIn | None = None
    """How the day stands now; null: it was refused."""
    problem: RefusedPart | None = None
    """Why it was refused; null: it was not."""


class LogOutcomes(Shown):
    """What became of each check-in, in the order in which they were sent."""

    outcomes: tuple[LogOutcome, ...]
    """The outcomes, in the order of the check-ins."""


class ToUndo(Body):
    """Which change to take back: this one, or the last one, of this habit or of all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})
    change_id: UUID | None = None
    """The change to take back; the last one, if not given."""
    habit_id: UUID | None = None
    """The habit whose last change is taken back; any, if not given."""


NOTHING_SAID, ONE_MORE, LAST_CHANGE = DayLog(), Addition(), ToUndo()
"""What an absent body means."""


@router.put("/v1/habits/{habit_id}/check-ins/{day}", response_model=CheckedIn, summary="Log a day")
async def check_in(
    habit_id: HabitId,
    day: OfDay,
    me: Me,
    bus: TheBus,
    source: FromDoor,
    body: Said[DayLog] = NOTHING_SAID,
    key: Key = None,
) -> Response:
    """Log a day of a habit; again replaces what was logged. Without a body: done."""
    command = CheckIn(
        habit_id=habit_id,
        day=day,
        value=body.value,
        state=body.state,
        note=body.note,
        at=body.at,
        source=source,
    )
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.post(
    "/v1/habits/{habit_id}/check-ins/{day}/increment",
    response_model=CheckedIn,
    summary="Add to a day",
)
async def increment(
    habit_id: HabitId,
    day: OfDay,
    me: Me,
    bus: TheBus,
    source: FromDoor,
    body: Said[Addition] = ONE_MORE,
    key: Key = None,
) -> Response:
    """Add to the value of a day of a habit, or take away from it. Without a body: one more."""
    command = Increment(habit_id=habit_id, day=day, by=body.by, source=source)
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.delete(
    "/v1/habits/{habit_id}/check-ins/{day}", response_model=CheckedIn, summary="Forget a day"
)
async def remove_check_in(
    habit_id: HabitId, day: OfDay, me: Me, bus: TheBus, source: FromDoor, key: Key = None
) -> Response:
    """Forget what was logged for a day of a habit."""
    command = RemoveCheckIn(habit_id=habit_id, day=day, source=source)
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.get(
    "/v1/check-ins",
    response_model=CheckIns,
    responses=NOT_MODIFIED,
    summary="List check-ins of all habits",
)
async def list_all_check_ins(
    me: Me,
    bus: TheBus,
    first: From = None,
    last: To = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 500,
    cursor: PageCursor = None,
    known: IfNoneMatch = None,
) -> Response:
    """List the check-ins of all habits, oldest first, those of a day by habit."""
    query = ListCheckIns(first=first, last=last, limit=limit, cursor=cursor)
    return listed(await bus.ask(query, me), known)


@router.post("/v1/check-ins", response_model=LogOutcomes, summary="Log many days")
async def log_check_ins(
    body: Said[Logs],
    me: Me,
    bus: TheBus,
    request: Request,
    source: FromDoor,
    key: Key = None,
) -> Response:
    """Log many days of many habits at once; what is refused of one does not hold up the others.

    Each is logged or refused by itself: an unknown habit, or a day, time or value that the habit
    does not take, is told in its outcome, with a pointer such as `/check_ins/3/day`. A list that
    cannot be read is refused as a whole (422) and nothing is logged: an item without `habit_id`,
    an unknown field, text where a number belongs, a day that is none.
    """
    sent = await bus.ask(
        LogCheckIns(check_ins=body.check_ins, source=source), me, idempotency_key=key
    )
    language, outcomes = await language_of(request.scope), []
    for number, one in enumerate(sent.outcomes):
        at = f"/check_ins/{number}"
        part = None if one.refusal is None else refused_part(one.refusal, language, at)
        status = 200 if part is None else part.status
        outcomes.append(
            LogOutcome(habit_id=one.habit_id, status=status, check_in=one.check_in, problem=part)
        )
    return answer(LogOutcomes(outcomes=tuple(outcomes)))


@router.get("/v1/habits/{habit_id}/check-ins", response_model=CheckIns, summary="List check-ins")
async def list_check_ins(
    habit_id: HabitId,
    me: Me,
    bus: TheBus,
    first: From = None,
    last: To = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 100,
    cursor: PageCursor = None,
) -> Response:
    """List the check-ins of a habit, oldest first."""
    query = ListCheckIns(habit_id=habit_id, first=first, last=last, limit=limit, cursor=cursor)
    return answer(await bus.ask(query, me))


@router.get("/v1/habits/{habit_id}/history", response_model=History, summary="List changes")
async def get_history(
    habit_id: HabitId,
    me: Me,
    bus: TheBus,
    day: Annotated[Day | None, Query(description="Only changes to this day.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 50,
    cursor: PageCursor = None,
) -> Response:
    """List the changes to a habit's check-ins, newest first: who, when, and what it was before."""
    query = GetHistory(habit_id=habit_id, day=day, limit=limit, cursor=cursor)
    return answer(await bus.ask(query, me))


@router.post("/v1/undo", response_model=CheckedIn, summary="Undo a change")
async def undo(
    me: Me, bus: TheBus, source: FromDoor, body: Said[ToUndo] = LAST_CHANGE, key: Key = None
) -> Response:
    """Take back a change to a day, or that a habit was deleted. Without a body: the last one."""
    command = Undo(change_id=body.change_id, habit_id=body.habit_id, source=source)
    return answer(await bus.ask(command, me, idempotency_key=key))
