"""What has changed since a client last asked: /v1/changes."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from contracts.changes import Changes, ListChanges
from gateway.answers import answer
from gateway.bodies import resource
from gateway.deps import TheBus
from gateway.identity import Me
from gateway.problems import documented

router = resource("changes", "What has changed and what is gone, for clients that were away.")

Since = Annotated[
    str | None,
    Query(
        description="`next` of the answer before; all that there is, if not given.",
        min_length=1,
        max_length=200,
        pattern=r"^[A-Za-z0-9_.~=-]*$",
    ),
]


@router.get(
    "/v1/changes",
    response_model=Changes,
    responses=documented(410),
    summary="List changes since a cursor",
)
async def list_changes(
    me: Me,
    bus: TheBus,
    since: Since = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 200,
) -> Response:
    """List what has changed and what was removed: habits, check-ins, breaks, and the bin.

    Keep what is told, take away what is `removed`, and ask again with `next`, at once while there
    is `more`. 410 (`cursor_expired`): drop your copy, and begin anew without a cursor.
    """
    return answer(await bus.ask(ListChanges(since=since, limit=limit), me))
