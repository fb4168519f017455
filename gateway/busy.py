"""Calendars that say when a person is busy: /v1/calendar/busy."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from contracts.busy import (
    AddBusyCalendar,
    BusyCalendar,
    BusyCalendars,
    ListBusyCalendars,
    RemoveBusyCalendar,
)
from contracts.habit import Line
from contracts.imports import CalendarAddress
from gateway.answers import answer, created, nothing
from gateway.bodies import Said, resource
from gateway.deps import Key, TheBus
from gateway.identity import Me
from gateway.problems import documented

router = resource("calendar", "Calendars that other programs subscribe to, and those of others.")


class BusyBody(BaseModel):
    """A calendar that says when its owner is busy."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://example.org/work.ics", "name": "Work"}]},
    )
    url: CalendarAddress = Field(repr=False)
    """Where it is: https:// or webcal://; whoever knows it can often read it."""
    name: Line = ""
    """What to call it."""


@router.get("/v1/calendar/busy", response_model=BusyCalendars, summary="List busy calendars")
async def list_busy_calendars(me: Me, bus: TheBus) -> Response:
    """List the calendars that smart reminders go by; their addresses cannot be shown again."""
    return answer(await bus.ask(ListBusyCalendars(), me))


@router.post(
    "/v1/calendar/busy",
    status_code=201,
    response_model=BusyCalendar,
    responses=documented(409),
    summary="Add a busy calendar",
)
async def add_busy_calendar(body: Said[BusyBody], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Have smart reminders wait while a calendar calls you busy; it is looked at every hour."""
    made = await bus.ask(AddBusyCalendar(url=body.url, name=body.name), me, idempotency_key=key)
    return created(made, f"/v1/calendar/busy/{made.calendar_id}")


@router.delete("/v1/calendar/busy/{calendar_id}", status_code=204, summary="Remove a busy calendar")
async def remove_busy_calendar(
    calendar_id: Annotated[
        UUID, Path(description="Which one.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """Look at a calendar no more; what it said is forgotten."""
    await bus.ask(RemoveBusyCalendar(calendar_id=calendar_id), me, idempotency_key=key)
    return nothing()
