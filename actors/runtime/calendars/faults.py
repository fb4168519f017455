"""Why a calendar cannot be had: by a code, and as it is said."""

from contracts.message import Invalid, Wrong

MAX_BYTES = 5 * 1024 * 1024
"""Bytes of a calendar, at most."""

MAX_COMPONENTS = 20_000
"""Events, to-dos, alarms and all else that begins and ends in one, at most."""

REASONS = {
    "calendar_address": (
        "This is not an address of a calendar: it begins with https:// or webcal://, and names a "
        "host."
    ),
    "calendar_private": (
        "This address leads into a private network. Whoever runs Ritmo can allow that: "
        "RITMO_ALLOW_PRIVATE_WEBHOOKS=true."
    ),
    "calendar_away": "There is no answer at this address, or it took too long.",
    "calendar_forbidden": "There is a calendar at this address, but it is not shown to Ritmo.",
    "calendar_gone": "There is nothing at this address.",
    "calendar_redirects": "This address leads from one to the next, and to no calendar.",
    "calendar_too_large": "The calendar is too large: {megabytes} MB and {parts} parts at most.",
    "calendar_none": "This is not a calendar (iCalendar, .ics).",
    "calendar_broken": "The calendar is broken; export it once more.",
    "calendar_not_text": "The calendar is not UTF-8 text; export it once more.",
    "calendar_too_slow": "The calendar takes too long to be read.",
}
"""Why a calendar cannot be had."""


class CalendarUnusable(Exception):
    """A calendar cannot be had; `code` is a key of `REASONS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refusal_of(code: str, pointer: str) -> Invalid:
    """Say why a calendar cannot be had; `pointer` names the field that leads there."""
    text = REASONS.get(code, REASONS["calendar_broken"])
    if code == "calendar_too_large":
        return Invalid(code, text, megabytes=MAX_BYTES >> 20, parts=MAX_COMPONENTS)
    return Invalid(code, text, fields=(Wrong(pointer=pointer, detail=text),))
