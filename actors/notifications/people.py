"""How the room gets to know people, and how it forgets them."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.notifications.mail_folder import mail_folder
from actors.notifications.room import TheSettings, room
from actors.runtime.delegation import RoomBus
from actors.runtime.room import Transaction
from contracts.auth import UserRegistered
from contracts.message import Gone
from contracts.principal import Principal
from contracts.users import GetProfile, ProfileChanged, UserDeleted
from storage import idempotency
from storage.notifications import apprise, deliveries, links, people
from storage.notifications.people import Person


async def person_of(tx: AsyncConnection, bus: RoomBus, who: Principal) -> Person:
    """Return the caller, locked. Refuses with `Gone` if they were deleted."""
    person = await addressee(tx, bus, who.user_id, who)
    if person is None:
        raise Gone("user_gone", "This account was deleted.")
    return person


async def addressee(
    tx: AsyncConnection, bus: RoomBus, user_id: UUID, who: Principal | None = None
) -> Person | None:
    """Return a person, locked; None if they are gone.

    Who is not known here yet is asked for: by `who` asks, else on their behalf.
    """
    person = await people.meet(tx, user_id)
    if person is None or (person.version and person.email is not None):
        return person
    user = await bus.ask(GetProfile(), who, on_behalf_of=None if who else user_id)
    known = {"email": user.email, "name": user.name, "language": user.language}
    await people.save(tx, user_id, **known, version=user.version)
    return person._replace(email=user.email, name=user.name, language=user.language)


@room.hear
async def note_registered(fact: UserRegistered, tx: Transaction) -> None:
    """Note the address of somebody new, and how they are called until their profile is told."""
    person = await people.meet(tx, fact.user_id)
    if person is None:
        return
    await people.save(tx, fact.user_id, email=fact.email)
    if not person.version:
        await people.save(tx, fact.user_id, name=fact.name, language=fact.language)


@room.hear
async def note_profile(fact: ProfileChanged, tx: Transaction) -> None:
    """Note how a person is called, and their language."""
    person = await people.meet(tx, fact.user_id)
    if person is not None and person.version < fact.version:
        known = {"name": fact.profile.name, "language": fact.profile.language}
        await people.save(tx, fact.user_id, **known, version=fact.version)


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction, given: TheSettings) -> None:
    """Erase all that was sent to a user or was to be, and how to reach them.

    A file that is being written right now is taken back by its sender, and one in the folder of
    another process goes when that is tidied. Only that they are gone is kept.
    """
    await people.meet(tx, fact.user_id)
    files = await deliveries.kept_as_files(tx, fact.user_id)
    await asyncio.to_thread(mail_folder(given).drop, files)
    await deliveries.erase(tx, fact.user_id)
    await links.erase(tx, fact.user_id)
    await apprise.erase(tx, fact.user_id)
    await people.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
