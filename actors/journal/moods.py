"""Moods: what the steps of the scale are called, and the mood of each day."""

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.journal.domain import month_of
from actors.journal.room import known, logical_day, room
from actors.runtime.room import TheBus, Transaction, Who
from contracts.moods import (
    CalendarDay,
    GetMoodCalendar,
    GetMoods,
    MoodCalendar,
    MoodName,
    Moods,
    NameMoods,
    ResetMoods,
)
from contracts.speech import say
from storage.journal import moods, searches
from storage.replica.replica import PersonRow

USUAL = (("awful", "😢"), ("bad", "🙁"), ("okay", "😐"), ("good", "🙂"), ("great", "😄"))
"""Names in English and emoji, from 1 to 5; in other languages they are in the catalog."""

_names = TypeAdapter(tuple[MoodName, ...])


async def scale_of(tx: AsyncConnection, person: PersonRow) -> Moods:
    """Return a person's own scale, or the usual one in their language."""
    own = await moods.find(tx, person.user_id)
    if own is not None:
        return Moods(moods=_names.validate_json(own), custom=True)
    usual = tuple(
        MoodName(mood=step, name=say(person.language, name), emoji=emoji)
        for step, (name, emoji) in enumerate(USUAL, start=1)
    )
    return Moods(moods=usual, custom=False)


@room.answer
async def get_moods(query: GetMoods, who: Who, tx: Transaction, bus: TheBus) -> Moods:
    """Show what the caller calls their moods."""
    return await scale_of(tx, await known.person(tx, bus, who))


@room.answer
async def name_moods(command: NameMoods, who: Who, tx: Transaction, bus: TheBus) -> Moods:
    """Let moods be called otherwise."""
    await known.person(tx, bus, who, "stay")
    await moods.keep(tx, who.user_id, _names.dump_json(command.moods).decode())
    return Moods(moods=command.moods, custom=True)


@room.answer
async def reset_moods(command: ResetMoods, who: Who, tx: Transaction, bus: TheBus) -> Moods:
    """Let moods be called as usual."""
    await known.person(tx, bus, who, "stay")
    await moods.erase(tx, who.user_id)
    return await scale_of(tx, await known.person(tx, bus, who))


@room.answer
async def get_mood_calendar(
    query: GetMoodCalendar, who: Who, tx: Transaction, bus: TheBus
) -> MoodCalendar:
    """Show the moods of some days."""
    today = logical_day(await known.person(tx, bus, who))
    first, last = month_of(query.first, query.last, today)
    days = tuple(
        CalendarDay(day=day, entries=count, mood=None if mood is None else round(mood, 2))
        for day, count, mood in await searches.moods(tx, who.user_id, first, last)
    )
    return MoodCalendar(first=first, last=last, days=days)
