"""A Ritmo with a bot, in a process of its own, to be killed."""

import asyncio

from actors.runtime.settings import Settings
from ops.platform import platform


def work(url: str, api: str, token: str) -> None:
    """Work on a database, for a bot that speaks to `api` by `token`, until killed."""
    asyncio.run(_work(url, api, token))


async def _work(url: str, api: str, token: str) -> None:
    given = {"database_url": url, "telegram_api": api, "telegram_token": token}
    settings = Settings.model_validate(given)
    address = settings.database()
    assert address is not None
    async with platform(settings, address) as here:
        here.courier.start()
        here.loops.start()
        await asyncio.Event().wait()
