"""The outermost layer: trace, bounds of a body, CORS, security headers, figures, no bare failure.

Plain ASGI, since every request pays for it.
"""

import re
import secrets
import time
from collections.abc import Iterable
from typing import Any

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.bus import trace_id
from contracts.spans import span
from contracts.speech import say
from gateway.body import BodyStream, too_large
from gateway.bounds import MAX_AUTH_BODY_BYTES, MAX_BODY_BYTES, MAX_UPLOAD_BYTES
from gateway.language import known_language, liked
from gateway.problems import problem
from gateway.visit import KEY, Visit, observe

log = structlog.get_logger()

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")

API_CSP = b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
UNLESS_GIVEN: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", API_CSP),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")

EXPOSED = b"ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"
PREFLIGHT: tuple[tuple[bytes, bytes], ...] = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match, If-None-Match,"
        b" Last-Event-ID, X-Request-Id, Traceparent",
    ),
    (b"access-control-max-age", b"600"),
)


def trace_of(headers: dict[bytes, bytes]) -> str:
    """Return the trace that a caller named (W3C Trace Context, or X-Request-Id), or a new one."""
    if parent := _TRACEPARENT.fullmatch(headers.get(b"traceparent", b"")):
        return parent[1].decode()
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


GONE = 499
"""The status, in figures alone, of a request whose client went away (nginx's)."""


class EdgeMiddleware:
    """Wraps an application. `large` are paths that take `large_bytes`; others `most_bytes`."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Iterable[str] = (),
        hosts: Iterable[str] = (),
        most_bytes: int = MAX_BODY_BYTES,
        large_bytes: int = MAX_UPLOAD_BYTES,
        large: Iterable[str] = ("/v1/import",),
    ) -> None:
        """Wrap `app`; `origins` are the web origins that may call it, matched exactly.

        `hosts` are the names, without a port, under which it is reached; none means any.
        """
        self.app = app
        self.origins = frozenset(origin.encode() for origin in origins)
        self.hosts = frozenset(host.lower().encode() for host in hosts)
        self.most_bytes = most_bytes
        self.auth_bytes = min(most_bytes, MAX_AUTH_BODY_BYTES)
        self.large_bytes = large_bytes
        self.large = frozenset(large)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request; other protocols pass."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if head := scope["method"] == "HEAD":
            # As GET, whatever the route is, and without the body (RFC 9110, section 9.3.2).
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        began = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        visit = scope[KEY] = Visit(trace_of(headers))
        visit.head = head
        token = trace_id.set(visit.trace_id)
        answer = _Answer(send, self._extra(scope, headers, visit), visit)
        try:
            early = (
                self._misdirected(scope, headers)
                or self._refusal(scope, headers)
                or self._preflight(scope, headers)
            )
            with span("HTTP", "server", root=True) as noted:
                if early is not None:
                    await early(scope, receive, answer)
                else:
                    await self._run(scope, self._bounded(scope, headers, receive), answer)
                name = f"{scope['method']} {getattr(scope.get('route'), 'path', '-')}"
                noted.called(name, {"http.response.status_code": answer.status})
        finally:
            trace_id.reset(token)
            observe(scope, answer.status, time.perf_counter() - began)

    async def _run(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        """Run the application; what it did not expect becomes a problem document."""
        try:
            await self.app(scope, receive, answer)
        except ClientDisconnect:
            answer.status = answer.status or GONE
        except Exception:  # the last line before a person: a problem document, never a bare 500
            # The route, not the path: links in mails carry a token there.
            route = getattr(scope.get("route"), "path", "-")
            log.exception("broken", route=route, trace_id=trace_id.get())
            if answer.status:
                raise
            language = known_language(scope)
            text = "Something broke on our side. Its trace is {trace_id}."
            said = say(language, text, {"trace_id": trace_id.get()})
            await problem(scope, 500, "broken", said, language)(scope, receive, answer)

    def _extra(
        self, scope: Scope, headers: dict[bytes, bytes], visit: Visit
    ) -> list[tuple[bytes, bytes]]:
        """List the headers that every answer carries."""
        extra = [*SECURITY, (b"x-request-id", visit.trace_id.encode())]
        if scope["scheme"] == "https":
            extra.append(HSTS)
        if self.origins:
            extra.append((b"vary", b"Origin"))
            origin = headers.get(b"origin")
            if origin in self.origins:
                extra.append((b"access-control-allow-origin", origin))
                extra.append((b"access-control-expose-headers", EXPOSED))
        return extra

    def _preflight(self, scope: Scope, headers: dict[bytes, bytes]) -> Response | None:
        """Answer a browser that asks whether it may call."""
        if scope["method"] != "OPTIONS" or b"access-control-request-method" not in headers:
            return None
        if headers.get(b"origin") not in self.origins:
            language = liked(scope)
            text = "This web origin may not call Ritmo; its operator can allow it."
            return problem(scope, 403, "origin_not_allowed", say(language, text), language)
        answer = Response(status_code=204)
        answer.raw_headers.extend(PREFLIGHT)
        return answer

    def _most(self, scope: Scope) -> int:
        """Return how many bytes of body this path takes."""
        if scope["path"] in self.large:
            return self.large_bytes
        return self.auth_bytes if scope["path"].startswith("/v1/auth/") else self.most_bytes

    def _misdirected(self, scope: Scope, headers: dict[bytes, bytes]) -> Response | None:
        """Refuse a request that names no host, several (RFC 9112, 3.2), or a strange one."""
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) > 1 or (not named and scope["http_version"] == "1.1"):
            text = "A request names one Host."
            return problem(
                scope, 400, "bad_host", say(known_language(scope), text), known_language(scope)
            )
        if not self.hosts or (named and _name(named[0]) in self.hosts):
            return None
        text = "Ritmo is not reached under this name; its operator can allow it."
        return problem(
            scope, 421, "unknown_host", say(known_language(scope), text), known_language(scope)
        )

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> Response | None:
        """Refuse a body that announces itself as too large."""
        length = headers.get(b"content-length")
        if length is None or (length.isdigit() and int(length[:20]) <= self._most(scope)):
            return None
        error, language = too_large(self._most(scope)), liked(scope)
        said = say(language, error.text, error.params)
        answer = problem(scope, 413, error.code, said, language)
        answer.headers["Connection"] = "close"
        return answer

    def _bounded(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        """Bound what is received, if there is a body (RFC 9112, section 6.3)."""
        if b"transfer-encoding" in headers or b"content-length" in headers:
            return BodyStream(receive, self._most(scope)).receive
        return receive


def _without_body(send: Send) -> Send:
    """Send an answer on without its body; its headers stay, Content-Length as well."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            if message.get("more_body", False):
                return
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return sent


class _Answer:
    """Sends an answer on, with the headers that every answer carries."""

    __slots__ = ("_extra", "_send", "_visit", "status")

    def __init__(self, send: Send, extra: list[tuple[bytes, bytes]], visit: Visit) -> None:
        self._send = send
        self._extra = extra
        self._visit = visit
        self.status = 0

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message["headers"])
            names = {name for name, _ in headers}
            headers += self._extra
            headers += self._visit.headers
            headers += [pair for pair in UNLESS_GIVEN if pair[0] not in names]
            message["headers"] = headers
        await self._send(message)


def _name(host: bytes) -> bytes:
    """Return a Host without its port."""
    name, colon, port = host.lower().rpartition(b":")
    return name if colon and port.isdigit() else host.lower()
