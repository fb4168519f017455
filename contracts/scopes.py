"""Scopes: what whoever holds a token may ask.

A session's token holds `user`, which stands for all that people may ask. A personal access token
holds some of `Scope` and nothing else: an area to read or to write. What only a person who has
logged in may ask (`account`), and what is for administrators (`admin`), no such token opens.
"""

from functools import cache
from typing import Any, Literal, get_args

from contracts.message import Asked, Query

USER = "user"
"""Stands for `account` and for every area."""

ACCOUNT = "account"
"""Passwords, sessions, tokens, and the end of the account: for people, not for machines."""

IMPORTS = "imports:write"
"""Files that are brought in, and how far that is: they fill habits and the journal alike."""

Scope = Literal[
    "analytics:read",
    "habits:read",
    "habits:write",
    "imports:write",
    "journal:read",
    "journal:write",
    "notifications:read",
    "notifications:write",
    "profile:read",
    "profile:write",
    "reminders:read",
    "reminders:write",
]
"""What a personal access token may be given: an area, to read or to write."""

GRANTABLE: tuple[Scope, ...] = get_args(Scope)


@cache
def scope_of(contract: type[Asked[Any]]) -> str:
    """Return the scope that an ask needs: what it says, or its room and whether it changes."""
    if contract.scope:
        return contract.scope
    area = contract.address.partition(".")[0]
    if area == "auth":
        return ACCOUNT
    return read_scope(area) if issubclass(contract, Query) else f"{area}:write"


def read_scope(area: str) -> str:
    """Return the scope that reads an area."""
    return f"{area}:read"


def includes(scopes: frozenset[str], needed: str) -> bool:
    """Tell whether somebody who holds `scopes` holds what is needed."""
    return needed in scopes or (USER in scopes and (needed == ACCOUNT or ":" in needed))
