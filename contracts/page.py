"""Pages of a list: how many things stand on one, and the cursor of the next; and ranges of days.

A cursor is opaque to whoever keeps it. Both ends of a range are included, each may be open.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import Field, TypeAdapter

from contracts.message import Invalid, Wrong

T = TypeVar("T")

Cursor = Annotated[str, Field(max_length=200)]
"""Where a page begins; only the room reads it."""

Limit = Annotated[int, Field(ge=1, le=500)]
"""How many things a page has, at most."""

WRONG_CURSOR = "This cursor is not one that Ritmo gave; begin with the first page."


def wrong_cursor(pointer: str = "/cursor") -> Invalid:
    """Say that a cursor is not one of ours; `pointer` is the field that it stands in."""
    return Invalid(
        "wrong_cursor", WRONG_CURSOR, fields=(Wrong(pointer=pointer, detail=WRONG_CURSOR),)
    )


class Cursors(Generic[T]):
    """Writes places in a list down, and reads them again."""

    def __init__(self, kind: TypeAdapter[T]) -> None:
        """Write places of this kind: what tells one thing of the list from all others."""
        self._kind = kind

    def write(self, place: T) -> str:
        """Write a place down."""
        return urlsafe_b64encode(self._kind.dump_json(place)).rstrip(b"=").decode()

    def read(self, cursor: str | None) -> T | None:
        """Read a place; None: the first page. Refuses with `Invalid` what was not written here."""
        if cursor is None:
            return None
        try:
            place = self._kind.validate_json(urlsafe_b64decode(cursor + "=="))
        except ValueError:
            raise wrong_cursor() from None
        if self.write(place) != cursor:
            raise wrong_cursor()
        return place


def read_id(cursor: str | None) -> UUID | None:
    """Read a cursor that is an id; None: the first page. Refuses with `Invalid`."""
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError:
        raise wrong_cursor() from None


def check_range(first: date | None, last: date | None) -> None:
    """Refuse a range that ends before it begins, with `Invalid` (`range_reversed`)."""
    if first is not None and last is not None and last < first:
        raise Invalid(
            "range_reversed",
            "The range ends before it begins: {first} to {last}.",
            fields=(Wrong(pointer="/to", detail="`to` lies before `from`"),),
            first=first.isoformat(),
            last=last.isoformat(),
        )
