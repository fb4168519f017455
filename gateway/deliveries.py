"""What was sent and how: /v1/channels, /v1/deliveries, and digests before they are sent."""

import asyncio
import time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from contracts.bus import Bus
from contracts.deliveries import (
    AppriseUrl,
    Channel,
    ChannelList,
    Deliveries,
    Delivery,
    DropApprise,
    GetDelivery,
    ListChannels,
    ListDeliveries,
    SendTest,
    SetApprise,
    TryReminder,
)
from contracts.digests import DigestEvery, DigestShown, PreviewDigest
from contracts.notifications import ChannelName, DeliveryState
from contracts.principal import Principal
from gateway.answers import answer, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import Key, PageCursor, TheBus, door_of
from gateway.identity import Me
from gateway.language import language_of, profile_language

router = resource("reminders")

OPEN = ("pending", "retry", "sending")

LETTER_CSP = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)
"""A letter brings its own styles and pictures, and nothing that runs."""

TheChannel = Annotated[ChannelName, Path(description="Which channel.")]
DeliveryId = Annotated[
    UUID, Path(description="Which delivery.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]


class AppriseAddress(Body):
    """An address that Apprise knows; it may hold passwords, and is never shown again in full."""

    url: AppriseUrl
    """The address, as Apprise writes them."""


@router.get("/v1/channels", response_model=ChannelList, summary="List channels")
async def list_channels(me: Me, bus: TheBus) -> Response:
    """List the ways to reach the caller, which of them are on, and why others are not."""
    return answer(await bus.ask(ListChannels(), me))


@router.put("/v1/channels/apprise", response_model=Channel, summary="Set the Apprise address")
async def set_apprise(body: Said[AppriseAddress], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Reach the caller through ntfy, Matrix, a webhook or whatever else Apprise knows.

    It is shown with its scheme and its last four characters only.
    """
    command = SetApprise(url=body.url)
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.delete("/v1/channels/apprise", status_code=204, summary="Forget the Apprise address")
async def drop_apprise(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Forget the caller's Apprise address."""
    await bus.ask(DropApprise(), me, idempotency_key=key)
    return nothing()


@router.post(
    "/v1/channels/{channel}/test",
    response_model=Delivery,
    responses={202: {"model": Delivery, "description": "It goes on; ask again at Location."}},
    summary="Send a test",
)
async def send_test(
    request: Request, channel: TheChannel, me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Send a test through a channel, and tell what became of it."""
    command = SendTest(channel=channel)
    sent = await bus.ask(command, me, idempotency_key=key)
    now = await _follow(bus, me, sent, door_of(request).patience)
    location = {"Location": f"/v1/deliveries/{now.delivery_id}"}
    if now.state in OPEN:
        return answer(now, 202, location | {"Retry-After": "1"})
    return answer(now, headers=location)


async def _follow(bus: Bus, me: Principal, now: Delivery, patience: float) -> Delivery:
    """Wait until a delivery is over or was tried, for at most `patience` seconds."""
    late, pause = time.monotonic() + patience, 0.05
    while now.state in ("pending", "sending") and time.monotonic() + pause < late:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)
        now = await bus.ask(GetDelivery(delivery_id=now.delivery_id), me)
    return now


@router.post(
    "/v1/reminders/{reminder_id}/test",
    status_code=202,
    response_model=Deliveries,
    summary="Try a reminder",
)
async def try_reminder(
    reminder_id: Annotated[
        UUID, Path(description="Which reminder.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """Send a reminder now, through all its channels, whatever the day asks for."""
    command = TryReminder(reminder_id=reminder_id)
    return answer(await bus.ask(command, me, idempotency_key=key), 202)


@router.get("/v1/deliveries", response_model=Deliveries, summary="List deliveries")
async def list_deliveries(
    request: Request,
    me: Me,
    bus: TheBus,
    state: Annotated[DeliveryState | None, Query(description="Only those in this state.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    cursor: PageCursor = None,
) -> Response:
    """List what was sent to the caller, newest first, and what became of it, in words."""
    language = await language_of(request.scope)
    query = ListDeliveries(state=state, limit=limit, cursor=cursor, language=language)
    return answer(await bus.ask(query, me))


@router.get("/v1/deliveries/{delivery_id}", response_model=Delivery, summary="Get a delivery")
async def get_delivery(request: Request, delivery_id: DeliveryId, me: Me, bus: TheBus) -> Response:
    """Get what became of a delivery."""
    language = await language_of(request.scope)
    query = GetDelivery(delivery_id=delivery_id, language=language)
    return answer(await bus.ask(query, me))


@router.get(
    "/v1/reminders/digest",
    response_model=DigestShown,
    responses={200: {"content": {"text/html": {}, "message/rfc822": {}}}},
    summary="Preview a digest",
)
async def preview_digest(
    request: Request,
    me: Me,
    bus: TheBus,
    every: Annotated[DigestEvery, Query(description="Of a day, a week or a month.")] = "week",
    form: Annotated[
        Literal["json", "html", "eml"],
        Query(alias="format", description="The parts of the mail, its page, or all of it."),
    ] = "json",
) -> Response:
    """Show the caller's digest as it would be sent now. Nothing is sent."""
    language = await profile_language(request.scope)
    shown = await bus.ask(PreviewDigest(every=every, language=language), me)
    if form == "html":
        headers = {"Content-Security-Policy": LETTER_CSP}
        return Response(shown.html, 200, headers, "text/html; charset=utf-8")
    if form == "eml":
        headers = {"Content-Disposition": f'attachment; filename="ritmo-{every}.eml"'}
        return Response(shown.eml, 200, headers, "message/rfc822")
    return answer(shown)
