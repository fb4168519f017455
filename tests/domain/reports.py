"""Reports that were made up, from empty to ten years of a hundred habits."""

import math
from datetime import date, timedelta
from uuid import UUID

from contracts.analytics import (
    Association,
    Associations,
    AtRisk,
    Before,
    HabitInsight,
    HabitLine,
    HeatDay,
    Milestone,
    MonthOfWeekdays,
    MoodDay,
    MoodLine,
    MoodReport,
    Point,
    Step,
    Summary,
)
from contracts.habit import Streak

HABIT = UUID("01890a5d-ac96-774b-bcce-b302099a8058")
TODAY = date(2026, 3, 8)
ONE = timedelta(days=1)
NAMES = (
    "Бег",
    "Read <b>ten</b> pages & more",
    "$5 a day, $$ saved",
    "Практиковаться на фортепиано с метрономом медленно и подолгу",
    "🏃",
    "W" * 200,
)
STATES = ("done", "partial", "skipped", "failed", "missed", "none", "done", "done")
LEVELS = {"done": 1.0, "partial": 0.4, "failed": 0.0, "missed": 0.0}
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def span(days: int) -> list[date]:
    return [TODAY - ONE * back for back in range(days - 1, -1, -1)]


def months(days: list[date]) -> list[date]:
    return sorted({day.replace(day=1) for day in days})


def habit_line(number: int, asked: int) -> HabitLine:
    kept = number * 7 % (asked + 1)
    return HabitLine(
        habit_id=HABIT,
        name=NAMES[number % len(NAMES)],
        colour=("#e91e63", "#ffee33", "", "#000000", "#ffffff")[number % 5],
        asked=asked,
        kept=kept,
        skipped=number % 3,
        rate=kept / asked if asked else None,
        change=(None, 0.12, -0.5, 0.0)[number % 4],
        total=kept * 1234.5,
        streak=number * 37 % 1000,
        best_streak=3650,
        streak_unit="day",
        score=kept / asked if asked else 0.0,
    )


def summary(days: int = 7, habits: int = 5) -> Summary:
    all_days = span(days)
    long = days > 183
    starts = months(all_days) if long else all_days[:: 1 if days <= 31 else 7]
    ends = [*(one - ONE for one in starts[1:]), TODAY]
    lines = tuple(habit_line(number, days) for number in range(habits))
    asked, kept = sum(one.asked for one in lines), sum(one.kept for one in lines)
    rate = kept / asked if asked else None
    return Summary(
        first=all_days[0],
        last=TODAY,
        today=TODAY,
        stamp=3,
        completion=rate,
        consistency=0.857 if habits else None,
        perfect_days=days // 2 if habits else 0,
        days_asked=days if habits else 0,
        asked=asked,
        kept=kept,
        skipped=1,
        check_ins=kept,
        mood=3.94 if habits else None,
        entries=21 * habits,
        best=lines[0] if lines else None,
        worst=lines[-1] if lines else None,
        before=Before(
            first=all_days[0] - ONE * days,
            last=all_days[0] - ONE,
            completion=rate,
            perfect_days=0,
            mood=3.5 if habits else None,
            completion_change=-0.125 if habits else None,
            mood_change=0.4 if habits else None,
        ),
        at_risk=tuple(
            AtRisk(habit_id=HABIT, name=one.name, streak=12, streak_unit="day", left=1.5, unit="km")
            for one in lines[:8]
        ),
        habits=lines,
        steps=tuple(
            Step(first=first, last=last, asked=place % 5, kept=place % 5 // 2)
            for place, (first, last) in enumerate(zip(starts, ends, strict=True))
        ),
    )


def insight(days: int = 365, *, empty: bool = False, name: str = NAMES[0]) -> HabitInsight:
    all_days = span(days)
    thin = [*all_days[: -1 : max(1, days // 390)], TODAY]
    states = ["none" if empty else STATES[at * at % 8] for at in range(days)]
    if not empty:
        states[-1] = "open"
    streaks = [
        Streak(start=day, end=day + ONE * (at % 19), length=at % 19 + 1)
        for at, day in enumerate(all_days[:-20:21])
    ]
    if not streaks:
        streaks = [Streak(start=TODAY, end=TODAY, length=1)]
    goals = [Milestone(kind="streak", goal=30, now=12, on=TODAY, text="30 in a row. " * 12)]
    return HabitInsight(
        first=all_days[0],
        last=TODAY,
        today=TODAY,
        stamp=3,
        habit_id=HABIT,
        name=name,
        colour="#e91e63",
        unit="страниц" if days > 31 else "",
        line=habit_line(3, 0 if empty else days).model_copy(update={"skipped": 0 if empty else 2})
        if not empty
        else habit_line(0, 0),
        scores=() if empty else tuple(Point(day=day, value=0.5) for day in thin),
        trend=()
        if empty
        else tuple(Point(day=day, value=0.5 + math.sin(at) / 2) for at, day in enumerate(thin)),
        streaks=() if empty else tuple(streaks),
        weekdays=tuple(
            MonthOfWeekdays(month=month, counts=(0,) * 7 if empty else (5, 4, 3, 0, 1, 2, at % 6))
            for at, month in enumerate(months(all_days))
        ),
        hours=tuple(0 if empty else abs(12 - hour) * 99 for hour in range(24)),
        hours_known=0 if empty else 1234,
        heat=tuple(
            HeatDay.model_validate({"day": day, "state": state, "level": LEVELS.get(state)})
            for day, state in zip(all_days, states, strict=True)
        ),
        milestones=() if empty else tuple(goals),
    )


def association(number: int, *, enough: bool = True) -> Association:
    kinds = ("mood_same_day", "mood_next_day", "habit")
    kind = kinds[number % 3]
    effect = (number % 7 - 3) * (0.3 if kind != "habit" else 0.09)
    found = {"effect": effect, "low": effect - 0.2, "high": effect + 0.2, "p": 0.01, "q": 0.02}
    return Association.model_validate(
        {
            "kind": kind,
            "habit_id": HABIT,
            "name": NAMES[number % len(NAMES)],
            "other": NAMES[(number + 1) % len(NAMES)] if kind == "habit" else "",
            "with_days": 3650 if enough else 3,
            "without_days": 1999 if enough else 2,
            "enough": enough,
            "likely": enough and number % 2 == 0,
            "text": "=They go together.",
            **(found if enough else {}),
        }
    )


def associations(known: int = 9, unsure: int = 5) -> Associations:
    return Associations(
        first=TODAY - ONE * 364,
        last=TODAY,
        today=TODAY,
        stamp=3,
        tested=known,
        method="Days with are compared with days without.",
        associations=(
            *(association(number) for number in range(known)),
            *(association(number, enough=False) for number in range(unsure)),
        ),
    )


def mood_line(key: str, name: str, number: int) -> MoodLine:
    return MoodLine(
        key=key,
        name=name,
        entries=number * 13 % 97 + 1,
        average=1 + number % 9 / 2,
        spread=number % 4 / 2 if number % 4 else None,
    )


def moods(days: int = 365, tags: int = 6, *, empty: bool = False) -> MoodReport:
    felt = [] if empty else span(days)
    return MoodReport(
        first=span(days)[0],
        last=TODAY,
        today=TODAY,
        stamp=3,
        entries=len(felt),
        average=None if empty else 3.62,
        spread=None if days < 2 or empty else 0.9,
        counts=(0, 0, 0, 0, 0) if empty else (1, 22, 333, 4444, 0),
        by_weekday=() if empty else tuple(mood_line(one, one, at) for at, one in enumerate(WEEK)),
        by_tag=()
        if empty
        else tuple(mood_line(f"t{at}", NAMES[at % len(NAMES)], at) for at in range(tags)),
        by_month=tuple(
            mood_line(f"{month:%Y-%m}", f"{month:%B}", at) for at, month in enumerate(months(felt))
        ),
        days=tuple(
            MoodDay(day=day, mood=1 + at % 9 / 2, entries=at % 3 + 1) for at, day in enumerate(felt)
        ),
    )
