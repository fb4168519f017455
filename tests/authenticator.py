"""A device with passkeys, in software: it answers as a browser would (WebAuthn level 3)."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 1, 4, 64
"""Flags of authenticator data (section 6.1)."""

Algorithm = Literal["ES256", "EdDSA", "RS256"]
COSE = {"ES256": -7, "EdDSA": -8, "RS256": -257}
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def coded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def made(algorithm: Algorithm) -> Key:
    """Make a key pair."""
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def number(value: int, length: int) -> bytes:
    return value.to_bytes(length, "big")


def cose_of(key: Key) -> bytes:
    """Write a public key down (RFC 9053)."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        at = key.public_key().public_numbers()
        given = {1: 2, 3: -7, -1: 1, -2: number(at.x, 32), -3: number(at.y, 32)}
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        given = {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
    else:
        at_rsa = key.public_key().public_numbers()
        given = {1: 3, 3: -257, -1: number(at_rsa.n, 256), -2: number(at_rsa.e, 3)}
    return bytes(cbor2.dumps(given))


def signed(key: Key, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(SHA256()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, padding.PKCS1v15(), SHA256())


@dataclass
class Authenticator:
    """A device that holds one passkey; what is said here may be changed to tell lies."""

    algorithm: Algorithm = "ES256"
    origin: str = "http://localhost:8000"
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    counter: int = 0
    host: str | None = None
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        self.key = made(self.algorithm)

    def create(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Make a passkey."""
        self.handle = decoded(options["user"]["id"])
        self.host = self.host or options["rp"]["id"]
        assert COSE[self.algorithm] in [one["alg"] for one in options["pubKeyCredParams"]]
        attested = bytes(16) + number(len(self.id), 2) + self.id + cose_of(self.key)
        data = self._data(ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=bytes(statement))

    def get(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Sign a challenge."""
        client, data = self._client("webauthn.get", options["challenge"]), self._data()
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signed(self.key, data + hashlib.sha256(client).digest()),
            userHandle=self.handle,
        )

    def _data(self, more: int = 0) -> bytes:
        self.counter += self.counts
        host = hashlib.sha256((self.host or "").encode()).digest()
        return host + bytes([self.flags | more]) + number(self.counter, 4)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> dict[str, Any]:
        return {
            "id": coded(self.id),
            "rawId": coded(self.id),
            "type": "public-key",
            "response": {name: coded(value) for name, value in response.items()},
            "clientExtensionResults": {},
        }
