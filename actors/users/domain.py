"""The rules about people: pure, without clock and database."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from contracts.backfill import PersonState
from contracts.language import Language
from contracts.message import Conflict
from contracts.page import Cursors
from contracts.users import ChangeProfile, ChangeUser, Profile, Role, User, Weekday

T = TypeVar("T")

CURSORS = Cursors(TypeAdapter(UUID))
"""Cursors of lists of people, by id."""

PROFILE = ("name", "language", "zone", "day_start", "week_start")


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the room knows them."""

    user_id: UUID
    email: str
    name: str
    language: Language
    zone: str
    day_start: int
    week_start: Weekday
    role: Role
    disabled: bool
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Others:
    """How many other people there are, and how many of them are administrators that may come in."""

    people: int
    admins: int


def user_of(person: Person) -> User:
    """Show a person."""
    return User.model_validate(person, from_attributes=True)


def profile_of(person: Person) -> Profile:
    """Show what a person sets about themselves."""
    return Profile.model_validate(person, from_attributes=True)


def state_of_person(person: Person) -> PersonState:
    """Say what rooms that follow people are told of one."""
    return PersonState(
        version=person.version,
        profile=profile_of(person),
        email=person.email,
        disabled=person.disabled,
    )


def in_version(person: Person, expected: int | None) -> None:
    """Refuse with `Conflict` if the person has changed since version `expected`."""
    if expected is not None and expected != person.version:
        raise Conflict(
            "version_conflict",
            "The profile has changed: it is at version {version}. Read it again.",
            version=person.version,
        )


def with_profile(person: Person, command: ChangeProfile) -> Person:
    """Return the person with what the command gives; the same one if that changes nothing."""
    given = {name: getattr(command, name) for name in PROFILE}
    changed = replace(person, **{name: v for name, v in given.items() if v is not None})
    return person if changed == person else replace(changed, version=person.version + 1)


def with_standing(person: Person, command: ChangeUser) -> Person:
    """Return the person with another role, disabled or enabled; the same one if nothing changes."""
    changed = replace(
        person,
        role=_given(command.role, person.role),
        disabled=_given(command.disabled, person.disabled),
    )
    return person if changed == person else replace(changed, version=person.version + 1)


def may_administer(person: Person) -> bool:
    """Tell whether this is an administrator who may come in."""
    return person.role == "admin" and not person.disabled


def keep_an_admin(before: Person, after: Person, others: Others) -> None:
    """Refuse with `Conflict` to make the last administrator something else."""
    if may_administer(before) and not may_administer(after) and others.admins == 0:
        raise _last_admin()


def leave_an_admin(person: Person, others: Others) -> None:
    """Refuse with `Conflict` to delete the last administrator while others remain."""
    if may_administer(person) and others.admins == 0 and others.people > 0:
        raise _last_admin()


def _given(new: T | None, old: T) -> T:
    return old if new is None else new


def _last_admin() -> Conflict:
    return Conflict("last_admin", "This is the last administrator; appoint another one first.")
