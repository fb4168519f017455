"""What the room says in words: why a reminder comes when it does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from actors.reminders.occurrences import DAY
from actors.reminders.usual_time import Habitual
from contracts.quantity import MIN_STREAK
from contracts.reminders import NeverBecause, local_time
from contracts.speech import count, say
from storage.reminders.rules import FireRow, RuleRow

ON_DAYS = (
    "on Mondays",
    "on Tuesdays",
    "on Wednesdays",
    "on Thursdays",
    "on Fridays",
    "on Saturdays",
    "on Sundays",
)
NEVER: dict[NeverBecause, str] = {
    "off": "It is switched off.",
    "quiet_hours": "It always falls into your quiet hours, so it never comes.",
    "no_occurrence": "Its weekdays and the schedule of the habit have no day in common.",
    "habit_gone": "The habit is gone.",
    "archived": "The habit is laid aside.",
}
SILENT = {
    "done": "Last time it kept silent: it was done already.",
    "skipped": "Last time it kept silent: you had skipped the day.",
    "failed": "Last time it kept silent: the day was logged as failed.",
    "not_due": "Last time it kept silent: the habit did not ask for the day.",
    "archived": "Last time it kept silent: the habit was laid aside.",
    "on_break": "Last time it kept silent: you were on a break.",
    "habit_gone": "Last time it kept silent: the habit is gone.",
    "written": "Last time it kept silent: you had written in your diary.",
    "not_at_risk": "Last time it kept silent: no streak was at risk.",
    "not_silent_long": "Last time it kept silent: you had checked in.",
    "no_channel": "Last time it kept silent: none of its channels reaches you.",
    "account_disabled": "Last time it kept silent: the account was disabled.",
    "not_understood": "Last time it kept silent: its schedule could not be worked out.",
}


NEAR = 20
"""Minutes that the usual times of two days may lie apart to be the same to a person."""

DAYS = 7


def on_days(language: str, weekday: int | None) -> str:
    """Say on which day of the week, or on all."""
    if weekday is None:
        return say(language, "on all days")
    text = ON_DAYS[weekday]
    return say(language, text)


def usual_week(language: str, days: Sequence[Habitual]) -> tuple[str, ...]:
    """Say what is usual in a week, days on which it is about the same in one sentence."""
    groups = list[list[Habitual]]()
    for one in dict.fromkeys(days):
        like = next((group for group in groups if _alike(group[0], one)), None)
        if like is None:
            groups.append([one])
        else:
            like.append(one)
    return tuple(dict.fromkeys(_usual_on(language, group) for group in groups))


def _alike(one: Habitual, other: Habitual) -> bool:
    """Tell whether two days have their own usual times, and these are about the same."""
    if None in (one.weekday, other.weekday) or not (one.enough and other.enough):
        return False
    if abs(_after(one.usual, other.usual)) > NEAR:
        return False
    if one.proposed is None or other.proposed is None:
        return one.proposed is other.proposed
    return abs(_after(one.proposed, other.proposed)) <= NEAR


def _after(first: int, second: int) -> int:
    """Return by how many minutes a time comes after another, the shorter way round the clock."""
    return (second - first + DAY // 2) % DAY - DAY // 2


def _usual_on(language: str, group: Sequence[Habitual]) -> str:
    """Say what is usual on some days that are alike."""
    one = group[0]
    if len(group) == 1:
        return usual(language, one)
    away = [_after(one.usual, other.usual) for other in group]
    together = replace(
        one,
        times=sum(other.times for other in group),
        within=sum(other.within for other in group),
        usual=(one.usual + round(sum(away) / len(away))) % DAY,
        first=min(_after(one.usual, other.first) for other in group) + one.usual,
        last=max(_after(one.usual, other.last) for other in group) + one.usual,
    )
    together = replace(together, first=together.first % DAY, last=together.last % DAY)
    proposed = sorted({local_time(other.proposed) for other in group if other.proposed is not None})
    when = "–".join(dict.fromkeys((proposed[0], proposed[-1]))) if proposed else ""
    if len(group) == DAYS:
        return usual(language, replace(together, weekday=None), proposed=when)
    from babel.lists import format_list

    names = [on_days(language, other.weekday) for other in group]
    return usual(language, together, format_list(names, locale=language), when)


def usual(language: str, one: Habitual, on: str = "", proposed: str = "") -> str:
    """Say what is usual `on` some days, with the numbers, and what is `proposed` for them."""
    params: dict[str, object] = {
        "usual": local_time(one.usual),
        "on": on or on_days(language, one.weekday),
        "within": one.within,
        "times": one.times,
        "needed": one.needed,
        "first": local_time(one.first),
        "last": local_time(one.last),
    }
    if not one.enough and one.times < one.needed:
        text = "There is not enough to learn from yet: {times} of the {needed} times it takes."
        return say(language, text, params)
    if not one.enough:
        text = "There is no usual time: the {times} times lie all over the day."
        return say(language, text, params)
    if one.proposed is None:
        text = (
            "You usually do this around {usual} {on} ({within} of {times} times between {first}"
            " and {last}), but your quiet hours leave no room before it."
        )
        return say(language, text, params)
    params["proposed"] = proposed or local_time(one.proposed)
    text = (
        "You usually do this around {usual} {on} ({within} of {times} times between {first}"
        " and {last}); {proposed} is shortly before."
    )
    return say(language, text, params)


def why(
    language: str,
    rule: RuleRow,
    habit: str,
    never: NeverBecause | None,
    learned: Habitual | None,
    last: FireRow | None,
    zone: str = "UTC",
) -> tuple[str, ...]:
    """Say why a rule comes when it does; `learned` is what is usual on the day that it comes."""
    words = [_kind(language, rule, habit)]
    if learned is not None:
        words.append(usual(language, learned))
        words.append(_goes_by(language, rule))
    if rule.shift:
        text = (
            "You asked for it earlier: it comes {minutes} minutes before."
            if rule.shift < 0
            else "You asked for it later: it comes {minutes} minutes after."
        )
        words.append(say(language, text, {"minutes": abs(rule.shift)}))
    if never is not None:
        text = NEVER[never]
        words.append(say(language, text))
    if rule.busy_from is not None and rule.next_fire_at is not None:
        text = "It waits until {time}: your calendar calls you busy."
        words.append(say(language, text, {"time": clock_time(rule.next_fire_at, zone)}))
    if last is not None:
        words += _last(language, last, zone)
    return tuple(words)


def _kind(language: str, rule: RuleRow, habit: str) -> str:
    """Say what kind of reminder it is."""
    params = {
        "habit": habit or rule.text,
        "times": ", ".join(map(local_time, rule.times)),
        "n": max(MIN_STREAK, rule.streak) if rule.kind == "at_risk" else rule.after_days,
    }
    if rule.kind == "at_risk":
        text = "It speaks up at {times} if a streak of {n} or more would end with the day: {habit}."
    elif rule.kind == "silence":
        return count(
            language,
            "It speaks up after {n} day without a check-in, then waits twice as long each time it "
            "is ignored, at most 30 days: {habit}.",
            "It speaks up after {n} days without a check-in, then waits twice as long each time it "
            "is ignored, at most 30 days: {habit}.",
            rule.after_days,
            {"habit": habit or rule.text},
        )
    elif rule.kind == "smart":
        text = "It learns from when you do it: {habit}."
    else:
        text = "You asked to be reminded at {times}: {habit}."
    return say(language, text, params)


def why_now(
    language: str, rule: RuleRow, weekday: int, *, snoozed: bool, tried: bool, busy: str = ""
) -> str:
    """Say in a mail for a day why it comes; `tried`: its owner wanted to see it.

    `busy`: at this time of day it was due, and waited.
    """
    times = ", ".join(map(local_time, rule.times))
    params = {"times": times, "n": rule.after_days, "busy": busy}
    if tried:
        text = "You get this because you asked for a test of this reminder."
    elif snoozed:
        text = "You get this now because you asked to be reminded later."
    elif rule.kind == "at_risk":
        text = "You get this because this day decides about the habit."
    elif rule.kind == "silence":
        one = "You get this because nothing was logged for {n} day or more."
        many = "You get this because nothing was logged for {n} days or more."
        return count(language, one, many, rule.after_days)
    elif busy:
        text = "You get this now because at {busy}, when it was due, your calendar called you busy."
    elif rule.learned and rule.learned[weekday] is not None:
        text = "You get this now because you usually do it at this time of day."
    else:
        text = "You get this because you asked to be reminded at {times}."
    return say(language, text, params)


def _goes_by(language: str, rule: RuleRow) -> str:
    """Say by which times a smart rule goes now."""
    if not any(one is not None for one in rule.learned):
        text = "Until then it comes at {times}, as you set it."
        if rule.mode == "propose":
            text = "It proposes and waits for you; for now it comes at {times}, as you set it."
        return say(language, text, {"times": ", ".join(map(local_time, rule.times))})
    if rule.mode == "follow":
        return say(language, "It follows by itself, and learns anew every day.")
    return say(language, "You accepted its proposal; it stays with that.")


def clock_time(at: datetime, zone: str) -> str:
    """Write the time of day of an instant."""
    shown = at.astimezone(ZoneInfo(zone))
    return local_time(shown.hour * 60 + shown.minute)


def _last(language: str, last: FireRow, zone: str) -> list[str]:
    """Say what became of the last time."""
    if last.busy_from is not None:
        text = "Last time it waited from {due} until {time}: your calendar called you busy."
        times = {"due": clock_time(last.busy_from, zone), "time": clock_time(last.fire_at, zone)}
        return [say(language, text, times)]
    if last.outcome == "missed":
        return [say(language, "Last time it was missed: Ritmo was not running, or too late.")]
    if last.reason is not None:
        text = SILENT[last.reason]
        return [say(language, text)]
    return [say(language, "Last time it was sent late.")] if last.late else []
