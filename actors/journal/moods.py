"""What the steps of the mood scale are called."""

from pydantic import TypeAdapter

from contracts.moods import MoodName, Moods
from contracts.speech import say
from storage.journal.people import Person

USUAL = (("awful", "😢"), ("bad", "🙁"), ("okay", "😐"), ("good", "🙂"), ("great", "😄"))
"""Names in English and emoji, from 1 to 5; in other languages they are in the catalog."""

_names = TypeAdapter(tuple[MoodName, ...])


def scale_of(person: Person) -> Moods:
    """Return a person's own scale, or the usual one in their language."""
    if person.moods is not None:
        return Moods(moods=_names.validate_json(person.moods), custom=True)
    usual = tuple(
        MoodName(mood=step, name=say(person.language, name), emoji=emoji)
        for step, (name, emoji) in enumerate(USUAL, start=1)
    )
    return Moods(moods=usual, custom=False)


def dump_names(names: tuple[MoodName, ...]) -> str:
    """Write a scale down."""
    return _names.dump_json(names).decode()
