"""Something that we depend on is away: said when it goes and when it is back, not in between."""

import time

import structlog

log = structlog.get_logger()


class Outage:
    """Whether `what` is away, as one part of this process sees it."""

    def __init__(self, what: str, part: str) -> None:
        """Begin with what is there."""
        self._what, self._part = what, part
        self._since: float | None = None

    def begins(self, why: str) -> None:
        """Say that it is away, and why; nothing while that is known."""
        if self._since is None:
            self._since = time.monotonic()
            log.warning(f"{self._what} away", part=self._part, why=why)

    def ends(self) -> None:
        """Say that it is back; nothing if it was never away."""
        if self._since is not None:
            seconds = round(time.monotonic() - self._since, 1)
            self._since = None
            log.info(f"{self._what} back", part=self._part, seconds=seconds)
