"""What the users room answers and hears."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.backfill import place_of, state_of, tell_page
from actors.runtime.room import Room, Transaction, Who
from actors.users.domain import (
    CURSORS,
    PROFILE,
    Others,
    Person,
    in_version,
    keep_an_admin,
    leave_an_admin,
    profile_of,
    state_of_person,
    user_of,
    with_profile,
    with_standing,
)
from contracts.accounts import UserRegistered
from contracts.backfill import NOBODY, TellPeople
from contracts.message import Done, Gone, Invalid, NotFound
from contracts.users import (
    ChangeProfile,
    ChangeUser,
    CreateProfile,
    DeleteMe,
    DeleteUser,
    GetProfile,
    GetUser,
    ListUsers,
    ProfileChanged,
    User,
    UserChanged,
    UserDeleted,
    Users,
)
from storage import inbox, users
from storage.outbox import tell

room = Room("users")

PAGE = 500
"""People of whom a room is told at once."""


@room.answer
async def create_profile(command: CreateProfile, who: Who, tx: Transaction) -> User:
    """Keep a profile for the caller."""
    created = await _create(tx, who.user_id, command)
    if created is None:
        raise Gone("user_gone", "This account was deleted.")
    return user_of(created)


@room.answer
async def get_profile(query: GetProfile, who: Who, tx: Transaction) -> User:
    """Show the caller."""
    return user_of(await _load(tx, who.user_id))


@room.answer
async def change_profile(command: ChangeProfile, who: Who, tx: Transaction) -> User:
    """Change what the caller sets about themselves."""
    before = await _load(tx, who.user_id, lock=True)
    in_version(before, command.expected_version)
    after = with_profile(before, command)
    if after != before:
        values = {name: getattr(after, name) for name in (*PROFILE, "version")}
        await users.save(tx, who.user_id, values)
        await _tell_profile(tx, after)
    return user_of(after)


@room.answer
async def delete_me(command: DeleteMe, who: Who, tx: Transaction) -> Done:
    """Delete the caller, even if their profile was never made."""
    await users.lock_admins(tx)
    found = await users.find(tx, who.user_id, lock=True)
    await _delete(tx, who.user_id, Person(**found) if found else None)
    return Done()


@room.answer
async def list_users(query: ListUsers, tx: Transaction) -> Users:
    """Show a page of people, and look one further to know whether there is another."""
    words = query.search.replace("\0", "").strip()
    found = await users.search(tx, words, CURSORS.read(query.cursor), query.limit + 1)
    page = [Person(**row) for row in found[: query.limit]]
    more = len(found) > query.limit
    return Users(
        users=tuple(user_of(person) for person in page),
        cursor=CURSORS.write(page[-1].user_id) if more else None,
    )


@room.answer
async def get_user(query: GetUser, tx: Transaction) -> User:
    """Show a person to an administrator."""
    if query.user_id is not None:
        return user_of(await _load(tx, query.user_id))
    if query.email is None:
        raise Invalid("no_user_named", "Name a user by id or by e-mail address.")
    email = query.email.replace("\0", "")
    found = await users.find_by_email(tx, email)
    if found is None:
        raise NotFound("user_not_found", "There is no user {user}.", user=email)
    return user_of(Person(**found))


@room.answer
async def change_user(command: ChangeUser, tx: Transaction) -> User:
    """Change what a user may."""
    await users.lock_admins(tx)
    before = await _load(tx, command.user_id, lock=True)
    after = with_standing(before, command)
    if after != before:
        keep_an_admin(before, after, Others(*await users.count_others(tx, before.user_id)))
        values = {name: getattr(after, name) for name in ("role", "disabled", "version")}
        await users.save(tx, after.user_id, values)
        await tell(
            tx,
            UserChanged(
                user_id=after.user_id,
                version=after.version,
                role=after.role,
                disabled=after.disabled,
            ),
        )
    return user_of(after)


@room.answer
async def delete_user(command: DeleteUser, tx: Transaction) -> Done:
    """Delete a user."""
    await users.lock_admins(tx)
    await _delete(tx, command.user_id, await _load(tx, command.user_id, lock=True))
    return Done()


@room.do
async def tell_state(job: TellPeople, tx: Transaction) -> None:
    """Tell a room a page of people."""
    found = [Person(**row) for row in await users.after(tx, place_of(job)[0], PAGE)]
    states = [
        state_of(job)(user_id=person.user_id, person=state_of_person(person)) for person in found
    ]
    last = (found[-1].user_id, NOBODY) if len(found) == PAGE else None
    await tell_page(tx, job, states, last)


@room.hear
async def welcome(fact: UserRegistered, tx: Transaction) -> None:
    """Keep a profile, if the one who registered has not got to it."""
    await _create(tx, fact.user_id, fact)


async def _load(tx: AsyncConnection, user_id: UUID, *, lock: bool = False) -> Person:
    """Return a person. Refuses with `NotFound`."""
    found = await users.find(tx, user_id, lock=lock)
    if found is None:
        raise NotFound("user_not_found", "There is no user {user}.", user=str(user_id))
    return Person(**found)


async def _create(
    tx: AsyncConnection, user_id: UUID, given: CreateProfile | UserRegistered
) -> Person | None:
    """Return the new person, or the one that is there; None if they were deleted."""
    made = await users.add(tx, user_id, given.email, given.name, given.language, given.zone)
    if made is None:
        return await _load(tx, user_id)
    if await users.is_gone(tx, user_id):
        await users.erase(tx, user_id)
        return None
    await _tell_profile(tx, Person(**made))
    return Person(**made)


async def _delete(tx: AsyncConnection, user_id: UUID, person: Person | None) -> None:
    """Delete a user, unless people would be left without an administrator."""
    if person is not None:
        leave_an_admin(person, Others(*await users.count_others(tx, user_id)))
    await users.erase(tx, user_id)
    await inbox.erase(tx, user_id)
    version = person.version + 1 if person else 1
    await tell(tx, UserDeleted(user_id=user_id, version=version))


async def _tell_profile(tx: AsyncConnection, person: Person) -> None:
    profile, email = profile_of(person), person.email
    fact = ProfileChanged(
        user_id=person.user_id, version=person.version, profile=profile, email=email
    )
    await tell(tx, fact)
