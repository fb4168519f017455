"""What is changed so that a habit of another tracker fits in here, and how that is said. Pure."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from contracts.visible import visible

MAX_NAME, MAX_UNIT, MAX_TEXT, MAX_QUESTION, MAX_NOTE = 200, 30, 2000, 200, 2000
MAX_TAG = 50
MAX_TARGET = 1e9
MAX_DAYS = 366
"""Days of a window in which something is asked so many times, at most."""

SAYS = {
    "name_changed": "The name was changed so that it fits: at most {most} characters on one line.",
    "unit_cut": "The unit is longer than {most} characters and was cut.",
    "question_cut": "The question is longer than {most} characters and was cut.",
    "description_cut": "The description is longer than {most} characters and was cut.",
    "frequency_changed": (
        "It was asked for so many times in {days} days; here that is in {most} days, the longest "
        "time there is."
    ),
    "target_dropped": "A target below 0 makes no sense; the habit has none now.",
    "tags_dropped": "More than {most} tags; the others were left out.",
    "target_guessed": (
        "The file does not say how much is asked for; by its days it is at least {value}."
    ),
    "target_unknown": (
        "The file does not say how much is asked for; any amount counts as done until you say so."
    ),
    "downs_dropped": "It counts what was done; what was marked as bad is not taken over: {count}.",
    "never_due": "It was never due there; here it is laid aside.",
    "notes_cut": "Notes longer than {most} characters, which were cut: {count}.",
    "notes_loose": (
        "Notes on days without a check-in, which are not kept but stand in this account: {count}."
    ),
    "notes_unlisted": "More such notes than this account has room for: {count}.",
    "streak_in_weeks": "Streaks count whole weeks here, not days: 119 days are 17 weeks.",
    "streak_in_months": "Streaks count whole months here, not days.",
    "streak_in_days": "Streaks count whole periods of {days} days here, not single days.",
    "time_dropped": "It stood at {time} there; here a reminder can come at that time.",
    "archived_since": "Laid aside as it was there: since {day}, the day after its last entry.",
}
"""What to say of each change."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Changed(NamedTuple):
    """Something that is otherwise here: a key of `SAYS`, and what fills the sentence."""

    code: str
    params: Mapping[str, str | int | float] = MappingProxyType({})


def line(text: str, most: int) -> str:
    """Return a text on one line, without control characters and not too long.

    It is empty if there is nothing to see in it.
    """
    plain = visible(_CONTROLS.sub(" ", _SURROGATES.sub("", text)))
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"


def lines(text: str, most: int) -> str:
    """Return a text of some lines, without control characters and not too long."""
    plain = _CONTROLS_BUT_LINES.sub(" ", _SURROGATES.sub("", text.replace("\r\n", "\n"))).strip()
    return plain if len(plain) <= most else f"{plain[: most - 1].rstrip()}…"
