"""The end of a link, as Google is told of it: its channel is stopped, and its consent given back.

Where that may wait (a person is erased, a link moves to another calendar) it is noted with what
ends the link, and said by who attends to Google: nothing is forgotten, whoever dies in between.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.calendar.google_calls import GoogleCalls, GoogleClient, GrantedConsent
from actors.calendar.google_consent import give_back, scopes_of
from actors.calendar.google_errors import GoogleFailed
from contracts.google import GoogleWish
from contracts.message import new_id
from storage.calendar import farewells
from storage.calendar.farewells import FarewellRow
from storage.calendar.google import GoogleLinkRow
from storage.session import transaction

PAUSE = timedelta(minutes=10)
"""Between two tries to say it."""

KEPT = timedelta(days=7)
"""How long it is tried: so long lives a channel."""


async def bid(tx: AsyncConnection, link: GoogleLinkRow | None, *, revoke: bool) -> None:
    """Note that a link has ended, if Google has to know."""
    if link is None or link.refresh_token is None or not (revoke or link.channel_resource):
        return
    await farewells.add(tx, _of(link, revoke=revoke))


async def say_at_once(client: GoogleClient, link: GoogleLinkRow) -> None:
    """Tell Google of the end of a link now."""
    if link.refresh_token is not None:
        await _said(client, _of(link, revoke=True))


async def say_next(engine: AsyncEngine, client: GoogleClient) -> bool:
    """Tell Google of one link that has ended; false if there is none."""
    async with transaction(engine) as tx:
        row = await farewells.claim(tx, datetime.now(UTC), PAUSE)
    if row is None:
        return False
    if await _said(client, row):
        async with transaction(engine) as tx:
            await farewells.end(tx, row.farewell_id)
    return True


async def _said(client: GoogleClient, row: FarewellRow) -> bool:
    """Tell Google; false if it could not be reached."""
    if row.channel_id is not None and row.channel_resource is not None:
        scopes = scopes_of(GoogleWish.model_validate_json(row.wish))
        calls = GoogleCalls(client, GrantedConsent(row.refresh_token, scopes))
        try:
            await calls.stop_watch(row.channel_id, row.channel_resource)
        except GoogleFailed as failed:
            if failed.failure in ("away", "slow"):
                return False
    return not row.revoke or await give_back(client, row.refresh_token)


def _of(link: GoogleLinkRow, *, revoke: bool) -> FarewellRow:
    return FarewellRow(
        new_id(),
        link.refresh_token or "",
        link.wish,
        link.channel_id,
        link.channel_resource,
        revoke,
        datetime.now(UTC),
    )
