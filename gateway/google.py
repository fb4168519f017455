"""Google Calendar: /v1/calendar/google, how it is linked; browsers return to `google_pages.py`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request
from pydantic import ConfigDict
from starlette.responses import Response

from contracts.google import (
    ConnectGoogle,
    DisconnectGoogle,
    FinishGoogle,
    GetGoogle,
    GoogleConsent,
    GoogleLink,
    GoogleWish,
    ShowInGoogle,
    SyncGoogle,
)
from gateway.answers import answer, nothing
from gateway.bodies import Said, resource
from gateway.deps import Key, TheBus, door_of, guest
from gateway.identity import Me
from gateway.problems import documented

router = resource("calendar", "Calendars that other programs subscribe to, and Google Calendar.")

COOKIE = "ritmo_google"
"""Shows that the browser that comes back from Google is the one that was sent there."""

PLACE = "/calendar/google"
"""The path under which that cookie is sent."""


class GoogleBody(GoogleWish):
    """What a link to Google Calendar is to do."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"timed": True, "busy_calendars": []}]}
    )


@router.get("/v1/calendar/google", response_model=GoogleLink, summary="Show Google Calendar")
async def show_google(me: Me, bus: TheBus) -> Response:
    """Show whether Google Calendar is linked, and how that goes."""
    return answer(await bus.ask(GetGoogle(), me))


@router.post(
    "/v1/calendar/google",
    status_code=201,
    response_model=GoogleConsent,
    responses=documented(409),
    summary="Begin to link Google Calendar",
)
async def connect_google(
    request: Request, body: Said[GoogleBody], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Begin to link Google Calendar: open `url` in a browser, and consent there.

    The browser in which this was asked finishes it by itself; another one shows a code to be sent
    with `proof` to `/v1/calendar/google/finish`.
    """
    begun = await bus.ask(ConnectGoogle(**body.model_dump()), me, idempotency_key=key)
    said = answer(begun, 201, {"Location": "/v1/calendar/google"})
    secure = door_of(request).base_url.startswith("https://")
    said.set_cookie(
        COOKIE, begun.proof, max_age=600, path=PLACE, secure=secure, httponly=True, samesite="lax"
    )
    return said


class FinishBody(FinishGoogle):
    """What Google sent back, and the proof of who began."""

    model_config = ConfigDict(extra="forbid")


@router.post(
    "/v1/calendar/google/finish",
    response_model=GoogleLink,
    dependencies=[Depends(guest)],
    responses=documented(403, 404, 409),
    summary="Finish the link to Google",
)
async def finish_google(body: Said[FinishBody], bus: TheBus, key: Key = None) -> Response:
    """Finish a link with the state and the code that a browser shows, and the proof."""
    finish = FinishGoogle(state=body.state, proof=body.proof, code=body.code)
    return answer(await bus.ask(finish, idempotency_key=key))


@router.post(
    "/v1/calendar/google/sync",
    response_model=GoogleLink,
    responses=documented(404),
    summary="Sync with Google",
)
async def sync_google(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Have Ritmo and Google Calendar made the same as soon as can be."""
    return answer(await bus.ask(SyncGoogle(), me, idempotency_key=key))


@router.delete("/v1/calendar/google", status_code=204, summary="Unlink Google Calendar")
async def disconnect_google(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Unlink Google Calendar: the consent is given back; what stands there stays as it is."""
    await bus.ask(DisconnectGoogle(), me, idempotency_key=key)
    return nothing()


@router.post(
    "/v1/calendar/google/habits/{habit_id}", status_code=204, summary="Show a habit there again"
)
async def show_in_google(
    habit_id: Annotated[
        UUID, Path(description="Which habit.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """Have a habit stand in Google Calendar again whose events were deleted there."""
    await bus.ask(ShowInGoogle(habit_id=habit_id), me, idempotency_key=key)
    return nothing()
