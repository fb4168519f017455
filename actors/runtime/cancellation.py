"""Cancelling what runs in the background, until it has ended."""

import asyncio
from collections.abc import Iterable

AGAIN = 1.0
"""Seconds after which a task that goes on is cancelled again."""


async def cancel(tasks: Iterable[asyncio.Task[object] | asyncio.Task[None] | None]) -> None:
    """Cancel tasks and wait for their end.

    One cancellation may get lost: where it comes while a transaction is ended on a line that is
    broken, the broken line is what the task hears of.
    """
    left = {task for task in tasks if task is not None and not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)
