"""Which updates a screen wants: presses by their verb, and words by the dialog they belong to."""

from typing import Any

from aiogram.filters import BaseFilter
from aiogram.types import CallbackQuery, Message

from actors.telegram.domain import Press, unpack
from actors.telegram.turn import Turn


class Pressed(BaseFilter):
    """Wants presses of some buttons; gives the press on as `press`."""

    def __init__(self, *verbs: str) -> None:
        """Want these."""
        self._verbs = verbs

    async def __call__(self, query: CallbackQuery) -> bool | dict[str, Any]:
        """Look at what a button is for."""
        press = unpack(query.data or "")
        return {"press": press} if press is not None and press.verb in self._verbs else False


class InDialog(BaseFilter):
    """Wants words that belong to a dialog; gives what that knows on as `dialog`."""

    def __init__(self, name: str) -> None:
        """Want those of this dialog."""
        self._name = name

    async def __call__(self, message: Message, turn: Turn) -> bool | dict[str, Any]:
        """Look whether the dialog is open, and these are no command."""
        dialog = turn.dialog()
        if dialog.get("name") != self._name or text_of(message).startswith("/"):
            return False
        return {"dialog": dialog}


def text_of(message: Message) -> str:
    """Return what was written, under a picture or by itself; empty if nothing was."""
    return (message.text or message.caption or "").strip()


def message_of(query: CallbackQuery) -> int | None:
    """Return the message under which a button was pressed, if it is known."""
    return query.message.message_id if query.message is not None else None


__all__ = ["InDialog", "Press", "Pressed", "message_of", "text_of"]
