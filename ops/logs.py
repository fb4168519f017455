"""How Ritmo logs: one line an event, for people on a terminal and as JSON elsewhere.

Exceptions are logged as their kind and place alone: their words may hold what people wrote. Every
line that a request brings about, in whatever process and however late, carries its trace id.
"""

import contextlib
import io
import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import TextIO, cast

import structlog

from contracts.bus import trace_id


def without_words(
    _: object, __: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Replace an exception by its kinds and the lines of code that it came through."""
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error
    if isinstance(error, BaseException):
        kinds = []
        cause: BaseException | None = error
        while cause is not None:
            kinds.append(f"{type(cause).__module__}.{type(cause).__name__}")
            cause = cause.__cause__ or cause.__context__
        frames = traceback.extract_tb(error.__traceback__)[-12:]
        event["error"] = " < ".join(kinds)
        event["at"] = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
    return event


def traced(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Add the trace of the request that is being worked on, if there is one."""
    if trace := trace_id.get():
        event.setdefault("trace_id", trace)
    return event


class Lossy(io.TextIOBase):
    """A stream on which a line that cannot be written is lost, and nobody is kept from work.

    Where the log is a file on a disk that is full, each line would raise OSError.
    """

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream`."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, if that can be done."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, if that can be done."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Tell whether a person reads along."""
        return self._stream.isatty()


def set_up(level: str) -> None:
    """Begin to log at this level, to standard error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    stream = cast("TextIO", Lossy(sys.stderr))
    person = stream.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            traced,
            without_words,
            structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(name)s: %(message)s")
    for library in ("aio_pika", "aiormq", "faststream"):
        # They log by the second while a broker is away; our lines say so, once (`outage`).
        logging.getLogger(library).setLevel(logging.CRITICAL)
