"""The auth room itself, before its parts register with it."""

from actors.auth.tools import tools
from actors.runtime.room import Room
from actors.runtime.settings import Settings

room = Room("auth")


@room.opening
async def lay_out(settings: Settings) -> None:
    """Lay the tools out."""
    tools.open(settings)
