"""What the steps of the mood scale are called."""

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.moods import MoodName, Moods
from contracts.speech import say
from storage.journal import moods
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


def dump_names(names: tuple[MoodName, ...]) -> str:
    """Write a scale down."""
    return _names.dump_json(names).decode()
