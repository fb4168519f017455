"""A habit in one line, as people write it after /add: “Run 3x/week 5 km at 7:30”. Pure.

What is understood is taken out of the line: how often, how much, when to be reminded. What is left
is the name.
"""

import re
from dataclasses import dataclass, field

WEEK = {
    "mon": ("mon", "monday", "mondays", "пн", "понедельник", "понедельникам"),
    "tue": ("tue", "tuesday", "tuesdays", "вт", "вторник", "вторникам"),
    "wed": ("wed", "wednesday", "wednesdays", "ср", "среда", "среду", "средам"),
    "thu": ("thu", "thursday", "thursdays", "чт", "четверг", "четвергам"),
    "fri": ("fri", "friday", "fridays", "пт", "пятница", "пятницу", "пятницам"),
    "sat": ("sat", "saturday", "saturdays", "сб", "суббота", "субботу", "субботам"),
    "sun": ("sun", "sunday", "sundays", "вс", "воскресенье", "воскресеньям"),
}
"""What people call the days of the week."""

_DAY = {word: day for day, words in WEEK.items() for word in words}
_DAYS = "|".join(sorted(_DAY, key=len, reverse=True))
_END = r"(?![^\W\d_])"
_TIMES = re.compile(
    r"(\d{1,3})\s*(?:x|×|х|times?|раза?|р\.?)\s*(?:/|per|an?|each|в|за)?\s*"
    rf"(week|wk|w|неделю|нед\.?|month|mo|m|месяц|мес\.?){_END}",
    re.IGNORECASE,
)
_EVERY = re.compile(
    rf"(?:every|each|кажды[еийx])\s+(\d{{1,3}})\s*(?:days?|дня|дней|день|дн\.?){_END}",
    re.IGNORECASE,
)
_OTHER = re.compile(rf"(?:every other day|через день){_END}", re.IGNORECASE)
_DAILY = re.compile(
    rf"(?:every\s*day|daily|each day|каждый день|ежедневно|/\s*day|/\s*день){_END}", re.IGNORECASE
)
_WEEKLY = re.compile(rf"(?:weekly|every week|once a week|еженедельно|раз в неделю){_END}", re.I)
_WORKDAYS = re.compile(rf"(?:on\s+)?(?:weekdays|workdays|по будням){_END}", re.IGNORECASE)
_WEEKENDS = re.compile(rf"(?:on\s+)?(?:weekends?|по выходным){_END}", re.IGNORECASE)
_ON_DAYS = re.compile(
    rf"(?<![^\W\d_])(?:on\s+|по\s+)?((?:{_DAYS})(?:(?:\s*,\s*|\s+and\s+|\s+и\s+|\s+)(?:{_DAYS}))*){_END}",
    re.IGNORECASE,
)
_AT = re.compile(r"(?:(?<!\S)(?:at|в|@)\s*|@)([01]?\d|2[0-3])[:.]([0-5]\d)(?!\d)", re.IGNORECASE)
_TIME = r"(?:h|hrs?|hours?|min|mins|minutes?|ч|час(?:а|ов)?|мин(?:ут[аы]?)?)"
_DURATION = re.compile(rf"(\d+(?:[.,]\d+)?)\s*({_TIME}){_END}\.?", re.IGNORECASE)
_AMOUNT = re.compile(r"(\d+(?:[.,]\d{1,3})?)\s*([^\W\d_]{1,20}\.?)$")
_COUNT = re.compile(rf"(\d{{1,6}})\s*(?:x|×|times|раза?){_END}", re.IGNORECASE)
_QUIT = re.compile(r"^(?:no|quit|stop|без|бросить|не)\s+(?=\S)", re.IGNORECASE)


@dataclass(slots=True)
class HabitPlan:
    """What a line says of a habit; `fields` are those of `CreateHabit`, `at` when to remind."""

    name: str
    fields: dict[str, object] = field(default_factory=dict)
    at: str = ""


def plan_of(line: str) -> HabitPlan:
    """Read a line."""
    rest, plan = " ".join(line.split()), HabitPlan("")
    if found := _AT.search(rest):
        plan.at = f"{int(found[1]):02}:{found[2]}"
        rest = _without(rest, found)
    rest = _schedule(rest, plan)
    rest = _target(rest, plan)
    if _QUIT.match(rest):
        plan.fields["kind"] = "quit"
    plan.name = rest.strip(" ,;.-–—")
    return plan


def _without(line: str, found: re.Match[str]) -> str:
    return " ".join(f"{line[: found.start()]} {line[found.end() :]}".split())


def _schedule(rest: str, plan: HabitPlan) -> str:
    """Take out how often."""
    if found := _TIMES.search(rest):
        per = "month" if found[2].lower().startswith(("m", "м")) else "week"
        if 0 < int(found[1]) <= (7 if per == "week" else 31):
            plan.fields["schedule"] = {"every": "times", "times": int(found[1]), "per": per}
            return _without(rest, found)
    if (found := _EVERY.search(rest)) and 0 < int(found[1]) <= 366:
        plan.fields["schedule"] = {"every": "n_days", "n": int(found[1])}
        return _without(rest, found)
    if found := _OTHER.search(rest):
        plan.fields["schedule"] = {"every": "n_days", "n": 2}
        return _without(rest, found)
    if found := _WEEKLY.search(rest):
        plan.fields["schedule"] = {"every": "times", "times": 1, "per": "week"}
        return _without(rest, found)
    if found := _WORKDAYS.search(rest):
        plan.fields["schedule"] = {"every": "weekdays", "days": list(WEEK)[:5]}
        return _without(rest, found)
    if found := _WEEKENDS.search(rest):
        plan.fields["schedule"] = {"every": "weekdays", "days": list(WEEK)[5:]}
        return _without(rest, found)
    if found := _DAILY.search(rest):
        plan.fields["schedule"] = {"every": "day"}
        return _without(rest, found)
    if (found := _ON_DAYS.search(rest)) and (found.start() or found.end() < len(rest)):
        words = re.findall(_DAYS, found[1].lower())
        plan.fields["schedule"] = {"every": "weekdays", "days": [_DAY[word] for word in words]}
        return _without(rest, found)
    return rest


def _target(rest: str, plan: HabitPlan) -> str:
    """Take out how much."""
    if found := _DURATION.search(rest):
        seconds = 3600 if found[2].lower().startswith(("h", "ч")) else 60
        value = round(float(found[1].replace(",", ".")) * seconds)
        return _measured(rest, found, plan, "duration", float(value), "")
    if found := _COUNT.search(rest):
        return _measured(rest, found, plan, "count", float(found[1]), "")
    if (found := _AMOUNT.search(rest)) and found.start():
        return _measured(rest, found, plan, "amount", float(found[1].replace(",", ".")), found[2])
    return rest


def _measured(
    rest: str, found: re.Match[str], plan: HabitPlan, measure: str, value: float, unit: str
) -> str:
    if not 0 < value <= 1e9:
        return rest
    plan.fields |= {"measure": measure, "target": {"value": value}}
    if unit:
        plan.fields["unit"] = unit
    return _without(rest, found)
