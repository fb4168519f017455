"""Which scopes an operation needs: those of all that its route asks.

A route names the contracts that it asks; they are read off its code, and off that of the functions
of the gateway that it calls. They are checked before the first of them is asked, so that nothing is
half done, and told in the OpenAPI document. Each room checks its own again.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from inspect import isclass, isfunction
from types import CodeType
from typing import Any, get_type_hints

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from contracts.message import Asked, Denied
from contracts.principal import Principal
from contracts.scopes import scope_of


@cache
def scopes_of(endpoint: Callable[..., Any]) -> list[str]:
    """Return the scopes that a caller needs for all that a route asks, in order.

    Not before its module is whole: a function that stands below the route asks as well.
    """
    said = (one for one in get_type_hints(endpoint).values() if isclass(one))
    asked = {*asks_of(endpoint, set()), *(one for one in said if issubclass(one, Asked))}
    return sorted({scope_of(one) for one in asked if not one.public})


def asks_of(function: Callable[..., Any], seen: set[object]) -> Iterator[type[Asked[Any]]]:
    """Yield the contracts that a function names, and those of what it calls in the gateway."""
    if function in seen or not isfunction(function):
        return
    seen.add(function)
    for name in names_of(function.__code__):
        found = function.__globals__.get(name)
        if isclass(found) and issubclass(found, Asked):
            yield found
        elif isfunction(found) and found.__module__.startswith("gateway."):
            yield from asks_of(found, seen)


def names_of(code: CodeType) -> Iterator[str]:
    """Yield the names that a code uses, and those of the functions and comprehensions in it."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from names_of(inner)


def check_scopes(who: Principal, endpoint: Callable[..., Any]) -> None:
    """Refuse with `Denied` who came with a personal token that does not hold all that is needed.

    A session needs no check here: it may all, but for what is for administrators.
    """
    if who.token_id is None:
        return
    for scope in scopes_of(endpoint):
        if not who.may(scope):
            raise Denied("denied", "You may not do this: it needs “{scope}”.", scope=scope)


def tell_scopes(document: dict[str, Any], routes: Iterable[BaseRoute]) -> None:
    """Say of every operation for people which scopes it needs."""
    for route in routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            if {"bearer": []} in operation.get("security", ()):
                # A route that asks nothing says itself which scopes do, each of them alone.
                ways = [way["bearer"] for way in operation["security"] if way["bearer"]]
                _tell(operation, ways or [scopes_of(route.endpoint)])


def _tell(operation: dict[str, Any], ways: list[list[str]]) -> None:
    """Say which scopes an operation needs, where programs and where people look for it."""
    operation["security"] = [{"bearer": scopes} for scopes in ways]
    listed = " or ".join(", ".join(f"`{scope}`" for scope in scopes) for scopes in ways)
    words = "Scope" if ways == [ways[0][:1]] else "Scopes"
    operation["description"] = f"{operation['description']}\n\n{words}: {listed}."
