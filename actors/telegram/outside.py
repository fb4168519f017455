"""aiogram, imported when there is a token, and the bot that speaks through it.

`aiogram.types` builds all of its four hundred models when it is imported, though each could be
built when it is first used: that takes two seconds and a hundred megabytes (see the decision
record). Here it is kept from that. What this touches is private to aiogram: a test compares what
comes out with the plain import, and if it fails the plain import is what is left.
"""

import asyncio
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Optional, Union

import pydantic

from actors.runtime.settings import Settings

if TYPE_CHECKING:
    from aiogram import Bot

CALL_SECONDS = 15
"""Seconds that a call may take."""


_alone = threading.Lock()
"""Held by who imports: another who came meanwhile would find half of it."""


def load() -> None:
    """Import aiogram, with its models built when they are first used."""
    with _alone:
        if "aiogram" not in sys.modules:
            _load()


def _load() -> None:
    plain = pydantic.BaseModel.__dict__["model_rebuild"]

    def later(cls: type[pydantic.BaseModel], /, **given: Any) -> bool | None:
        """Build nothing of aiogram's now; what others build meanwhile, in their threads, is."""
        if cls.__module__.startswith("aiogram."):
            return None
        depth = int(given.pop("_parent_namespace_depth", 2)) + 1
        done: bool | None = plain.__func__(cls, _parent_namespace_depth=depth, **given)
        return done

    setattr(pydantic.BaseModel, "model_rebuild", classmethod(later))  # noqa: B010
    try:
        import aiogram.types as types
        from aiogram.methods.base import Response, TelegramMethod
    finally:
        setattr(pydantic.BaseModel, "model_rebuild", plain)  # noqa: B010
    names: dict[str, Any] = {name: getattr(types, name) for name in types.__all__}
    names |= {"List": list, "Optional": Optional, "Union": Union, "Literal": Literal}
    names["Default"] = vars(types)["_Default"] if "_Default" in vars(types) else _default()

    def rebuild(
        cls: type[pydantic.BaseModel],
        *,
        force: bool = False,
        raise_errors: bool = True,
        _parent_namespace_depth: int = 2,
        _types_namespace: Any = None,
    ) -> bool | None:
        """Build a model with the names of aiogram's types."""
        given = _types_namespace or names
        build = plain.__func__
        done: bool | None = build(
            cls, force=force, raise_errors=raise_errors, _types_namespace=given
        )
        return done

    logging.getLogger("aiogram").setLevel(
        logging.CRITICAL
    )  # who works with it says what went wrong
    for base in (types.TelegramObject, TelegramMethod, Response):
        setattr(base, "model_rebuild", classmethod(rebuild))  # noqa: B010


def _default() -> object:
    from aiogram.client.default import Default

    return Default


async def load_beside() -> None:
    """Import aiogram and the screens in a thread: whoever asks something meanwhile is answered."""
    await asyncio.to_thread(_load_all)


def _load_all() -> None:
    load()


def open_bot(settings: Settings) -> "Bot":
    """Open the bot; it connects when it is first used."""
    load()
    from aiogram import Bot
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    if settings.telegram_token is None:
        raise ValueError("there is no token")
    api = TelegramAPIServer.from_base(settings.telegram_api)
    session = AiohttpSession(api=api, timeout=CALL_SECONDS)
    return Bot(settings.telegram_token.get_secret_value(), session=session)


def raw_updates() -> "type[Any]":
    """Return the call that fetches updates as they are: one that is odd holds up no other."""
    load()
    from aiogram.methods.base import TelegramMethod

    class GetRawUpdates(TelegramMethod[list[dict[str, Any]]]):
        """Fetch updates."""

        __returning__: ClassVar[Any] = list[dict[str, Any]]
        __api_method__: ClassVar[str] = "getUpdates"
        offset: int | None = None
        limit: int = 100
        timeout: int
        allowed_updates: list[str]

    return GetRawUpdates
