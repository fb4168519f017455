"""What a page is given, in its address or by a form: days, numbers and ids. None is trusted."""

from datetime import date
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from contracts.message import Invalid
from contracts.time import Day

MAX_DIGITS = 9
"""Digits of a number that is read: Python would refuse to read some thousands of them."""

_DAY: TypeAdapter[date] = TypeAdapter(Day)


def day_given(given: str) -> date | None:
    """Read a day of an address; None for today, and for what is no day that Ritmo knows."""
    try:
        return day_posted(given)
    except Invalid:
        return None


def day_posted(given: str) -> date | None:
    """Read a day of a form; None for today. Refuses with `Invalid`: nothing is logged elsewhere."""
    try:
        return _DAY.validate_python(given) if given else None
    except ValidationError:
        raise unread() from None


def number_given(given: str) -> int | None:
    """Read a whole number; None for what is none, or is too long."""
    return int(given) if given.isdecimal() and len(given) <= MAX_DIGITS else None


def id_given(given: str) -> UUID:
    """Read an id. Refuses with `Invalid`."""
    try:
        return UUID(given)
    except ValueError:
        raise unread() from None


def unread() -> Invalid:
    """Refuse a form that says nothing that could be meant."""
    return Invalid("invalid_form", "This form cannot be read. Go back and try again.")
