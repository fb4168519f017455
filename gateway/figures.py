"""Figures of the gateway, for Prometheus: how many requests, of which kind, how long."""

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from prometheus_client import Histogram

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
