"""Live updates: /v1/events, a stream of what happens to the caller's own things."""

from typing import Annotated

from fastapi import Header, Request
from starlette.responses import Response

from contracts.message import Denied
from gateway.bodies import resource
from gateway.deps import door_of
from gateway.event_hub import SCOPES
from gateway.event_stream import EventStream
from gateway.identity import Me, holder_of
from gateway.problems import documented

router = resource("events", "What happens, told as it happens (Server-Sent Events).")

EXAMPLE = """\
retry: 3000
id: 1798761600000-5f3a9c01
event: ready
data: {}

id: 1798761600420-5f3a9c01
event: habits.habit_checked_in
data: {"fact_id":"01890a5d-ac96-774b-bcce-b302099a8057","habit_id":"01890a5d-ac96-774b-bcce-b302099\
a8058","day":"2026-12-31","value":1.0,"state":"done","version":7}

"""


@router.get(
    "/v1/events",
    response_class=EventStream,
    status_code=200,
    responses={
        200: {
            "description": "The stream.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
        },
        **documented(401, 403),
    },
    summary="Watch what happens",
    openapi_extra={"security": [{"bearer": [scope]} for scope in sorted(SCOPES)]},
)
async def watch(
    request: Request,
    me: Me,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            description="`id` of the last event that came: the stream goes on behind it.",
            max_length=100,
        ),
    ] = None,
) -> Response:
    """Watch what happens to the caller's own habits, days, breaks, entries, channels and profile.

    The stream begins with `ready`. Then each event is a fact: its name tells what happened, such as
    `habits.habit_checked_in`, its data what is so now. A fact that is long tells only what it is
    about (`"cut": true`). The same fact may come twice; `fact_id` tells.

    `reset` says that something may be missing: read /v1/changes again. `end` is the last event and
    says why: `session_ended`, `token_revoked`, `account_disabled`, `account_gone`, `slow_reader`;
    or `expired` and `restart`, after which the stream goes on at once with a fresh token and
    `Last-Event-ID`. Every 15 to 25 seconds there is a line at least.

    With a personal access token come the events that its scopes read; one of them is enough.
    """
    if not any(me.may(scope) for scope in SCOPES):
        text = "You may not do this: it needs “{scope}”."
        raise Denied("denied", text, scope=", ".join(sorted(SCOPES)))
    hub = door_of(request).events
    watcher = hub.open(me, last_event_id)
    return EventStream(hub, watcher, lambda: holder_of(request))
