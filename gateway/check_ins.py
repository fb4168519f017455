"""The days of habits: check-ins, their history, and undo."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, ConfigDict
from starlette.responses import Response

from contracts.check_ins import (
    CheckedIn,
    CheckIn,
    CheckIns,
    GetHistory,
    History,
    Increment,
    ListCheckIns,
    RemoveCheckIn,
    Undo,
)
from contracts.habit import Amount, CheckInState, More, Note
from contracts.time import Day
from gateway.answers import answer
from gateway.deps import From, HabitId, Key, OfDay, PageCursor, TheBus, To
from gateway.identity import Me
from gateway.reading import Body, Said, resource

router = resource("check-ins", 403, 404, 409)


class Log(Body):
    """What is logged for a day; nothing at all means done. `at`: when it was done, if not now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"value": 7.5, "note": "around the lake"}]}
    )
    value: Amount | None = None
    state: CheckInState | None = None
    note: Note | None = None
    at: AwareDatetime | None = None


class Addition(Body):
    """How much is added to a day."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": 1}]})
    by: More = 1.0


class ToUndo(Body):
    """Which change to take back: this one, or the last one, of this habit or of all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})
    change_id: UUID | None = None
    habit_id: UUID | None = None


@router.put("/v1/habits/{habit_id}/check-ins/{day}", response_model=CheckedIn, summary="Log a day")
async def check_in(
    habit_id: HabitId, day: OfDay, body: Said[Log], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Log a day of a habit; again replaces what was logged."""
    command = CheckIn(
        habit_id=habit_id,
        day=day,
        value=body.value,
        state=body.state,
        note=body.note,
        at=body.at,
    )
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.post(
    "/v1/habits/{habit_id}/check-ins/{day}/increment",
    response_model=CheckedIn,
    summary="Add to a day",
)
async def increment(
    habit_id: HabitId, day: OfDay, body: Said[Addition], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Add to the value of a day of a habit."""
    command = Increment(habit_id=habit_id, day=day, by=body.by)
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.delete(
    "/v1/habits/{habit_id}/check-ins/{day}", response_model=CheckedIn, summary="Forget a day"
)
async def remove_check_in(
    habit_id: HabitId, day: OfDay, me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Forget what was logged for a day of a habit."""
    command = RemoveCheckIn(habit_id=habit_id, day=day)
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.get("/v1/habits/{habit_id}/check-ins", response_model=CheckIns, summary="List check-ins")
async def list_check_ins(
    habit_id: HabitId,
    me: Me,
    bus: TheBus,
    first: From = None,
    last: To = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
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
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: PageCursor = None,
) -> Response:
    """List the changes to a habit's check-ins, newest first: who, when, and what it was before."""
    query = GetHistory(habit_id=habit_id, day=day, limit=limit, cursor=cursor)
    return answer(await bus.ask(query, me))


@router.post("/v1/undo", response_model=CheckedIn, summary="Undo a change")
async def undo(body: Said[ToUndo], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Take back a change to a day."""
    command = Undo(change_id=body.change_id, habit_id=body.habit_id)
    return answer(await bus.ask(command, me, idempotency_key=key))
