"""A Ritmo with a bot, in a process of its own, to be killed: `python -m tests.chaos.chat_room`.

It takes the address of the database, that of the Bot API server, and the token.
"""

import asyncio
import sys

from actors.runtime.settings import Settings
from ops.platform import platform


async def run(url: str, api: str, token: str) -> None:
    """Work until killed."""
    given = {"database_url": url, "telegram_api": api, "telegram_token": token}
    settings = Settings.model_validate(given)
    address = settings.database()
    assert address is not None
    async with platform(settings, address) as here:
        here.courier.start()
        here.loops.start()
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
