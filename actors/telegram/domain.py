"""What the bot reads and writes, without any I/O: presses of buttons, chats, lengths, pauses."""

import base64
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

MAX_TEXT, MAX_CAPTION, MAX_BUTTON, MAX_ALERT = 4096, 1024, 64, 200
"""UTF-16 units of a message, a caption, a button's label (by taste), and an alert."""

MAX_DATA = 64
"""Bytes of a button's data."""

MAX_ATTEMPTS = 6
"""How often an update is tried before it is given up."""

MAX_BURST = 60
"""Updates of one chat that are worked on within `BURST_WINDOW`; others wait until it is over."""

BURST_WINDOW = timedelta(minutes=1)

WARNING_REST = timedelta(hours=1)
"""Once in such a time a chat is told that it sent too much."""

SPACING = (1, 2, 5, 15, 30)
"""Seconds between these tries."""

_DATA = re.compile(
    r"([a-z_]{1,8})(?:\.([A-Za-z0-9_-]{22})?)?(?:\.([0-9]{1,7})?)?(?:\.([\w-]{1,12}))?"
)


class Press(NamedTuple):
    """A button that was pressed: what for, of which thing, on which day; nothing in it is trusted.

    `extra` is a word more, such as a number.
    """

    verb: str
    id: UUID | None = None
    day: date | None = None
    extra: str = ""


def pack(press: Press) -> str:
    """Write what a button is for: at most 52 bytes."""
    name = base64.urlsafe_b64encode(press.id.bytes).decode().rstrip("=") if press.id else ""
    day = str(press.day.toordinal()) if press.day else ""
    return f"{press.verb}.{name}.{day}.{press.extra}".rstrip(".")


def unpack(data: str) -> Press | None:
    """Read what a button is for; None if it is none of ours."""
    found = _DATA.fullmatch(data)
    if found is None:
        return None
    verb, name, day, extra = found.groups()
    if day is not None and not 0 < int(day) <= date.max.toordinal():
        return None
    return Press(
        verb,
        UUID(bytes=base64.urlsafe_b64decode(name + "==")) if name else None,
        date.fromordinal(int(day)) if day else None,
        extra or "",
    )


def units(text: str) -> int:
    """Count the UTF-16 units of a text, as Telegram does."""
    return len(text.encode("utf-16-le")) // 2


def fit(text: str, most: int) -> str:
    """Cut a text to so many UTF-16 units; one that was cut ends with an ellipsis."""
    if units(text) <= most:
        return text
    cut = text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", "ignore")
    return cut.rstrip() + "…"


def chat_of(update: Mapping[str, Any]) -> int:
    """Return the chat that an update belongs to, or the person; 0 if there is neither."""
    for said in update.values():
        if not isinstance(said, dict):
            continue
        message = said.get("message")
        for about in (message if isinstance(message, dict) else {}, said):
            chat = about.get("chat")
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
        sender = said.get("from")
        if isinstance(sender, dict) and isinstance(sender.get("id"), int):
            return int(sender["id"])
    return 0


def pause_after(attempts: int) -> timedelta:
    """Say how long to wait after so many tries."""
    return timedelta(seconds=SPACING[min(attempts, len(SPACING) - 1)])


def language_of(code: str | None) -> str:
    """Return the language of ours that comes closest to one of Telegram's."""
    return "ru" if (code or "").lower().split("-")[0] == "ru" else "en"
