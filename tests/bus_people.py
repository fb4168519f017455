"""Those who ask the tests' room, and as much of auth as verifies their tokens."""

import time
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actors.runtime.room import Room, Transaction
from contracts.delegation import Delegate, Delegation
from contracts.message import new_id
from contracts.principal import Principal
from contracts.sessions import Ended, ListEndedSessions
from contracts.signing_keys import GetKeys, Keys
from storage.auth import accounts

auth = Room("auth")
"""As much of auth as a verifier asks for."""

signing = Ed25519PrivateKey.generate()
jwk = {
    **jwt.algorithms.OKPAlgorithm.to_jwk(signing.public_key(), as_dict=True),
    "kid": "trial",
    "alg": "EdDSA",
    "use": "sig",
}


@auth.answer
async def keys(query: GetKeys) -> Keys:
    return Keys(keys=(jwk,))


@auth.answer
async def ended(query: ListEndedSessions, tx: Transaction) -> Ended:
    return Ended(session_ids=(), disabled=tuple(await accounts.list_disabled(tx)))


handed: dict[str, str] = {}
"""What auth hands out to whoever wants to act for somebody: `token`."""


@auth.answer
async def delegate(query: Delegate) -> Delegation:
    return Delegation(access_token=handed["token"], expires_in=120)


def acting(user_id: UUID, life: int = 120, key: Ed25519PrivateKey = signing, **more: object) -> str:
    """Make a token by which the tests' room acts for somebody."""
    now = int(time.time())
    words = {
        "iss": "ritmo",
        "aud": "ritmo",
        "sub": str(user_id),
        "act": {"sub": "trial"},
        "scope": "trial.who_am_i",
        "jti": new_id().hex,
        "iat": min(now, now + life - 120),
        "exp": now + life,
        **more,
    }
    return jwt.encode(words, key, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": "trial"})


def person(*scopes: str, key: Ed25519PrivateKey = signing) -> Principal:
    """Make somebody new, with a token signed by `key`."""
    user_id, session_id, now = new_id(), new_id(), int(time.time())
    words = {
        "iss": "ritmo",
        "aud": "ritmo",
        "sub": str(user_id),
        "sid": str(session_id),
        "scope": " ".join(scopes or ("user",)),
        "jti": new_id().hex,
        "iat": now,
        "exp": now + 600,
    }
    token = jwt.encode(words, key, algorithm="EdDSA", headers={"typ": "at+jwt", "kid": "trial"})
    held = frozenset(scopes or ("user",))
    return Principal(user_id=user_id, session_id=session_id, scopes=held, token=token)
