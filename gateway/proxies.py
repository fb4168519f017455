"""Who called, as a proxy in front tells it; proxies may be given by the names of their hosts."""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

log = structlog.get_logger()

FRESH = 1.0
"""Seconds for which the addresses of a name are taken to hold."""

PATIENCE = 2.0
"""Seconds that a request waits for a name server."""

Lookup = Callable[[str], Awaitable[set[str]]]
"""Finds the addresses of a host."""


class TrustedProxies:
    """Wraps an application: `X-Forwarded-For` and `-Proto` are believed if a trusted proxy calls.

    A container has a name, and another address after each start: names are looked up when
    somebody calls who is not known to be a proxy, at most once in `FRESH` seconds.
    """

    def __init__(
        self, app: ASGIApp, trusted: str, lookup: Lookup | None = None, fresh: float = FRESH
    ) -> None:
        """Trust addresses, networks and host names, separated by commas; `*` trusts everybody."""
        words = [word.strip() for word in trusted.split(",") if word.strip()]
        self._app = app
        self._names = [word for word in words if is_name(word)]
        self._fixed = [word for word in words if not is_name(word)]
        self._found: set[str] = set()
        self._lookup = lookup or addresses
        self._fresh = fresh
        self._looked = float("-inf")
        self._looking = asyncio.Lock()
        self._inner = self._wrap()

    def trusts(self, host: str) -> bool:
        """Tell whether an address is that of a trusted proxy, as far as is known."""
        return host in self._inner.trusted_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request; its client and scheme are then the caller's."""
        caller = scope.get("client")
        if self._names and caller is not None and caller[0] not in self._found:
            await self._look()
        await self._inner(scope, receive, send)  # type: ignore[arg-type]  # the same, said twice

    async def _look(self) -> None:
        """Look the names up; who asks meanwhile waits for the same answer."""
        async with self._looking:
            if time.monotonic() - self._looked < self._fresh:
                return
            found: set[str] = set()
            for name in self._names:
                found |= await self._lookup(name)
            self._looked = time.monotonic()
            if found != self._found:
                self._found, self._inner = found, self._wrap(found)

    def _wrap(self, found: frozenset[str] | set[str] = frozenset()) -> ProxyHeadersMiddleware:
        trusted = self._fixed if self._fixed == ["*"] else [*self._fixed, *sorted(found)]
        return ProxyHeadersMiddleware(self._app, trusted)  # type: ignore[arg-type]


async def addresses(name: str) -> set[str]:
    """Return the addresses of a host; none if it is not known, or not in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            found = await asyncio.get_running_loop().getaddrinfo(
                name, None, type=socket.SOCK_STREAM
            )
    except OSError as error:  # TimeoutError is one
        log.debug("proxy not found", why=type(error).__name__)
        return set()
    return {str(place[0]) for *_, place in found}


def is_name(word: str) -> bool:
    """Tell a host name from an address, a network, and `*`."""
    if word == "*":
        return False
    try:
        ipaddress.ip_network(word, strict=False)
    except ValueError:
        return True
    return False
