"""Google Calendar for tests: a local server, a linked person, and syncs on order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from actors.calendar.google_attendance import GoogleSyncer
from actors.calendar.google_calls import client_of
from actors.calendar.handlers import room
from actors.runtime.delegation import RoomBus
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from contracts.google import ConnectGoogle, FinishGoogle, GetGoogle, GoogleLink, SyncGoogle
from tests.google_server import CLIENT_ID, CLIENT_SECRET, GoogleServer
from tests.rooms.tracking import Tracker


def settings_for(server: GoogleServer, **more: object) -> Settings:
    """Return settings for a Ritmo that knows a server as Google."""
    return settings_at(server.url, **more)


def settings_at(api: str, **more: object) -> Settings:
    """Return settings for a Ritmo that finds Google at an address."""
    given = {
        "google_client_id": CLIENT_ID,
        "google_client_secret": CLIENT_SECRET,
        "google_api": api,
        **more,
    }
    return Settings.model_validate(given)


@dataclass(frozen=True)
class Linked:
    """Somebody whose calendar is linked, and what syncs it."""

    server: GoogleServer
    tracker: Tracker
    syncer: GoogleSyncer
    carry: Callable[[], Awaitable[None]]

    async def sync(self) -> GoogleLink:
        """Sync until nothing is due: what is told by a sync is taken in, and synced again."""
        await self.tracker.ask(SyncGoogle())
        for _ in range(20):
            await self.carry()
            if not await self.syncer.look():
                return await self.tracker.ask(GetGoogle())
        raise AssertionError("there is no end to it")

    async def link(self, **wish: object) -> GoogleLink:
        """Link a calendar, as a person does."""
        begun = await self.tracker.ask(ConnectGoogle.model_validate(wish))
        state, code = self.server.consent(begun.url)
        finish = FinishGoogle(state=state, proof=begun.proof, code=code)
        return await self.tracker.bus.ask(finish)


async def open_syncer(
    engine: AsyncEngine, bus: LocalBus, server: GoogleServer, **more: object
) -> GoogleSyncer:
    """Open what syncs, as a replica of the room does."""
    settings = settings_for(server, **more)
    await room.open(settings)
    client = client_of(settings)
    assert client is not None
    return GoogleSyncer(engine, settings, RoomBus(bus, "calendar", engine), client)
