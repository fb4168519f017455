"""Reports: what a question speaks of is loaded, and computed off the event loop.

What computes imports pandas, so it is imported where it runs: in a thread, on first use.
"""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.analytics.domain import YEAR_LONG, Range, before, range_of, range_or_period
from actors.analytics.history import PersonHistory, history_of, reach_of, tracked, whole_of
from actors.analytics.progress import OPEN_DAYS, settle
from actors.analytics.room import room
from actors.runtime.room import Transaction, Who
from contracts.analytics import (
    Associations,
    GetAssociations,
    GetHabitInsight,
    GetMoodReport,
    GetSummary,
    HabitInsight,
    MoodReport,
    Summary,
)
from contracts.digests import GetDigest
from contracts.keeping.progress import begin, window_days
from contracts.language import Language
from contracts.message import NotFound
from contracts.pictures import AnyReport, RenderReport
from contracts.principal import Principal
from contracts.time import day_of
from storage.analytics import histories, settled
from storage.analytics.histories import LoadedHabit, LoadedPerson, ReportPerson

AnyAnswer = Summary | HabitInsight | Associations | MoodReport
"""What answers `AnyReport`."""

COMPUTES = "actors.analytics.frame"
"""The module that imports pandas, which takes a second or more."""


@room.before
async def load_pandas(
    query: GetSummary
    | GetHabitInsight
    | GetAssociations
    | GetMoodReport
    | RenderReport
    | GetDigest,
) -> None:
    """Load what computes; the first time that takes longer than a transaction may wait."""
    if COMPUTES not in sys.modules:
        await asyncio.to_thread(import_module, COMPUTES)


async def report(query: AnyReport, who: Principal, tx: AsyncConnection) -> AnyAnswer:
    """Answer any question that is answered with a report."""
    match query:
        case GetSummary():
            return await summary(query, who, tx)
        case GetHabitInsight():
            return await habit_insight(query, who, tx)
        case GetAssociations():
            return await associations(query, who, tx)
        case GetMoodReport():
            return await moods(query, who, tx)


@room.answer
async def summary(query: GetSummary, who: Who, tx: Transaction) -> Summary:
    """Sum up a range or a period. Refuses with `Invalid`, as `range_or_period` does."""
    person, today = await _person(tx, who.user_id)
    days = range_or_period(
        query.first, query.last, query.period, query.day, today, person.week_start
    )
    history = await load_history(tx, who.user_id, person, days, today)
    return await asyncio.to_thread(_summarise, history, days)


@room.answer
async def habit_insight(query: GetHabitInsight, who: Who, tx: Transaction) -> HabitInsight:
    """Report on one habit. Refuses with `NotFound`, or with `Invalid` as `range_of` does."""
    person, today = await _person(tx, who.user_id)
    days = range_of(query.first, query.last, today, YEAR_LONG)
    found = await histories.load_habit(tx, who.user_id, query.habit_id)
    if found is None:
        raise no_habit(query.habit_id)
    language = query.language or person.language
    return await asyncio.to_thread(_insight, person, found, days, today, language)


@room.answer
async def associations(query: GetAssociations, who: Who, tx: Transaction) -> Associations:
    """Look for associations. Refuses as `habit_insight` does."""
    person, today = await _person(tx, who.user_id)
    days = range_of(query.first, query.last, today, YEAR_LONG)
    known = {row.habit_id: row.promise for row in await settled.find(tx, who.user_id)}
    if query.habit_id is not None and query.habit_id not in known:
        raise no_habit(query.habit_id)
    back = timedelta(days=max(map(window_days, known.values()), default=0))
    loaded = await histories.load(tx, who.user_id, days.first - back, min(days.last, today))
    language = query.language or person.language
    return await asyncio.to_thread(_associate, loaded, days, today, language, query.habit_id)


@room.answer
async def moods(query: GetMoodReport, who: Who, tx: Transaction) -> MoodReport:
    """Report on moods. Refuses with `Invalid`, as `range_of` does."""
    person, today = await _person(tx, who.user_id)
    days = range_of(query.first, query.last, today, YEAR_LONG)
    entries = await histories.find_entries(tx, who.user_id, days.first, min(days.last, today))
    history = PersonHistory(person, today, (), tuple(entries))
    language = query.language or person.language
    return await asyncio.to_thread(_mood_report, history, days, language, query.tag)


async def load_history(
    tx: AsyncConnection, user_id: UUID, person: ReportPerson, days: Range, today: date
) -> PersonHistory:
    """Load what a summary of a range needs: the range, the one before, and the last days.

    Only these are read: streaks and scores go on from where they are settled.
    """
    progress = await settle(tx, user_id, today)
    rows = await settled.find(tx, user_id)
    reach = timedelta(days=reach_of(row.promise for row in rows))
    recent = today - timedelta(days=1 + OPEN_DAYS) - reach
    first, last = before(days).first - reach, min(days.last + reach, today)
    spans = [(min(first, recent), today)] if last >= recent else [(first, last), (recent, today)]
    loaded = [await histories.load(tx, user_id, *span) for span in spans]
    return await asyncio.to_thread(history_of, person, loaded, progress, today)


def no_habit(habit_id: UUID) -> NotFound:
    """Say that there is no such habit, or that it is somebody else's."""
    return NotFound("habit_not_found", "There is no habit {habit_id}.", habit_id=str(habit_id))


async def _person(tx: AsyncConnection, user_id: UUID) -> tuple[ReportPerson, date]:
    """Return how a person lives in time, and which day it is for them.

    Read first, so that a report never bears a stamp of what it has not seen.
    """
    person = await histories.find_person(tx, user_id)
    return person, day_of(datetime.now(UTC), person.zone, person.day_start)


def _summarise(history: PersonHistory, days: Range) -> Summary:
    from actors.analytics.summary import summarise

    return summarise(history, days.first, days.last)


def _insight(
    person: ReportPerson, loaded: LoadedHabit, days: Range, today: date, language: Language
) -> HabitInsight:
    from actors.analytics.frame import frame_of
    from actors.analytics.insight import insight
    from actors.analytics.summary import line_of

    whole = whole_of(loaded, today)
    habit = tracked(loaded.habit, person, begin(whole.promise), whole.entries)
    history = PersonHistory(person, today, (habit,))
    return insight(
        whole,
        line_of(history, days.first, days.last),
        frame_of(history.habits, whole.promise.start, today, today),
        first=days.first,
        last=days.last,
        stamp=person.stamp,
        language=language,
    )


def _associate(
    loaded: LoadedPerson, days: Range, today: date, language: Language, only: UUID | None
) -> Associations:
    from actors.analytics.associations import associate_loaded

    first, last = days
    return associate_loaded(
        loaded, first=first, last=last, today=today, language=language, only=only
    )


def _mood_report(
    history: PersonHistory, days: Range, language: Language, tag: str | None
) -> MoodReport:
    from actors.analytics.moods import mood_report

    return mood_report(history, days.first, days.last, language, tag)
