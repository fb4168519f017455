"""Resources are found, and what is found may stand in any order."""

import pkgutil
import re
from importlib import import_module

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

import gateway
from gateway import web
from gateway.app import FIRST, ROUTERS

SAMPLES = {"day": "2026-03-01", "channel": "mail", "picture": "habit.png", "token": "t" * 22}
"""What may stand in a path, where it is no id."""


def test_every_router_of_the_gateway_is_opened_once(app: FastAPI) -> None:
    modules = [
        import_module(f"{package.__name__}.{one.name}")
        for package in (gateway, web)
        for one in pkgutil.iter_modules(package.__path__)
    ]
    routers = [module.router for module in modules if hasattr(module, "router")]
    assert len(routers) > 15
    assert {id(router) for router in routers} == {id(router) for router in ROUTERS}
    assert len(ROUTERS) == len(routers)
    routes = [route for route in app.router.routes if isinstance(route, APIRoute)]
    assert len(routes) == sum(len(router.routes) for router in routers) > 100


def test_those_that_are_asked_most_come_first(app: FastAPI) -> None:
    first = sum(len(import_module(f"gateway.{name}").router.routes) for name in FIRST)
    paths = [getattr(route, "path", "") for route in app.router.routes[:first]]
    assert "/v1/habits/{habit_id}/check-ins/{day}" in paths
    assert paths.index("/v1/habits/{habit_id}/check-ins/{day}") == 0
    assert all(
        path.startswith(("/v1/habit", "/v1/check-ins", "/v1/t", "/v1/undo")) for path in paths
    )


def test_no_route_hides_another(app: FastAPI) -> None:
    """Whatever a route serves, no other does: so their order means nothing."""

    def sample(part: re.Match[str]) -> str:
        return SAMPLES.get(part[1].partition(":")[0], "01890a5d-ac96-774b-bcce-b302099a8057")

    hidden = []
    for route in (one for one in app.router.routes if isinstance(one, APIRoute)):
        for method in route.methods or ():
            path = re.sub(r"{([\w:]+)}", sample, route.path)
            scope: Scope = {"type": "http", "method": method, "path": path, "headers": []}
            serving = [one for one in app.router.routes if one.matches(scope)[0] is Match.FULL]
            if serving != [route]:
                hidden.append(f"{method} {route.path}")
    assert hidden == []
