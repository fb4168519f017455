"""How a part lets itself be watched: its log, its figures, its spans. Each as settings say."""

from collections.abc import Iterator
from contextlib import contextmanager

from actors.runtime.settings import Settings
from contracts import spans
from ops import logs


@contextmanager
def watched(settings: Settings, part: str) -> Iterator[None]:
    """Let a part be watched while it runs. What is not asked for is not loaded."""
    from ops.figures import show

    logs.set_up(settings.log_level)
    show(settings)
    if not settings.otlp_url:
        yield
        return
    from ops import tracer as tracers

    tracer = tracers.start(part, settings.otlp_url)
    try:
        yield
    finally:
        spans.switch(None)
        tracer.stop()
