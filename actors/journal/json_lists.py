"""Lists of a large JSON object, read element by element. Pure.

Python's parsers read a document in one go, and nothing else runs meanwhile: 40 MB take half a
second. One element is soon read.
"""

import re
from collections.abc import Callable, Mapping
from json import JSONDecoder
from typing import TypeVar

T = TypeVar("T")

_BLANK = re.compile(r"[ \t\r\n]*")


class Text:
    """A JSON text, and how far it is read. Raises ValueError where it is broken."""

    def __init__(self, text: str) -> None:
        """Begin to read."""
        self._text, self._place, self._decode = text, 0, JSONDecoder().raw_decode

    def sign(self, signs: str) -> str | None:
        """Read the next sign if it is one of these."""
        blank = _BLANK.match(self._text, self._place)
        self._place = blank.end() if blank else self._place
        sign = self._text[self._place : self._place + 1]
        if not sign or sign not in signs:
            return None
        self._place += 1
        return sign

    def expect(self, signs: str) -> str:
        """Read the next sign, which must be one of these."""
        sign = self.sign(signs)
        if sign is None:
            raise ValueError(f"not JSON at {self._place}")
        return sign

    def value(self) -> object:
        """Read a whole value."""
        self.sign("")
        value, self._place = self._decode(self._text, self._place)
        return value


def lists_of(text: str, kinds: Mapping[str, Callable[[object], T]]) -> dict[str, list[T]]:
    """Return the lists of an object that are named in `kinds`, each element read by its function.

    Other members are passed over. Raises ValueError for what is no object, or broken, and
    RecursionError for what is nested too deep.
    """
    json, found = Text(text), dict[str, list[T]]()
    ended = json.expect("{") == "{" and json.sign("}") == "}"
    while not ended:
        name = json.value()
        json.expect(":")
        read = kinds.get(name) if isinstance(name, str) else None
        if json.sign("["):
            elements, closed = list[T](), json.sign("]") == "]"
            while not closed:
                element = json.value()
                elements += [] if read is None else [read(element)]
                closed = json.expect(",]") == "]"
            if read is not None:
                found[str(name)] = elements
        else:
            json.value()
        ended = json.expect(",}") == "}"
    return found
