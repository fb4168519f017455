"""What is known of a request beside the request: its trace, and its standing at the limits."""

import re
from collections.abc import MutableMapping
from typing import Any, cast

from contracts.principal import Principal

KEY = "ritmo.visit"

STREAMS = "ritmo.streams"
"""Where, in the scope of a request, a connection leaves what notes that it carries a stream."""

_SECRET = re.compile(r"^(/v1/hooks/)[^/]*")
"""A path in which the secret of a hook stands."""


class Visit:
    """One request's way through the gateway."""

    __slots__ = ("caller", "head", "headers", "trace_id")

    def __init__(self, trace_id: str) -> None:
        """Begin a visit; `headers` (raw, lower case) are added to its answer.

        `caller` is who it is, once that was checked; `head`: only the headers are asked for.
        """
        self.trace_id = trace_id
        self.headers: list[tuple[bytes, bytes]] = []
        self.caller: Principal | None = None
        self.head = False


def visit_of(scope: MutableMapping[str, Any]) -> Visit:
    """Return the visit that a request belongs to."""
    return cast(Visit, scope[KEY])


def shown_path(path: str) -> str:
    """Return a path as it may be shown and kept: without the secret of a hook."""
    return _SECRET.sub(r"\1...", path)
