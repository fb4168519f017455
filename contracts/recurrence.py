"""The part of RFC 5545 recurrence rules that a habit may use, checked as text."""

import re
from datetime import date

from contracts.speech import Unfit

_NUMBERS = r"[+-]?\d{1,3}(,[+-]?\d{1,3})*"
_PARTS = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
    "BYDAY": r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU))*",
    "BYMONTH": r"\d{1,2}(,\d{1,2})*",
    "BYMONTHDAY": _NUMBERS,
    "BYYEARDAY": _NUMBERS,
    "BYWEEKNO": _NUMBERS,
    "BYSETPOS": _NUMBERS,
}
_LARGEST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_WEEKS = 53
_EXAMPLE = "FREQ=WEEKLY;BYDAY=MO,TH"
_WRONG = (
    "{part} cannot be used in the rule of a habit; write it as in RFC 5545, for example {example}"
)


def parts_of(rule: str) -> dict[str, str]:
    """Split a rule into its parts by name, in the order they were written."""
    return dict(part.split("=", 1) for part in rule.split(";"))


def plain_rule(text: str) -> str:
    """Return the rule in its plain form. Raises `ValueError` with the part that is wrong."""
    rule = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    if not all("=" in part for part in rule.split(";")):
        text = "this is not a recurrence rule; write it as in RFC 5545, for example {example}"
        raise Unfit(text, example=_EXAMPLE)
    parts = parts_of(rule)
    if len(parts) != rule.count(";") + 1:
        raise ValueError("each part of a recurrence rule may be given once")
    if "UNTIL" in parts:
        parts["UNTIL"] = parts["UNTIL"].split("T")[0]
    for name, value in parts.items():
        _check(name, value)
    _check_together(parts)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _check(name: str, value: str) -> None:
    """Refuse an unknown part, or a value that it cannot have."""
    if name not in _PARTS:
        raise Unfit("{part} cannot be used in the rule of a habit", part=name)
    if not re.fullmatch(_PARTS[name], value, re.ASCII):
        raise Unfit(_WRONG, part=f"{name}={value}", example=_EXAMPLE)
    if name == "UNTIL":
        _check_day(value)
    if name in _LARGEST:
        for number in map(int, value.split(",")):
            if not 1 <= abs(number) <= _LARGEST[name]:
                raise Unfit("{part} cannot be {number}", part=name, number=number)

    if name == "BYDAY":
        for number in map(int, re.findall(r"\d+", value)):
            if not 1 <= number <= _WEEKS:
                raise Unfit(_WRONG, part=f"BYDAY={value}", example=_EXAMPLE)


def _check_day(value: str) -> None:
    """Refuse a day that no calendar has."""
    try:
        date.fromisoformat(value)
    except ValueError:
        raise Unfit("{part} is not a day; write it as 20301231", part=f"UNTIL={value}") from None


def _check_together(parts: dict[str, str]) -> None:
    """Refuse parts that exclude each other, and a rule that does not say how often."""
    if "FREQ" not in parts:
        text = "a recurrence rule needs FREQ; write it as in RFC 5545, for example {example}"
        raise Unfit(text, example=_EXAMPLE)
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other")
    by = {name for name in parts if name.startswith("BY")} - {"BYSETPOS"}
    if "BYSETPOS" in parts and not by:
        raise ValueError("BYSETPOS needs another BY part to choose from")
    numbered = re.search(r"\d", parts.get("BYDAY", ""))
    if numbered and (parts["FREQ"] not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
        raise ValueError("a numbered weekday, such as 2TU, needs FREQ=MONTHLY or FREQ=YEARLY")
    if "BYWEEKNO" in parts and parts["FREQ"] != "YEARLY":
        raise ValueError("BYWEEKNO needs FREQ=YEARLY")
    if "BYYEARDAY" in parts and parts["FREQ"] in ("WEEKLY", "MONTHLY"):
        raise ValueError("BYYEARDAY needs FREQ=DAILY or FREQ=YEARLY")
