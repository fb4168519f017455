"""A call of the Bot API: how it is made of a row, when it is of no use any more, what it made."""

import base64
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from actors.telegram.errors import taken
from storage.telegram.calls import Call

if TYPE_CHECKING:
    from aiogram.methods import TelegramMethod

FREE = ("answerCallbackQuery", "answerInlineQuery")
"""Calls that send nothing into a chat."""


class MadeMessage(NamedTuple):
    """A message as Telegram has it: its number, and the name of its picture."""

    message_id: int | None
    file_id: str


def made_of(error: Exception) -> MadeMessage | None:
    """Return the message that was made by a call whose answer could not be read otherwise."""
    result = getattr(error, "data", {}).get("result") if taken(error) else None
    number = result.get("message_id") if isinstance(result, dict) else None
    return MadeMessage(number if isinstance(number, int) else None, "")


def too_late(call: Call, now: datetime) -> bool:
    """Tell whether a call is of no use any more."""
    if call.useful_until is not None:
        return now > call.useful_until
    return call.method in FREE and now - call.created_at > timedelta(minutes=5)


def is_new(method: str) -> bool:
    """Tell whether a call makes a message; made twice, there would be two."""
    return method.startswith("send")


def method_of(call: Call) -> "TelegramMethod[Any]":
    """Make the call for aiogram; files are written in base64 in it."""
    from aiogram import methods
    from aiogram.types import BufferedInputFile

    body = json.loads(call.body)
    for name in ("photo", "document"):
        if isinstance(body.get(name), dict):
            data = base64.b64decode(body[name]["base64"])
            body[name] = BufferedInputFile(data, body[name]["name"])
    kind = getattr(methods, call.method[0].upper() + call.method[1:])
    made: TelegramMethod[Any] = kind(**body)
    return made
