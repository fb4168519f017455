"""Tracing by OpenTelemetry: spans go to the collector at RITMO_OTLP_URL, else this is not loaded.

A trace has the id that stands in problem documents, in logs and at what is parked. The span of the
HTTP request that began it has an id that is made of the trace's, so that whatever any process does
for the trace, however late, hangs below it: nothing but the trace id has to travel.
"""

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.engine.interfaces import ExecutionContext

from actors.runtime.version import version
from contracts import spans
from contracts.bus import trace_id
from contracts.spans import Attributes, Kind

MAX_STATEMENT = 2000
"""Characters of a statement that are shown; values are never in it."""

_begun: ContextVar[str] = ContextVar("begun", default="")
"""The trace whose first span is being made."""


def number_of(trace: str) -> int:
    """Return a trace as OpenTelemetry counts it; what is no such number is summed up as one."""
    if len(trace) == 32:
        try:
            return int(trace, 16)
        except ValueError:
            pass
    return int.from_bytes(hashlib.sha256(trace.encode()).digest()[:16])


def root_of(trace: str) -> int:
    """Return the id of the first span of a trace."""
    return int.from_bytes(hashlib.sha256(f"root {number_of(trace):032x}".encode()).digest()[:8])


class Ids(IdGenerator):
    """Ids of spans: random, but that of the first span of a trace."""

    def __init__(self) -> None:
        """Begin."""
        self._random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        """Return an id for a span."""
        return root_of(_begun.get()) if _begun.get() else self._random.generate_span_id()

    def generate_trace_id(self) -> int:
        """Return an id for a trace."""
        return number_of(_begun.get()) if _begun.get() else self._random.generate_trace_id()


class OtlpSpan:
    """A span of OpenTelemetry."""

    def __init__(self, span: otel.Span) -> None:
        """Wrap a span."""
        self._span = span

    def called(self, name: str, attributes: Attributes) -> None:
        """Give it another name, and more attributes."""
        self._span.update_name(name)
        self._span.set_attributes(attributes)


class OtlpTracer:
    """Notes spans for a collector that speaks OTLP over HTTP."""

    def __init__(self, part: str, exporter: SpanExporter) -> None:
        """Note spans of a part of Ritmo."""
        resource = Resource.create({"service.name": f"ritmo-{part}", "service.version": version()})
        self._provider = TracerProvider(resource=resource, id_generator=Ids())
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("ritmo")

    @contextmanager
    def open(self, name: str, kind: Kind, *, root: bool) -> Iterator[OtlpSpan]:
        """Note the work of a block, below what this task is in, or below the first of its trace."""
        span = self._started(name, kind, trace_id.get(), root=root)
        with otel.use_span(
            span, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield OtlpSpan(span)
            finally:
                if error := sys.exception():
                    span.set_attribute("error.type", type(error).__name__)

    def record(self, name: str, kind: Kind, trace: str, seconds: float) -> None:
        """Note work that has just ended."""
        now = time.time_ns()
        span = self._tracer.start_span(
            name, _below(trace), _kind(kind), start_time=now - int(seconds * 1e9)
        )
        span.end(now)

    def flush(self) -> None:
        """Send what was noted so far."""
        self._provider.force_flush()

    def stop(self) -> None:
        """Send what is left, and note nothing any more."""
        for name, listener in self._listeners():
            if event.contains(Engine, name, listener):
                event.remove(Engine, name, listener)
        self._provider.shutdown()

    def _started(self, name: str, kind: Kind, trace: str, *, root: bool) -> otel.Span:
        if root and trace:
            token = _begun.set(trace)
            try:
                return self._tracer.start_span(name, Context(), _kind(kind))
            finally:
                _begun.reset(token)
        current = otel.get_current_span().get_span_context()
        inside = current.is_valid and current.trace_id == number_of(trace)
        return self._tracer.start_span(name, None if inside else _below(trace), _kind(kind))

    def watch_statements(self) -> None:
        """Note what is asked of databases for a trace; statements of no trace are let pass."""
        for name, listener in self._listeners():
            event.listen(Engine, name, listener)

    def _listeners(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        return (
            ("before_cursor_execute", self._asks),
            ("after_cursor_execute", _answered),
            ("handle_error", _failed),
        )

    def _asks(
        self,
        connection: Connection,
        cursor: object,
        statement: str,
        values: object,
        context: ExecutionContext | None,
        many: bool,
    ) -> None:
        if context is None or not trace_id.get():
            return
        word = statement.split(None, 1)[0].upper() if statement.strip() else "SQL"
        span = self._started(word, "client", trace_id.get(), root=False)
        span.set_attributes(
            {"db.system.name": "postgresql", "db.query.text": statement[:MAX_STATEMENT]}
        )
        context.ritmo_span = span  # type: ignore[attr-defined]


def _answered(
    connection: Connection,
    cursor: object,
    statement: str,
    values: object,
    context: ExecutionContext | None,
    many: bool,
) -> None:
    span = getattr(context, "ritmo_span", None)
    if span is not None:
        cast("otel.Span", span).end()


def _failed(context: ExceptionContext) -> None:
    span = getattr(context.execution_context, "ritmo_span", None)
    if span is not None:
        span.set_attribute("error.type", type(context.original_exception).__name__)
        span.end()


def _kind(kind: Kind) -> SpanKind:
    return SpanKind[kind.upper()]


def _below(trace: str) -> Context:
    """Return the context of the first span of a trace, wherever that was noted."""
    if not trace:
        return Context()
    sampled = TraceFlags(TraceFlags.SAMPLED)
    first = SpanContext(number_of(trace), root_of(trace), is_remote=True, trace_flags=sampled)
    return otel.set_span_in_context(NonRecordingSpan(first))


def start(part: str, url: str) -> OtlpTracer:
    """Begin to note the spans of this process for the collector at `url`."""
    tracer = OtlpTracer(part, OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces"))
    tracer.watch_statements()
    spans.switch(tracer)
    return tracer
