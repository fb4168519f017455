"""Ranges of days that are asked for: both ends included, each perhaps open."""

from datetime import date

from contracts.message import Invalid, Wrong


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
