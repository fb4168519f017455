"""Spans: stretches of work by which a request is followed through every process that it touches.

Off, as they are by default, they do nothing and load nothing; `switch` turns them on. Their trace
is `contracts.bus.trace_id`. Names and attributes are ours: no secret, nothing that people wrote.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol

Kind = Literal["server", "client", "producer", "consumer", "internal"]
"""On which side of a carrier the work is, in OpenTelemetry's words."""

Attributes = Mapping[str, str | int]


class OpenSpan(Protocol):
    """A stretch of work that goes on."""

    def called(self, name: str, attributes: Attributes) -> None:
        """Give it another name, and more attributes, once they are known."""
        ...


class Tracer(Protocol):
    """Takes note of spans."""

    def open(self, name: str, kind: Kind, *, root: bool) -> AbstractContextManager[OpenSpan]:
        """Take note of the work of a block; `root`: it is the first of its trace."""
        ...

    def record(self, name: str, kind: Kind, trace: str, seconds: float) -> None:
        """Take note of work that has just ended, for a trace that others may share."""
        ...


class _Unseen:
    """A span that nobody takes note of."""

    def called(self, name: str, attributes: Attributes) -> None:
        """Do nothing."""


_UNSEEN = _Unseen()
_tracers: list[Tracer] = []


def switch(tracer: Tracer | None) -> None:
    """Have all spans of this process noted by `tracer`; None: by nobody."""
    _tracers[:] = [] if tracer is None else [tracer]


def watched() -> bool:
    """Tell whether anybody takes note."""
    return bool(_tracers)


@contextmanager
def span(name: str, kind: Kind = "internal", *, root: bool = False) -> Iterator[OpenSpan]:
    """Mark the work of a block as a span of the present trace."""
    if not _tracers:
        yield _UNSEEN
        return
    with _tracers[0].open(name, kind, root=root) as opened:
        yield opened


def record(name: str, kind: Kind, trace: str, seconds: float) -> None:
    """Mark work that has just ended and took so many seconds, as a span of `trace`."""
    if _tracers and trace:
        _tracers[0].record(name, kind, trace, seconds)
