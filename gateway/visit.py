"""What is known of a request beside it: its trace, its standing at the limits, its figures."""

import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, cast

from prometheus_client import Histogram

from contracts.principal import Principal

KEY = "ritmo.visit"

STREAMS = "ritmo.streams"
"""Where, in the scope of a request, a connection leaves what notes that it carries a stream."""

_SECRET = re.compile(r"^(/v1/hooks/|/calendar/|/c/)[^/]*")
"""A path in which the secret of a hook, of a calendar, or of a link in a mail stands."""


class Visit:
    """One request's way through the gateway."""

    __slots__ = ("by_cookie", "caller", "head", "headers", "trace_id")

    def __init__(self, trace_id: str) -> None:
        """Begin a visit; `headers` (raw, lower case) are added to its answer.

        `caller` is who it is, once that was checked; `by_cookie`: that was told by the cookie of a
        browser; `head`: only the headers are asked for.
        """
        self.trace_id = trace_id
        self.headers: list[tuple[bytes, bytes]] = []
        self.caller: Principal | None = None
        self.by_cookie = False
        self.head = False


def visit_of(scope: MutableMapping[str, Any]) -> Visit:
    """Return the visit that a request belongs to."""
    return cast(Visit, scope[KEY])


def shown_path(path: str) -> str:
    """Return a path as it may be shown and kept: without the secret in it."""
    return _SECRET.sub(r"\1...", path)


BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8)

_seconds = Histogram(
    "ritmo_http_seconds",
    "Seconds from request to answer.",
    ("method", "route", "status"),
    buckets=BUCKETS,
)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


@lru_cache(maxsize=2048)
def _of(method: str, route: str, status: int) -> Any:
    return _seconds.labels(method, route, str(status))


def observe(scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
    """Count a request; paths are counted by route, so that ids do not multiply the figures."""
    method = scope["method"]
    route = getattr(scope.get("route"), "path", "-")
    _of(method if method in _METHODS else "other", route, status).observe(seconds)
