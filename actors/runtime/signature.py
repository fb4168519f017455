"""What a handler's signature says: the contract that it serves, its reply, what it is given."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_type_hints

from fast_depends.dependencies import Dependant

from contracts.message import Reply

P = TypeVar("P")


def signature(function: Callable[..., object]) -> tuple[Any, type[Reply] | None]:
    """Read the contract and the reply off a handler's annotations."""
    hints = get_type_hints(function)
    first = next(iter(inspect.signature(function).parameters))
    reply = hints.get("return")
    return hints[first], reply if isinstance(reply, type) and issubclass(reply, Reply) else None


def injected(function: Callable[..., Awaitable[P]]) -> Callable[[Any], Awaitable[P]]:
    """Resolve the dependencies of a handler once: each is a function without parameters."""
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)[1:]
    given = [_dependency(hints[name]) for name in names]

    async def call(message: Any) -> P:
        return await function(message, *[await give() for give in given])

    return call


def _dependency(annotation: Any) -> Callable[[], Awaitable[object]]:
    """Return the function behind an `Annotated[..., Depends(function)]`."""
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, Dependant):
            dependency: Callable[[], Awaitable[object]] = extra.dependency
            bare = not inspect.signature(dependency).parameters
            if bare and inspect.iscoroutinefunction(dependency):
                return dependency
    raise TypeError(f"{annotation} is no asynchronous dependency without parameters")
