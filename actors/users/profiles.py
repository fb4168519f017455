"""What people set about themselves: made at the first visit, changed, and told."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.backfill import place_of, state_of, tell_page
from actors.runtime.room import Transaction, Who
from actors.users.domain import (
    PROFILE,
    changed_by,
    profile_of,
    state_of_person,
)
from actors.users.room import room
from contracts.accounts import UserRegistered
from contracts.addresses import EmailChanged
from contracts.backfill import NOBODY, TellPeople
from contracts.message import Gone, NotFound, check_version
from contracts.users import (
    ChangeProfile,
    CreateProfile,
    GetProfile,
    ProfileChanged,
    Role,
    User,
)
from storage import users
from storage.outbox import tell

PAGE = 500
"""People of whom a room is told at once."""


@room.answer
async def create_profile(command: CreateProfile, who: Who, tx: Transaction) -> User:
    """Keep a profile for the caller."""
    # Whoever opened the first account holds the scope before there is a profile that says so.
    role: Role = "admin" if who.may("admin") else "user"
    created = await _create(tx, who.user_id, command, role)
    if created is None:
        raise Gone("user_gone", "This account was deleted.")
    return created


@room.hear
async def welcome(fact: UserRegistered, tx: Transaction) -> None:
    """Keep a profile, if the one who registered has not got to it."""
    await _create(tx, fact.user_id, fact, fact.role)


@room.hear
async def change_address(fact: EmailChanged, tx: Transaction) -> None:
    """Take over a person's address, unless a newer one has come before."""
    found = await users.find(tx, fact.user_id, lock=True)
    if found is None or fact.email_version <= found["email_version"]:
        return
    version = found["version"] + 1
    values = {"email": fact.email, "email_version": fact.email_version, "version": version}
    await users.save(tx, fact.user_id, values)
    await _tell_profile(tx, User.model_construct(**{**found, **values}))


@room.answer
async def get_profile(query: GetProfile, who: Who, tx: Transaction) -> User:
    """Show the caller."""
    return await load(tx, who.user_id)


@room.answer
async def change_profile(command: ChangeProfile, who: Who, tx: Transaction) -> User:
    """Change what the caller sets about themselves."""
    before = await load(tx, who.user_id, lock=True)
    check_version(before.version, command.expected_version)
    after = changed_by(before, command)
    if after != before:
        values = {name: getattr(after, name) for name in (*PROFILE, "version")}
        await users.save(tx, who.user_id, values)
        await _tell_profile(tx, after)
    return after


@room.do
async def tell_state(job: TellPeople, tx: Transaction) -> None:
    """Tell a room a page of people."""
    found = [User.model_construct(**row) for row in await users.after(tx, place_of(job)[0], PAGE)]
    states = [
        state_of(job)(user_id=person.user_id, person=state_of_person(person)) for person in found
    ]
    last = (found[-1].user_id, NOBODY) if len(found) == PAGE else None
    await tell_page(tx, job, states, last)


async def load(tx: AsyncConnection, user_id: UUID, *, lock: bool = False) -> User:
    """Return a person. Refuses with `NotFound`."""
    found = await users.find(tx, user_id, lock=lock)
    if found is None:
        raise NotFound("user_not_found", "There is no user {user}.", user=str(user_id))
    return User.model_construct(**found)


async def _create(
    tx: AsyncConnection, user_id: UUID, given: CreateProfile | UserRegistered, role: Role
) -> User | None:
    """Return the new person, or the one that is there; None if they were deleted."""
    made = await users.add(tx, user_id, given.email, given.name, given.language, given.zone, role)
    if made is None:
        return await load(tx, user_id)
    if await users.is_gone(tx, user_id):
        await users.erase(tx, user_id)
        return None
    await _tell_profile(tx, User.model_construct(**made))
    return User.model_construct(**made)


async def _tell_profile(tx: AsyncConnection, person: User) -> None:
    profile, email = profile_of(person), person.email
    fact = ProfileChanged(
        user_id=person.user_id, version=person.version, profile=profile, email=email
    )
    await tell(tx, fact)
