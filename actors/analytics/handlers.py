"""What the analytics room answers and hears: one short function a message."""

import asyncio
import sys
from importlib import import_module

from actors.analytics import digests, fact_list, files, reports
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
from contracts.analytics_upkeep import ListFacts, LoggedFacts
from contracts.digests import Digest, GetDigest
from contracts.pictures import Rendered, RenderReport
from contracts.users import UserDeleted
from storage.analytics import stamps

__all__ = ["room"]

COMPUTES = "actors.analytics.frame"
"""The module that imports pandas, which takes a second or more."""


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction) -> None:
    """Erase what stands beside what the room follows."""
    await stamps.erase(tx, fact.user_id)


# -- digests --------------------------------------------------------------------------------------


@room.answer
async def get_digest(query: GetDigest, who: Who, tx: Transaction) -> Digest:
    """Compose the caller's digest, to look at."""
    return await digests.digest(tx, who.user_id, query)


# -- export ---------------------------------------------------------------------------------------


@room.answer
async def list_facts(query: ListFacts, who: Who, tx: Transaction) -> LoggedFacts:
    """Show the caller all that is known of them."""
    return await fact_list.facts(tx, who.user_id, query)


# -- reports --------------------------------------------------------------------------------------


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


@room.answer
async def get_summary(query: GetSummary, who: Who, tx: Transaction) -> Summary:
    """Sum up a range of the caller's."""
    return await reports.summary(tx, who.user_id, query)


@room.answer
async def get_habit_insight(query: GetHabitInsight, who: Who, tx: Transaction) -> HabitInsight:
    """Report on one habit of the caller's."""
    return await reports.habit_insight(tx, who.user_id, query)


@room.answer
async def get_associations(query: GetAssociations, who: Who, tx: Transaction) -> Associations:
    """Look for what goes together."""
    return await reports.associations(tx, who.user_id, query)


@room.answer
async def get_mood_report(query: GetMoodReport, who: Who, tx: Transaction) -> MoodReport:
    """Report on the caller's moods."""
    return await reports.moods(tx, who.user_id, query)


@room.answer
async def render_report(query: RenderReport, who: Who, tx: Transaction) -> Rendered:
    """Show the caller a report as a picture or a table."""
    return await files.render(tx, who.user_id, query)
