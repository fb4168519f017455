"""The rules about people: pure, without clock and database."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from contracts.backfill import PersonState
from contracts.message import Conflict
from contracts.page import Cursors
from contracts.users import ChangeProfile, ChangeUser, Profile, User

CURSORS = Cursors(TypeAdapter(UUID))
"""Cursors of lists of people, by id."""

PROFILE = ("name", "language", "zone", "day_start", "week_start")


@dataclass(frozen=True, slots=True)
class Others:
    """How many other people there are, and how many of them are administrators that may come in."""

    people: int
    admins: int


def profile_of(person: User) -> Profile:
    """Show what a person sets about themselves."""
    return Profile.model_validate(person, from_attributes=True)


def state_of_person(person: User) -> PersonState:
    """Say what rooms that follow people are told of one."""
    return PersonState(
        version=person.version,
        profile=profile_of(person),
        email=person.email,
        disabled=person.disabled,
    )


def changed_by(person: User, command: ChangeProfile | ChangeUser) -> User:
    """Return the person with what the command gives; the same one if that changes nothing."""
    changed = person.model_copy(update=command.changes())
    if changed == person:
        return person
    return changed.model_copy(update={"version": person.version + 1})


def may_administer(person: User) -> bool:
    """Tell whether this is an administrator who may come in."""
    return person.role == "admin" and not person.disabled


def keep_an_admin(before: User, after: User, others: Others) -> None:
    """Refuse with `Conflict` to make the last administrator something else."""
    if may_administer(before) and not may_administer(after) and others.admins == 0:
        raise _last_admin()


def leave_an_admin(person: User, others: Others) -> None:
    """Refuse with `Conflict` to delete the last administrator while others remain."""
    if may_administer(person) and others.admins == 0 and others.people > 0:
        raise _last_admin()


def _last_admin() -> Conflict:
    return Conflict("last_admin", "This is the last administrator; appoint another one first.")
