"""Moods: what they are called, and their calendar."""

from pydantic import ConfigDict
from starlette.responses import Response

from contracts.moods import (
    GetMoodCalendar,
    GetMoods,
    MoodCalendar,
    Moods,
    NameMoods,
    ResetMoods,
    Scale,
)
from gateway.answers import answer, listed
from gateway.bodies import Said, resource
from gateway.deps import NOT_MODIFIED, From, IfNoneMatch, Key, TheBus, To
from gateway.identity import Me

router = resource("journal")


class MoodNames(Scale):
    """The five steps of the scale, from 1 (awful) to 5 (great)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "moods": [
                        {"mood": 1, "name": "storm", "emoji": "🌩"},
                        {"mood": 2, "name": "rain", "emoji": "🌧"},
                        {"mood": 3, "name": "clouds", "emoji": "☁️"},
                        {"mood": 4, "name": "fair", "emoji": "🌤"},
                        {"mood": 5, "name": "sun", "emoji": "☀️"},
                    ]
                }
            ]
        },
    )


@router.get(
    "/v1/journal/moods", response_model=Moods, responses=NOT_MODIFIED, summary="Get the mood scale"
)
async def get_moods(me: Me, bus: TheBus, known: IfNoneMatch = None) -> Response:
    """Get what the five moods are called."""
    return listed(await bus.ask(GetMoods(), me), known)


@router.put("/v1/journal/moods", response_model=Moods, summary="Name the moods")
async def name_moods(body: Said[MoodNames], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Give the five moods names and emoji of one's own."""
    return answer(await bus.ask(NameMoods(moods=body.moods), me, idempotency_key=key))


@router.delete("/v1/journal/moods", response_model=Moods, summary="Reset the mood scale")
async def reset_moods(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Let the moods be called as they were at first."""
    return answer(await bus.ask(ResetMoods(), me, idempotency_key=key))


@router.get(
    "/v1/journal/calendar",
    response_model=MoodCalendar,
    responses=NOT_MODIFIED,
    summary="Get the calendar of moods",
)
async def get_mood_calendar(
    me: Me, bus: TheBus, first: From = None, last: To = None, known: IfNoneMatch = None
) -> Response:
    """Get each day's average mood and number of entries; of this month if no day is given."""
    return listed(await bus.ask(GetMoodCalendar(first=first, last=last), me), known)
