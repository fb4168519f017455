"""Calendar feeds: /v1/calendar/feeds. What their addresses lead to is in `calendar_files.py`."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Request
from pydantic import ConfigDict
from starlette.responses import Response

from contracts.calendar import (
    CreateFeed,
    Feeds,
    FeedWords,
    ListFeeds,
    NewFeed,
    RevokeFeed,
    RotateFeed,
)
from gateway.answers import answer, created, nothing
from gateway.bodies import Said, resource
from gateway.deps import Key, TheBus, door_of
from gateway.identity import Me

router = resource("calendar", "Calendars that other programs subscribe to.")

FeedId = Annotated[
    UUID, Path(description="Which feed.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]


class FeedBody(FeedWords):
    """What a feed is to show."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"shows": "habits", "tag": "health"}]}
    )


class FeedAddress(NewFeed):
    """A feed with its address, which is shown this once."""

    path: str
    """The path of the address; whoever knows it can read the feed."""
    url: str | None
    """The whole address; null: nobody has said where Ritmo is reached (RITMO_BASE_URL)."""
    webcal_url: str | None
    """The address by which many programs subscribe at once; null as `url`."""
    page: str
    """The path of a page that tells how to subscribe, with a QR code."""

    @classmethod
    def of(cls, feed: NewFeed, base: str) -> Self:
        """Put the address of a feed together."""
        path = f"/calendar/{feed.secret}.ics"
        return cls(
            **feed.model_dump(),
            path=path,
            url=f"{base}{path}" if base else None,
            webcal_url=webcal_of(base, path),
            page=f"/calendar/{feed.secret}/page",
        )


@router.get("/v1/calendar/feeds", response_model=Feeds, summary="List calendar feeds")
async def list_feeds(me: Me, bus: TheBus) -> Response:
    """List the caller's calendar feeds; their addresses cannot be shown again."""
    return answer(await bus.ask(ListFeeds(), me))


@router.post(
    "/v1/calendar/feeds",
    status_code=201,
    response_model=FeedAddress,
    summary="Make a calendar feed",
)
async def create_feed(
    request: Request, body: Said[FeedBody], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Make a feed. Its address is shown this once: whoever knows it can read the feed."""
    made = await bus.ask(CreateFeed(**body.model_dump()), me, idempotency_key=key)
    address = FeedAddress.of(made, door_of(request).base_url)
    return created(address, f"/v1/calendar/feeds/{made.feed_id}")


@router.post(
    "/v1/calendar/feeds/{feed_id}/rotate",
    response_model=FeedAddress,
    summary="Give a feed another address",
)
async def rotate_feed(
    request: Request, feed_id: FeedId, me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Give a feed another address; the old one leads nowhere from now on."""
    made = await bus.ask(RotateFeed(feed_id=feed_id), me, idempotency_key=key)
    return answer(FeedAddress.of(made, door_of(request).base_url))


@router.delete("/v1/calendar/feeds/{feed_id}", status_code=204, summary="End a calendar feed")
async def revoke_feed(feed_id: FeedId, me: Me, bus: TheBus, key: Key = None) -> Response:
    """End a feed: its address leads nowhere from now on."""
    await bus.ask(RevokeFeed(feed_id=feed_id), me, idempotency_key=key)
    return nothing()


def webcal_of(base: str, path: str) -> str | None:
    """Write an address so that programs subscribe to it."""
    _, mark, rest = base.partition("://")
    return f"webcal://{rest}{path}" if mark else None
