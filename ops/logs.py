"""How Ritmo logs: one line an event, for people on a terminal and as JSON elsewhere.

Exceptions are logged as their kind and place alone: their words may hold what people wrote.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping

import structlog


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


def set_up(level: str) -> None:
    """Begin to log at this level, to standard error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_words,
            structlog.dev.ConsoleRenderer() if person else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    logging.getLogger("aio_pika").setLevel(logging.CRITICAL)
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
