"""The gateway, put together: a bus and a verifier come in, an application goes out."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter, FastAPI

import gateway
from contracts.bus import Bus
from contracts.health import State
from contracts.principal import Verifier
from contracts.speech import LANGUAGES
from gateway import web
from gateway.answers import JSON
from gateway.bounds import (
    HASH_SECONDS,
    MAX_BODY_BYTES,
    MAX_HASHES,
    MAX_HASHES_WAITING,
    MAX_UPLOAD_BYTES,
)
from gateway.bulkhead import Bulkhead
from gateway.deps import Door
from gateway.documents import Document
from gateway.edge import EdgeMiddleware
from gateway.limits import Limiter, Policy
from gateway.openapi import document
from gateway.overload import Overload
from gateway.problems import speak_problems
from gateway.web.plain import HTML
from gateway.web.status import documentation

FIRST = ("check_ins", "today", "habits")
"""Resources that are asked most come first: routes are tried in order. No route hides another."""


def _routers() -> list[APIRouter]:
    """Find the resources, and the pages: each module of the gateway that has a `router`."""
    names = {found.name for found in iter_modules(gateway.__path__)}
    pages = [f"web.{found.name}" for found in iter_modules(web.__path__)]
    modules = [
        import_module(f"gateway.{name}")
        for name in (*FIRST, *sorted(names.difference(FIRST)), *pages)
    ]
    routers = [getattr(module, "router", None) for module in modules]
    return [router for router in routers if isinstance(router, APIRouter)]


ROUTERS = _routers()


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What can be set. Rates are requests per minute; `login_per_minute` is for each address.

    `base_url` is where people reach Ritmo; the Host header is never believed, and with
    `trusted_hosts` no other is taken. `metrics_token` opens /metrics beyond this machine.
    `import_patience` is how many seconds a caller waits for the account of an import.
    """

    base_url: str = ""
    trusted_hosts: tuple[str, ...] = ()
    metrics_token: str | None = None
    cors_origins: tuple[str, ...] = ()
    rate_per_minute: int = 600
    login_per_minute: int = 10
    redis_url: str | None = None
    body_bytes: int = MAX_BODY_BYTES
    import_bytes: int = MAX_UPLOAD_BYTES
    import_patience: float = 6.0


async def _unwatched() -> list[State]:
    """Know of no parts."""
    return []


def open_gateway(
    bus: Bus,
    verifier: Verifier,
    settings: GatewaySettings | None = None,
    *,
    title: str = "Ritmo",
    version: str = "0",
    ready: Callable[[], Awaitable[list[State]]] = _unwatched,
    asyncapi: Callable[[], str] | None = None,
) -> FastAPI:
    """Open the gateway on a bus.

    `ready` tells how each part is; `asyncapi` writes the AsyncAPI document.
    While `app.state.draining` is true, /readyz answers 503.
    """
    settings = settings or GatewaySettings()
    base_url = settings.base_url.rstrip("/")
    app = FastAPI(
        title=title,
        version=version,
        servers=[{"url": base_url or "/"}],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.draining = False
    hashing = Bulkhead(MAX_HASHES, MAX_HASHES_WAITING, HASH_SECONDS)
    app.state.door = Door(
        bus=bus,
        verifier=verifier,
        limiter=Limiter(settings.redis_url),
        person=Policy("person", settings.rate_per_minute),
        address=Policy("address", settings.rate_per_minute),
        register=Policy("register", settings.login_per_minute),
        ready=ready,
        openapi=Document(lambda: json.dumps(app.openapi(), ensure_ascii=False), JSON),
        docs={
            language: Document(partial(documentation, app, base_url, language), HTML)
            for language in LANGUAGES
        },
        asyncapi=Document(asyncapi, JSON) if asyncapi else None,
        hashing=hashing,
        returning=Bulkhead(MAX_HASHES, MAX_HASHES_WAITING, HASH_SECONDS),
        base_url=base_url,
        metrics_token=settings.metrics_token,
        patience=settings.import_patience,
    )
    for router in ROUTERS:
        # Plain routes: an included router would be looked through a second time on each request.
        app.router.routes.extend(router.routes)
    speak_problems(app)
    app.add_middleware(Overload, hashing=hashing)
    app.add_middleware(
        EdgeMiddleware,
        origins=settings.cors_origins,
        hosts=settings.trusted_hosts,
        most_bytes=settings.body_bytes,
        large_bytes=settings.import_bytes,
    )
    app.openapi = partial(document, app)  # type: ignore[method-assign]
    return app
