"""What a fact says, as rows of a replica: which noun, and what is in its columns."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter

from contracts.backfill import DaysState, HabitState, StateFact
from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habit import Version, thousandths
from contracts.habits import (
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
)
from contracts.imports import CheckInsImported
from contracts.journal import EntriesImported, EntryDeleted, EntryWritten
from contracts.message import Fact
from contracts.users import ProfileChanged, UserChanged
from storage.replica.nouns import STATES, Breaks, Days, Entries, Habits, Noun, People, Row, Values

F = TypeVar("F", bound=Fact)
Said = Iterator[tuple[type[Noun], Values | list[Row]]]
"""Rows, by noun: those of days whole and many at once, others by column, for not every room keeps
all of them.
"""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORDINAL = {state: place for place, state in enumerate(STATES, 1)}

_versions = TypeAdapter(tuple[Version, ...])


def dump_versions(versions: tuple[Version, ...]) -> str:
    """Write versions down as a replica keeps them."""
    return _versions.dump_json(versions).decode()


PROFILE = ("name", "language", "zone", "day_start", "week_start")
OUTLINE = ("name", "kind", "measure", "unit", "colour", "tags")
ENTRY = ("entry_id", "day", "at", "zone", "mood", "energy", "tags", "habit_ids")


def said_of(model: BaseModel, names: tuple[str, ...]) -> dict[str, object]:
    """Return some of what a model says."""
    return {name: getattr(model, name) for name in names}


def _profile_changed(fact: ProfileChanged) -> Said:
    key = said_of(fact, ("user_id", "version", "email"))
    yield People, {**said_of(fact.profile, PROFILE), **key}


def _user_changed(fact: UserChanged) -> Said:
    yield People, {**said_of(fact, ("user_id", "disabled")), "disabled_version": fact.version}


def _habit(fact: HabitCreated | HabitChanged) -> Said:
    key = said_of(fact, ("user_id", "habit_id", "version", "start_day"))
    more = {"versions": dump_versions(fact.versions), "position": fact.order}
    yield Habits, {**said_of(fact.habit, OUTLINE), **key, **more}


def _archived(fact: HabitArchived) -> Said:
    key = said_of(fact, ("user_id", "habit_id", "archived"))
    since = fact.occurred_at if fact.archived else None
    yield Habits, {**key, "archived_at": since, "archived_version": fact.version}


def _binned(fact: HabitBinned | HabitRestored) -> Said:
    binned = {"binned": isinstance(fact, HabitBinned), "binned_version": fact.version}
    yield Habits, {**said_of(fact, ("user_id", "habit_id")), **binned}


def _deleted(fact: HabitDeleted) -> Said:
    yield Habits, {**said_of(fact, ("user_id", "habit_id")), "deleted": True}


def _checked_in(fact: HabitCheckedIn) -> Said:
    value, state = thousandths(fact.value), ORDINAL[fact.state]
    key = (fact.user_id, fact.habit_id, fact.day)
    yield Days, [(*key, value, state, fact.at, fact.zone, fact.version)]


def _check_in_removed(fact: CheckInRemoved) -> Said:
    key = (fact.user_id, fact.habit_id, fact.day)
    yield Days, [(*key, None, None, None, None, fact.version)]


def _imported(fact: CheckInsImported) -> Said:
    user_id, habit_id, zone, version = fact.user_id, fact.habit_id, fact.zone, fact.version
    yield (
        Days,
        [
            (
                *(user_id, habit_id, one.day, thousandths(one.value), ORDINAL[one.state]),
                *(one.at, zone, version),
            )
            for one in fact.check_ins
        ],
    )


def _break_added(fact: BreakAdded) -> Said:
    key = said_of(fact, ("user_id", "break_id", "habit_id", "tag", "version"))
    yield Breaks, {**key, "first_day": fact.first, "last_day": fact.last}


def _break_removed(fact: BreakRemoved) -> Said:
    yield Breaks, said_of(fact, ("user_id", "break_id", "version"))


def _written(fact: EntryWritten) -> Said:
    yield Entries, said_of(fact, (*ENTRY, "user_id", "version"))


def _thrown(fact: EntryDeleted) -> Said:
    yield Entries, said_of(fact, ("user_id", "entry_id", "version"))


def _entries(fact: EntriesImported) -> Said:
    key = said_of(fact, ("user_id", "version"))
    for one in fact.entries:
        yield Entries, {**said_of(one, ENTRY), **key}


READERS: Mapping[type[Noun], Mapping[type[Fact], Callable[[Any], Said]]] = {
    People: {ProfileChanged: _profile_changed, UserChanged: _user_changed},
    Habits: {
        HabitCreated: _habit,
        HabitChanged: _habit,
        HabitArchived: _archived,
        HabitBinned: _binned,
        HabitRestored: _binned,
        HabitDeleted: _deleted,
    },
    Days: {
        HabitCheckedIn: _checked_in,
        CheckInRemoved: _check_in_removed,
        CheckInsImported: _imported,
    },
    Breaks: {BreakAdded: _break_added, BreakRemoved: _break_removed},
    Entries: {EntryWritten: _written, EntryDeleted: _thrown, EntriesImported: _entries},
}
"""By noun, the facts that tell of it, and what they say."""


def state_rows(fact: StateFact) -> Said:
    """Read what a room is told of what there was before; all parts of it are of one version."""
    key = {"user_id": fact.user_id}
    if (person := fact.person) is not None:
        said = said_of(person, ("version", "email", "disabled"))
        profile = said_of(person.profile, PROFILE)
        yield People, {**profile, **said, **key, "disabled_version": person.version}
    for habit in fact.habits:
        yield Habits, {**_habit_state(habit), **key}
    for days in fact.days:
        yield Days, _days_state(fact, days)
    for rest in fact.breaks:
        said = said_of(rest, ("break_id", "habit_id", "tag", "version"))
        yield Breaks, {**said, **key, "first_day": rest.first, "last_day": rest.last}
    for entry in fact.entries:
        names = ("entry_id", "version") if entry.deleted else (*ENTRY, "version")
        yield Entries, {**said_of(entry, names), **key}


def _habit_state(one: HabitState) -> dict[str, object]:
    said = said_of(one, ("habit_id", "version", "start_day", "archived", "archived_at", "binned"))
    versions = dict.fromkeys(("archived_version", "binned_version"), one.version)
    more = {"versions": dump_versions(one.versions), "position": one.order}
    return {**said_of(one.habit, OUTLINE), **said, **versions, **more}


def _days_state(fact: StateFact, one: DaysState) -> list[Row]:
    user_id, habit_id, version = fact.user_id, one.habit_id, one.version
    days = map(date.fromordinal, one.days)
    at = [None if at is None else EPOCH + timedelta(microseconds=at) for at in one.at]
    return [
        (user_id, habit_id, day, value, state, at, zone, version)
        for day, value, state, at, zone in zip(
            days, one.values, one.states, at, one.zones, strict=True
        )
    ]


WHOLE_DAY = Days().names
"""What rows that are said at once hold, in their order."""


def laid_out(noun: Noun, said: Values | list[Row]) -> list[Row]:
    """Return rows of a noun as a room keeps them."""
    if not isinstance(said, list):
        return [noun.row(said)]
    if noun.names == WHOLE_DAY:
        return said
    places = [WHOLE_DAY.index(name) for name in noun.names]
    return [tuple([row[place] for place in places]) for row in said]
