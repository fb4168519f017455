"""What went over the wire while Apprise sent a notice: it says whether that worked, not why.

In a child of the helper only: there each HTTP request that Apprise makes is looked at.
"""

from collections.abc import Mapping
from typing import Any

MOST_WAIT = 6 * 3600.0
"""Seconds for which a server may ask us to stay away."""

_PASSING = (408, 425, 429)


class Traffic:
    """The answers to the requests of one notice, in their order."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.statuses: list[int] = []
        self.wait: float | None = None
        self.unanswered = False

    def watch(self) -> None:
        """Look at every request from now on."""
        import requests

        traffic, plain = self, requests.Session.send

        def send(
            self: requests.Session, request: requests.PreparedRequest, **kwargs: Any
        ) -> requests.Response:
            try:
                answer = plain(self, request, **kwargs)
            except requests.exceptions.ReadTimeout:
                traffic.unanswered = True
                raise
            traffic.note(answer.status_code, answer.headers)
            return answer

        requests.Session.send = send  # type: ignore[method-assign]

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Note an answer."""
        self.statuses.append(status)
        asked = headers.get("Retry-After", "")
        self.wait = min(float(asked), MOST_WAIT) if asked.isascii() and asked.isdigit() else None

    def outcome(
        self, *, worked: bool, targets: int, connected: bool, refused_address: bool
    ) -> tuple[str, str, float | None]:
        """Say how it ended: kind and detail of an Outcome, and how long we are to wait.

        Sent is what Apprise says it sent, if anything went out at all. Where some of several
        targets took it, it is not sent again: they would get it twice.
        """
        if worked:
            return ("sent", "apprise", None) if connected else ("refused", "apprise_nowhere", None)
        taken = any(200 <= status < 300 for status in self.statuses)
        if taken and targets > 1:
            return "refused", "apprise_partly", None
        if refused_address:
            return "refused", "apprise_private", None
        if self.unanswered:
            return "unsure", "apprise_timeout", None
        status = self.statuses[-1] if self.statuses else 0
        if 300 <= status < 500 and status not in _PASSING:
            return "refused", f"apprise_http_{status}", None
        if status >= 300:
            return "later", f"apprise_http_{status}", self.wait
        return "later", "apprise_failed", None
