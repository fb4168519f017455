"""Rooms that act for people, by tokens of minutes for what they may ask, or vouch for them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.domain import DELEGATION_LIFE, delegated_claims
from actors.auth.room import room
from actors.auth.tools import TheKeyring
from actors.runtime.delegation import proven
from actors.runtime.identity import not_acted_for
from actors.runtime.room import Transaction
from contracts.accounts import BeginSession, OpenAccount
from contracts.delegation import MAY_ASK, Delegate, Delegation
from contracts.message import Denied, new_id
from contracts.passwords import SetPassword
from contracts.totp import RemoveTotp
from storage.auth import accounts

OPERATOR = frozenset({"ops"})
"""The part that acts for whoever has the console."""

Vouching = OpenAccount | BeginSession | SetPassword | RemoveTotp
"""Commands that come with the proof of a part."""


@room.answer
async def delegate(query: Delegate, tx: Transaction, keyring: TheKeyring) -> Delegation:
    """Let a room act for a person who is there, and was not disabled."""
    room_name, user_id = await proven(tx, query.proof)
    scopes = MAY_ASK.get(room_name)
    if not scopes:
        raise Denied(
            "may_not_act", "This part of Ritmo may not act for a person: {room}.", room=room_name
        )
    account = await accounts.find(tx, user_id)
    if account is None or account.disabled:
        raise not_acted_for()
    claims = delegated_claims(user_id, room_name, scopes, datetime.now(UTC), new_id())
    return Delegation(
        access_token=await keyring.sign(tx, claims),
        expires_in=int(DELEGATION_LIFE.total_seconds()),
    )


async def vouched(
    tx: AsyncConnection, command: Vouching, parts: frozenset[str]
) -> tuple[str, UUID]:
    """Return which of these parts vouches, and for whom; `Unauthenticated` or `Denied` if none."""
    room_name, user_id = await proven(tx, command.proof, command.address)
    if room_name not in parts:
        text = "This part of Ritmo may not vouch for a person: {room}."
        raise Denied("may_not_act", text, room=room_name)
    return room_name, user_id
