"""A person's day: /v1/today."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from contracts.check_ins import GetToday, Today
from contracts.time import Day
from gateway.answers import listed
from gateway.bodies import resource
from gateway.deps import NOT_MODIFIED, IfNoneMatch, TheBus
from gateway.identity import Me

router = resource(
    "today", "The caller's day: what is due, what is logged, and how each habit stands."
)


@router.get("/v1/today", response_model=Today, responses=NOT_MODIFIED, summary="Get a day")
async def get_today(
    me: Me,
    bus: TheBus,
    day: Annotated[
        Day | None,
        Query(
            description="A logical day; the caller's today if not given.", examples=["2026-03-01"]
        ),
    ] = None,
    known: IfNoneMatch = None,
) -> Response:
    """Get what is due on a day, what is logged, and how each habit stands."""
    return listed(await bus.ask(GetToday(day=day), me), known)
