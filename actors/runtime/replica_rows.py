"""What a fact says, as rows of a replica: which noun, and what is in its columns."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter

from contracts.backfill import DaysState, HabitState, PersonState, State
from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habit import Outline, Version, thousandths
from contracts.habits import (
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
)
from contracts.imports import CheckInsImported
from contracts.journal import EntriesImported, EntryDeleted, EntryOutline, EntryWritten
from contracts.message import Fact
from contracts.users import Profile, ProfileChanged, UserChanged
from storage.replica.nouns import STATES, Breaks, Days, Entries, Habits, Noun, People, Row, Values

F = TypeVar("F", bound=Fact)
Said = Iterator[tuple[type[Noun], Values | Row]]
"""Rows, by noun: those of days whole, others by column, for not every room keeps all of them."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORDINAL = {state: place for place, state in enumerate(STATES, 1)}

_versions = TypeAdapter(tuple[Version, ...])


def dump_versions(versions: tuple[Version, ...]) -> str:
    """Write versions down as a replica keeps them."""
    return _versions.dump_json(versions).decode()


def _profile(profile: Profile) -> dict[str, object]:
    return {
        "name": profile.name,
        "language": profile.language,
        "zone": profile.zone,
        "day_start": profile.day_start,
        "week_start": profile.week_start,
    }


def _profile_changed(fact: ProfileChanged) -> Said:
    values = _profile(fact.profile)
    yield People, {**values, "email": fact.email, "user_id": fact.user_id, "version": fact.version}


def _user_changed(fact: UserChanged) -> Said:
    version = fact.version
    yield (
        People,
        {"user_id": fact.user_id, "disabled": fact.disabled, "disabled_version": version},
    )


def _outline(outline: Outline) -> dict[str, object]:
    return {
        "name": outline.name,
        "kind": outline.kind,
        "measure": outline.measure,
        "unit": outline.unit,
        "colour": outline.colour,
        "tags": outline.tags,
    }


def _habit(fact: HabitCreated | HabitChanged) -> Said:
    yield (
        Habits,
        {
            **_outline(fact.habit),
            "user_id": fact.user_id,
            "habit_id": fact.habit_id,
            "start_day": fact.start_day,
            "versions": dump_versions(fact.versions),
            "position": fact.order,
            "version": fact.version,
        },
    )


def _archived(fact: HabitArchived) -> Said:
    yield (
        Habits,
        {
            "user_id": fact.user_id,
            "habit_id": fact.habit_id,
            "archived": fact.archived,
            "archived_at": fact.occurred_at if fact.archived else None,
            "archived_version": fact.version,
        },
    )


def _binned(fact: HabitBinned | HabitRestored) -> Said:
    yield (
        Habits,
        {
            "user_id": fact.user_id,
            "habit_id": fact.habit_id,
            "binned": isinstance(fact, HabitBinned),
            "binned_version": fact.version,
        },
    )


def _deleted(fact: HabitDeleted) -> Said:
    yield Habits, {"user_id": fact.user_id, "habit_id": fact.habit_id, "deleted": True}


def _checked_in(fact: HabitCheckedIn) -> Said:
    value, state = thousandths(fact.value), ORDINAL[fact.state]
    key = (fact.user_id, fact.habit_id, fact.day)
    yield Days, (*key, value, state, fact.at, fact.zone, fact.version)


def _check_in_removed(fact: CheckInRemoved) -> Said:
    key = (fact.user_id, fact.habit_id, fact.day)
    yield Days, (*key, None, None, None, None, fact.version)


def _imported(fact: CheckInsImported) -> Said:
    user_id, habit_id, zone, version = fact.user_id, fact.habit_id, fact.zone, fact.version
    for one in fact.check_ins:
        value, state = thousandths(one.value), ORDINAL[one.state]
        yield Days, (user_id, habit_id, one.day, value, state, one.at, zone, version)


def _break_added(fact: BreakAdded) -> Said:
    yield (
        Breaks,
        {
            "user_id": fact.user_id,
            "break_id": fact.break_id,
            "first_day": fact.first,
            "last_day": fact.last,
            "habit_id": fact.habit_id,
            "tag": fact.tag,
            "version": fact.version,
        },
    )


def _break_removed(fact: BreakRemoved) -> Said:
    key = {"user_id": fact.user_id, "break_id": fact.break_id}
    yield Breaks, {**key, "version": fact.version}


def _entry(outline: EntryOutline) -> dict[str, object]:
    return {
        "entry_id": outline.entry_id,
        "day": outline.day,
        "at": outline.at,
        "zone": outline.zone,
        "mood": outline.mood,
        "energy": outline.energy,
        "tags": outline.tags,
        "habit_ids": outline.habit_ids,
    }


def _written(fact: EntryWritten) -> Said:
    yield Entries, {**_entry(fact), "user_id": fact.user_id, "version": fact.version}


def _thrown(fact: EntryDeleted) -> Said:
    key = {"user_id": fact.user_id, "entry_id": fact.entry_id}
    yield Entries, {**key, "version": fact.version}


def _entries(fact: EntriesImported) -> Said:
    for one in fact.entries:
        yield Entries, {**_entry(one), "user_id": fact.user_id, "version": fact.version}


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


def state_rows(fact: State) -> Said:
    """Read what a room is told of what there was before."""
    user_id = fact.user_id
    if fact.person is not None:
        yield People, {**_person_state(fact.person), "user_id": user_id}
    for habit in fact.habits:
        yield Habits, {**_habit_state(habit), "user_id": user_id}
    for days in fact.days:
        yield from _days_state(fact, days)
    for rest in fact.breaks:
        yield (
            Breaks,
            {
                "user_id": user_id,
                "break_id": rest.break_id,
                "first_day": rest.first,
                "last_day": rest.last,
                "habit_id": rest.habit_id,
                "tag": rest.tag,
                "version": rest.version,
            },
        )
    for entry in fact.entries:
        key = {"user_id": user_id, "entry_id": entry.entry_id, "version": entry.version}
        yield Entries, key if entry.deleted else {**_entry(entry), **key}


def _person_state(person: PersonState) -> dict[str, object]:
    return {
        **_profile(person.profile),
        "email": person.email,
        "version": person.version,
        "disabled": person.disabled,
        "disabled_version": person.version,
    }


def _habit_state(one: HabitState) -> dict[str, object]:
    return {
        **_outline(one.habit),
        "habit_id": one.habit_id,
        "start_day": one.start_day,
        "versions": dump_versions(one.versions),
        "position": one.order,
        "version": one.version,
        "archived": one.archived,
        "archived_at": one.archived_at,
        "archived_version": one.version,
        "binned": one.binned,
        "binned_version": one.version,
    }


def _days_state(fact: State, one: DaysState) -> Said:
    user_id, habit_id, version, ordinal = fact.user_id, one.habit_id, one.version, date.fromordinal
    columns = zip(one.days, one.values, one.states, one.at, one.zones, strict=True)
    for day, value, state, at, zone in columns:
        when = None if at is None else EPOCH + timedelta(microseconds=at)
        yield Days, (user_id, habit_id, ordinal(day), value, state, when, zone, version)


def laid_out(noun: Noun, said: Values | Row) -> Row:
    """Return a row of a noun as a room keeps it."""
    return said if isinstance(said, tuple) else noun.row(said)
