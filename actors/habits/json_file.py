"""A tracker's file that is one JSON document, read at once; nothing in it is taken for granted."""

import math
from collections.abc import Iterator
from typing import BinaryIO, cast

from pydantic import JsonValue
from pydantic_core import from_json

from contracts.message import Invalid

LARGEST = 16 << 20
"""Bytes of a document, at most: it is read in one piece."""

MAX_VALUES = 1_500_000
"""Values of a document, at most, counted by what parts them: each takes memory of its own."""

_FAR = 1e15


class Fields:
    """An object of a document: what is missing, or is of another kind, is empty."""

    def __init__(self, value: JsonValue) -> None:
        """Read the fields of an object; of anything else, none."""
        self._fields = value if isinstance(value, dict) else {}

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a field."""
        return name in self._fields

    def text(self, name: str) -> str:
        """Return a text."""
        found = self._fields.get(name)
        return found if isinstance(found, str) else ""

    def number(self, name: str) -> float | None:
        """Return a number."""
        return number_of(self._fields.get(name))

    def whole(self, name: str) -> int | None:
        """Return a whole number."""
        found = self.number(name)
        return int(found) if found is not None and found == int(found) else None

    def yes(self, name: str) -> bool | None:
        """Return yes or no; None: it is not said."""
        found = self._fields.get(name)
        return found if isinstance(found, bool) else None

    def items(self, name: str) -> list[JsonValue]:
        """Return a list."""
        found = self._fields.get(name)
        return found if isinstance(found, list) else []

    def texts(self, name: str) -> list[str]:
        """Return the texts of a list."""
        return [one for one in self.items(name) if isinstance(one, str)]

    def each(self, name: str) -> Iterator["Fields"]:
        """Return what is in a list, one by one; what is no object has no fields."""
        return map(Fields, self.items(name))

    def within(self, name: str) -> "Fields":
        """Return an object in this one."""
        return Fields(self._fields.get(name))


def number_of(value: JsonValue) -> float | None:
    """Return a number that can be reckoned with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _FAR and math.isfinite(value) else None


def document(file: BinaryIO) -> Fields:
    """Read a document. Refuses with `Invalid` what is too large, and what is no JSON object."""
    file.seek(0)
    data = file.read(LARGEST + 1)
    marks = sum(map(data.count, (b",", b"[", b"{")))
    if len(data) > LARGEST or marks > MAX_VALUES:
        text = "The file holds more than can be imported at once: {megabytes} MB, {values} values."
        raise Invalid("import_too_large", text, megabytes=LARGEST >> 20, values=MAX_VALUES)
    try:
        found = cast(JsonValue, from_json(data.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        text = "The file is not a whole JSON document; export it once more."
        raise Invalid("import_unreadable", text)
    return Fields(found)
