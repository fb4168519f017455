"""Tokens by which rooms act for people: minutes long, and for what the room may ask alone."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.domain import DELEGATION_LIFE, delegated_claims
from actors.auth.keyring import Keyring
from actors.runtime.delegation import proven
from actors.runtime.identity import not_acted_for
from contracts.delegation import MAY_ASK, Delegation
from contracts.message import Denied, new_id
from storage.auth import accounts


async def delegate(tx: AsyncConnection, proof: str, keyring: Keyring, now: datetime) -> Delegation:
    """Let a room act for a person who is there, and was not disabled."""
    room, user_id = await proven(tx, proof)
    scopes = MAY_ASK.get(room)
    if not scopes:
        raise Denied(
            "may_not_act", "This part of Ritmo may not act for a person: {room}.", room=room
        )
    account = await accounts.find(tx, user_id)
    if account is None or account.disabled:
        raise not_acted_for()
    token = await keyring.sign(tx, delegated_claims(user_id, room, scopes, now, new_id()))
    return Delegation(access_token=token, expires_in=int(DELEGATION_LIFE.total_seconds()))
