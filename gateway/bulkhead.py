"""A bulkhead: few do something dear at once, some wait, and more are told to come again."""

import asyncio
from types import TracebackType

from contracts.message import Unavailable


class Bulkhead:
    """Lets `at_once` through `async with`; `waiting` more wait for their turn, for some `seconds`.

    Refuses with `Unavailable` (`busy`) whoever comes then, or has waited for so long.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        """Begin with nobody in it."""
        self._turns = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._free = at_once + waiting

    @property
    def full(self) -> bool:
        """Tell whether whoever comes now is refused."""
        return not self._free

    async def __aenter__(self) -> None:
        if self.full:
            raise busy()
        self._free -= 1
        entered = False
        try:
            async with asyncio.timeout(self._seconds):
                await self._turns.acquire()
            entered = True
        except TimeoutError:
            raise busy() from None
        finally:
            self._free += not entered

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._turns.release()
        self._free += 1


def busy() -> Unavailable:
    """Tell somebody to come again."""
    return Unavailable("busy", "Many people are logging in; try again.", retry_after=2)
