"""Who there is, as administrators see it; what they may; and how somebody goes for good."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.erasure import confirmed
from actors.runtime.room import Transaction, Who
from actors.users.domain import (
    CURSORS,
    Others,
    changed_by,
    keep_an_admin,
    leave_an_admin,
)
from actors.users.profiles import load
from actors.users.room import room
from contracts.message import Done, Invalid, NotFound, check_version
from contracts.notifications import CHANNELS, SendNotice
from contracts.users import (
    ChangeUser,
    DeleteMe,
    DeleteUser,
    GetUser,
    ListUsers,
    NotifyAdministrators,
    User,
    UserChanged,
    UserDeleted,
    Users,
)
from storage import inbox, users
from storage.outbox import tell


@room.answer
async def list_users(query: ListUsers, tx: Transaction) -> Users:
    """Show a page of people, and look one further to know whether there is another."""
    words = query.search.replace("\0", "").strip()
    found = await users.search(tx, words, CURSORS.read(query.cursor), query.limit + 1)
    page = [User.model_construct(**row) for row in found[: query.limit]]
    more = len(found) > query.limit
    return Users(
        users=tuple(page),
        cursor=CURSORS.write(page[-1].user_id) if more else None,
    )


@room.answer
async def get_user(query: GetUser, tx: Transaction) -> User:
    """Show a person to an administrator."""
    if query.user_id is not None:
        return await load(tx, query.user_id)
    if query.email is None:
        raise Invalid("no_user_named", "Name a user by id or by e-mail address.")
    email = query.email.replace("\0", "")
    found = await users.find_by_email(tx, email)
    if found is None:
        raise NotFound("user_not_found", "There is no user {user}.", user=email)
    return User.model_construct(**found)


@room.answer
async def change_user(command: ChangeUser, tx: Transaction) -> User:
    """Change what a user may."""
    await users.lock_admins(tx)
    before = await load(tx, command.user_id, lock=True)
    check_version(before.version, command.expected_version)
    after = changed_by(before, command)
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
    return after


@room.answer
async def delete_user(command: DeleteUser, tx: Transaction) -> Done:
    """Delete a user."""
    await users.lock_admins(tx)
    await _delete(tx, command.user_id, await load(tx, command.user_id, lock=True))
    return Done()


@room.answer
async def delete_me(command: DeleteMe, who: Who, tx: Transaction) -> Done:
    """Delete the caller, even if their profile was never made."""
    await users.lock_admins(tx)
    found = await users.find(tx, who.user_id, lock=True)
    check_version(found["version"] if found else 1, command.expected_version)
    await _delete(tx, who.user_id, User.model_construct(**found) if found else None)
    return Done()


async def _delete(tx: AsyncConnection, user_id: UUID, person: User | None) -> None:
    """Delete a user, unless people would be left without an administrator."""
    if person is not None:
        leave_an_admin(person, Others(*await users.count_others(tx, user_id)))
    async with confirmed(tx, "users", [user_id]):
        await users.erase(tx, user_id)
    await inbox.erase(tx, user_id)
    version = person.version + 1 if person else 1
    await tell(tx, UserDeleted(user_id=user_id, version=version))


@room.do
async def notify_administrators(job: NotifyAdministrators, tx: Transaction) -> None:
    """Have every administrator who may come in be sent a notice, by every channel they have."""
    for user_id in await users.administrators(tx):
        notice = SendNotice(
            user_id=user_id,
            template=job.template,
            channels=CHANNELS,
            data=job.data,
            dedupe_key=job.dedupe_key,
        )
        await tell(tx, notice)
