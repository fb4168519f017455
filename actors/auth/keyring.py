"""The keys that sign access tokens: made, remembered, rotated, and published."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from jwt.algorithms import OKPAlgorithm
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth.domain import SIGNING_LAG, TOKEN_LIFE
from contracts.message import new_id
from contracts.signing_keys import Keys
from storage.auth import keys


@dataclass(frozen=True, slots=True)
class Signer:
    """The active key, as it is remembered since `known_since` (Unix time)."""

    kid: str
    private: Ed25519PrivateKey
    known_since: float

    def fresh(self) -> bool:
        """Tell whether to trust that this key is still the active one."""
        return 0 <= time.time() - self.known_since < SIGNING_LAG.total_seconds()


class Keyring:
    """Signs with the active key of one database."""

    def __init__(self) -> None:
        """Know no key yet."""
        self._signer: Signer | None = None

    async def sign(self, tx: AsyncConnection, claims: dict[str, Any]) -> str:
        """Make an access token of claims."""
        signer = await self._active(tx)
        return jwt.encode(
            claims,
            signer.private,
            algorithm="EdDSA",
            headers={"typ": "at+jwt", "kid": signer.kid},
        )

    async def published(self, tx: AsyncConnection, now: datetime) -> Keys:
        """Return the keys by which a token that lives may be signed, now or soon."""
        since = now - TOKEN_LIFE - SIGNING_LAG
        kept = await keys.verifying(tx, since)
        if not any(key.state == "active" for key in kept):
            await _make_first(tx)
            kept = await keys.verifying(tx, since)
        return Keys(keys=tuple(_jwk(key) for key in kept))

    async def rotate(self, tx: AsyncConnection, now: datetime) -> Keys:
        """Sign with the next key from now on, and make a new next one."""
        await _make_first(tx)
        await keys.rotate(tx, _new_key("next"), now, now - TOKEN_LIFE - SIGNING_LAG)
        self._signer = None
        return await self.published(tx, now)

    async def _active(self, tx: AsyncConnection) -> Signer:
        if self._signer is not None and self._signer.fresh():
            return self._signer
        key = await keys.active(tx)
        if key is not None:
            self._signer = _signer(key)
            return self._signer
        # A key of a transaction that may yet be rolled back is used, but not remembered.
        await _make_first(tx)
        made = await keys.active(tx)
        if made is None:
            raise LookupError("there is no active key")
        return _signer(made)


async def _make_first(tx: AsyncConnection) -> None:
    """Make the first keys, unless another process has just done so."""
    await keys.lock(tx)
    if await keys.active(tx) is None:
        await keys.add(tx, _new_key("active"), _new_key("next"))


def _new_key(state: str) -> keys.Key:
    """Make a key pair."""
    private = Ed25519PrivateKey.generate()
    return keys.Key(
        kid=new_id().hex,
        state=state,
        public_pem=private.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        private_pem=private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
    )


def _signer(key: keys.Key) -> Signer:
    """Read the private key of the active pair."""
    private = load_pem_private_key((key.private_pem or "").encode(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError(f"key {key.kid} is not an Ed25519 key")
    return Signer(key.kid, private, time.time())


def _jwk(key: keys.Key) -> dict[str, str]:
    """Write a public key as a JWK (RFC 8037)."""
    public = load_pem_public_key(key.public_pem.encode())
    if not isinstance(public, Ed25519PublicKey):
        raise TypeError(f"key {key.kid} is not an Ed25519 key")
    fields = OKPAlgorithm.to_jwk(public, as_dict=True)
    return {**fields, "kid": key.kid, "alg": "EdDSA", "use": "sig"}
