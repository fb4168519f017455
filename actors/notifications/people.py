"""To whom something is sent, and how they are erased."""

import asyncio
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.notifications.mail_folder import mail_folder
from actors.notifications.room import TheSettings, known, room
from actors.runtime.delegation import RoomBus
from actors.runtime.room import Transaction
from contracts.users import GetProfile, UserDeleted
from storage import idempotency
from storage.notifications import apprise, chats, deliveries, links
from storage.replica.replica import PersonRow


async def is_gone(tx: AsyncConnection, user_id: UUID) -> bool:
    """Tell whether a person was erased."""
    person = await known.replica.find_person(tx, user_id)
    return person is not None and person.gone


async def addressee(
    tx: AsyncConnection, bus: RoomBus, user_id: UUID, email: str | None = None
) -> PersonRow | None:
    """Return a person, who stays until the transaction ends; None if they are gone.

    Who is not known here yet is asked for on their behalf, unless their address is given.
    """
    person = await known.replica.find_person(tx, user_id, "stay")
    if person is None and user_id in await known.replica.lock(tx, [user_id]):
        return None
    if person is not None and person.gone:
        return None
    if email is not None:
        return replace(person or PersonRow(user_id), email=email)
    if person is not None and person.email is not None:
        return person
    user = await bus.ask(GetProfile(), on_behalf_of=user_id)
    return PersonRow(user_id, email=user.email, name=user.name, language=user.language)


@room.hear
async def erase_person(fact: UserDeleted, tx: Transaction, given: TheSettings) -> None:
    """Erase all that was sent to a user or was to be, and how to reach them.

    A file that is being written right now is taken back by its sender, and one in the folder of
    another process goes when that is tidied.
    """
    files = await deliveries.kept_as_files(tx, fact.user_id)
    await asyncio.to_thread(mail_folder(given).drop, files)
    await deliveries.erase(tx, fact.user_id)
    await links.erase(tx, fact.user_id)
    await apprise.erase(tx, fact.user_id)
    await chats.erase(tx, fact.user_id)
    await idempotency.erase(tx, fact.user_id)
