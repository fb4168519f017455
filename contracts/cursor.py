"""What rooms have in common where lists are read page by page: the refusal of a foreign cursor."""

from uuid import UUID

from contracts.message import Invalid, Wrong

WRONG_CURSOR = "This cursor is not one that Ritmo gave; begin with the first page."


def wrong_cursor(pointer: str = "/cursor") -> Invalid:
    """Say that a cursor is not one of ours; `pointer` is the field that it stands in."""
    return Invalid(
        "wrong_cursor", WRONG_CURSOR, fields=(Wrong(pointer=pointer, detail=WRONG_CURSOR),)
    )


def read_id(cursor: str | None) -> UUID | None:
    """Read a cursor that is an id; None: the first page. Refuses with `Invalid`."""
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError:
        raise wrong_cursor() from None
