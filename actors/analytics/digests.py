"""Digests: a day, a week or a month put together for a letter, with what comes next.

The figures are those of the reports; nothing is computed here that a report says.
"""

from datetime import date, timedelta

from actors.analytics import reports
from actors.analytics.domain import Range
from actors.analytics.room import room
from actors.runtime.room import Now, Transaction, Who
from contracts.analytics import (
    GetHabitInsight,
    GetMoodReport,
    GetSummary,
    HabitLine,
    MoodReport,
    Summary,
)
from contracts.digests import Digest, DigestEvery, Drawing, GetDigest, NextDay
from contracts.keeping.due import due_days
from contracts.language import Language
from contracts.pictures import AnyReport, Picture, RenderReport
from contracts.schedule import WEEKDAYS, Weekday
from contracts.speech import say
from contracts.time import day_of
from storage.analytics import histories
from storage.analytics.histories import HabitDays

AHEAD: dict[DigestEvery, int] = {"day": 1, "week": 7, "month": 7}
"""Days that a digest looks ahead."""

BACK = timedelta(days=180)
"""How far its pictures look back."""

NEGLECTED = 0.5
"""A habit kept less often than this is left behind."""

NAMED = 8
"""Habits that are named of a coming day, at most."""


@room.answer
async def get_digest(query: GetDigest, who: Who, tx: Transaction, now: Now) -> Digest:
    """Compose a digest of the days that were asked for, else of the caller's last whole period."""
    person = await histories.find_person(tx, who.user_id)
    if query.first is not None and query.last is not None:
        first, last = query.first, query.last
    else:
        today = day_of(now, person.zone, person.day_start)
        first, last = period_before(query.every, today, person.week_start)
    language = query.language or person.language
    asked = GetSummary(period=query.every, day=first, language=language)
    summary = await reports.summary(asked, who, tx)
    moods = await reports.moods(GetMoodReport(first=first, last=last), who, tx)
    habits = (await histories.load(tx, who.user_id, summary.today, summary.today)).habits
    return Digest(
        every=query.every,
        first=first,
        last=last,
        language=language,
        summary=summary,
        moods=moods,
        next_days=_coming(habits, summary.today, AHEAD[query.every]),
        neglected=_neglected(summary),
        pictures=_pictures(_drawn(summary, habits), moods, language),
    )


def period_before(every: DigestEvery, today: date, week_start: Weekday) -> Range:
    """Return the whole day, week or month before the one of `today`."""
    if every == "day":
        return Range(today - timedelta(days=1), today - timedelta(days=1))
    if every == "week":
        begun = today - timedelta(days=(today.weekday() - WEEKDAYS.index(week_start)) % 7)
        return Range(begun - timedelta(days=7), begun - timedelta(days=1))
    last = today.replace(day=1) - timedelta(days=1)
    return Range(last.replace(day=1), last)


def _neglected(summary: Summary) -> str:
    """Name the habit that was kept least, if it was kept rarely."""
    worst = summary.worst
    return worst.name if worst is not None and (worst.rate or 0) < NEGLECTED else ""


def _coming(habits: list[HabitDays], today: date, ahead: int) -> tuple[NextDay, ...]:
    """List what the coming days ask for by name, from today on."""
    days = [today + timedelta(days=number) for number in range(ahead)]
    coming = []
    for day in days:
        names = [row.name for row in habits if _asks(row, day)]
        more = ["…"] if len(names) > NAMED else []
        coming.append(NextDay(day=day, habits=(*names[:NAMED], *more)))
    return tuple(coming)


def _asks(row: HabitDays, day: date) -> bool:
    """Tell whether a habit asks for a day by its schedule, and is in use then."""
    if row.archived_at is not None or day < row.promise.start or row.promise.kind == "quit":
        return False
    if any(first <= day <= last for first, last in row.rests):
        return False
    version = row.promise.version_on(day)
    at = day.toordinal()
    return at in due_days(version.schedule, version.anchor, at, at)


def _pictures(
    shown: HabitLine | None, moods: MoodReport, language: Language
) -> tuple[Drawing, ...]:
    """Name the pictures: the heat map of a habit, and the moods, if there are any."""
    first, last = moods.last - BACK, moods.last
    wanted: list[tuple[AnyReport, Picture, str]] = []
    if shown is not None:
        of = GetHabitInsight(habit_id=shown.habit_id, first=first, last=last, language=language)
        alt = say(language, "“{habit}”, day by day", {"habit": shown.name})
        wanted.append((of, "heat_map", alt))
    if moods.entries:
        mood = GetMoodReport(first=first, last=last, language=language)
        wanted.append((mood, "overview", say(language, "Your moods lately")))
    return tuple(
        Drawing(
            name=f"{report.report}_{picture}",
            alt=alt[:200],
            render=RenderReport(of=report, picture=picture),
        )
        for report, picture, alt in wanted
    )


def _drawn(summary: Summary, habits: list[HabitDays]) -> HabitLine | None:
    """Choose the habit that is drawn: the one kept best of those to build, else of all."""
    build = {row.habit_id for row in habits if row.promise.kind == "build"}
    asked = [line for line in summary.habits if line.asked]
    return max(
        asked, key=lambda line: (line.habit_id in build, line.rate or 0, line.asked), default=None
    )
