"""Invitations: made, listed, taken back, and used up by a registration."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.domain import checked_email, digest
from actors.auth.post import MAX_NOTICES
from actors.auth.room import room
from actors.auth.tools import ThePost
from actors.runtime.mailed import token_of
from actors.runtime.room import Transaction
from contracts.backfill import NOBODY
from contracts.invitations import (
    DropInvitation,
    Invitation,
    Invitations,
    Invite,
    Invited,
    ListInvitations,
)
from contracts.message import Denied, Done, NotFound
from storage.auth import invitations
from storage.auth.invitations import InvitationRow


@room.answer
async def invite(command: Invite, tx: Transaction, post: ThePost) -> Invited:
    """Make an invitation, and mail it if it is for an address."""
    now, life = datetime.now(UTC), timedelta(days=command.days)
    email = None if command.email is None else checked_email(command.email)
    link = await post.make_link(tx)
    made = await invitations.add(tx, link.id, link.hash, email, now + life)
    shown = Invited(**_shown(made).model_dump())
    sent = (
        email is not None
        and post.there_is_a_server
        and await post.send(
            tx,
            "invitation",
            NOBODY,
            email,
            now,
            link=link,
            life=life,
            language=command.language,
            most=MAX_NOTICES,
        )
    )
    if sent:
        return shown
    code = token_of(await post.secret.value(tx), link.id)
    return shown.model_copy(update={"code": code})


@room.answer
async def list_invitations(query: ListInvitations, tx: Transaction) -> Invitations:
    """List invitations that can be used."""
    found = await invitations.list_open(tx, datetime.now(UTC))
    return Invitations(invitations=tuple(map(_shown, found)))


@room.answer
async def drop_invitation(command: DropInvitation, tx: Transaction) -> Done:
    """Take an invitation back."""
    if not await invitations.drop(tx, command.invitation_id):
        raise NotFound("invitation_not_found", "There is no such invitation.")
    return Done()


async def admit(
    tx: AsyncConnection, mode: str, code: str | None, email: str, now: datetime
) -> bool:
    """Let somebody register, and use their invitation up; tell whether it confirms their address.

    Refuses with `Denied` where not everybody may register.
    """
    if mode == "closed":
        raise registration_closed()
    if mode == "open" and code is None:
        return False
    found = None if code is None else await invitations.find(tx, digest(code), now)
    if found is None or found.email not in (None, email):
        text = "To register here, give the code of an invitation that is yours, and not used yet."
        raise Denied("invitation_needed", text)
    await invitations.drop(tx, found.id)
    return found.email is not None


def registration_closed() -> Denied:
    """Refuse whoever may not register here."""
    text = "Nobody can register here; ask whoever runs this Ritmo."
    return Denied("registration_closed", text)


def _shown(row: InvitationRow) -> Invitation:
    return Invitation(
        invitation_id=row.id, email=row.email, created_at=row.created_at, expires_at=row.expires_at
    )
