"""Access tokens as a forger would make them, who knows more than any forger can."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.message import new_id
from contracts.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Forge:
    """What a forger could know at best: a token, and even the keys."""

    tokens: Tokens
    claims: dict[str, Any]
    kid: str
    private_pem: str
    public_pem: str
    next_kid: str

    def sign(
        self,
        changes: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
        without: str = "",
        key: Any = None,
        algorithm: str = "EdDSA",
    ) -> str:
        """Sign the claims with some changes, by default with the real key."""
        claims = {**self.claims, **(changes or {})}
        claims.pop(without, None)
        return jwt.PyJWS().encode(
            json.dumps(claims).encode(),
            key or self.private_pem,
            algorithm,
            {"typ": "at+jwt", "kid": self.kid, **(header or {})},
        )

    def raw(self, header: dict[str, Any], claims: Any = None, tag: bytes = b"") -> str:
        """Write a token by hand."""
        return ".".join((part(header), part(claims or self.claims), encode(tag)))

    def hmac_with_public_key(self) -> str:
        """Sign with HS256, with the public key as the secret."""
        signed = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': self.kid})}.{part(self.claims)}"
        tag = hmac.new(self.public_pem.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{encode(tag)}"


def encode(content: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def part(content: Any) -> str:
    """Write a part of a token."""
    return encode(json.dumps(content).encode())


def swapped(forge: Forge) -> str:
    """Put another user's id into a signed token."""
    head, _, tag = forge.tokens.access_token.split(".")
    return ".".join((head, part({**forge.claims, "sub": str(new_id())}), tag))


def stranger() -> Ed25519PrivateKey:
    """Make a key that is not ours."""
    return Ed25519PrivateKey.generate()


def own_jwk() -> dict[str, Any]:
    """Make a public key to put into a header."""
    public = jwt.algorithms.OKPAlgorithm.to_jwk(stranger().public_key(), as_dict=True)
    return dict(public)


def without(claim: str, forge: Forge) -> str:
    """Leave a claim out."""
    return forge.sign(without=claim)


CLAIMS = ("iss", "aud", "exp", "iat", "sub", "sid", "scope", "jti")
NONE = {"alg": "none", "typ": "at+jwt"}
NOW = int(time.time())
FORGED: dict[str, Callable[[Forge], str]] = {
    "nothing": lambda f: "",
    "no token": lambda f: "abc",
    "dots": lambda f: "..",
    "not ASCII": lambda f: "é.é.é",
    "too long": lambda f: "a" * 5000,
    "nested deep": lambda f: encode(b"[" * 3000) + ".e30.e30",
    "header no object": lambda f: f"{part([])}.{part(f.claims)}.x",
    "claims no object": lambda f: f.raw({"alg": "EdDSA", "typ": "at+jwt", "kid": f.kid}, [1]),
    "refresh as access": lambda f: f.tokens.refresh_token,
    "alg none": lambda f: f.raw({**NONE, "kid": f.kid}),
    "alg None": lambda f: f.raw({**NONE, "alg": "None", "kid": f.kid}),
    "no alg": lambda f: f.raw({"typ": "at+jwt", "kid": f.kid}),
    "alg in a list": lambda f: f.raw({**NONE, "alg": ["EdDSA"], "kid": f.kid}),
    "HS256 with the public key": lambda f: f.hmac_with_public_key(),
    "HS256 with an empty key": lambda f: f.sign(
        key="x" * 32, algorithm="HS256", header={"kid": f.kid}
    ),
    "ES256": lambda f: f.sign(key=generate_private_key(SECP256R1()), algorithm="ES256"),
    "no signature": lambda f: f.tokens.access_token.rsplit(".", 1)[0] + ".",
    "two parts": lambda f: f.tokens.access_token.rsplit(".", 1)[0],
    "four parts": lambda f: f.tokens.access_token + ".e30",
    "half a signature": lambda f: f.tokens.access_token[:-40],
    "another user's id": swapped,
    "a stranger's key": lambda f: f.sign(key=stranger()),
    "jwk in the header": lambda f: f.sign(key=stranger(), header={"jwk": own_jwk()}),
    "jku in the header": lambda f: f.sign(key=stranger(), header={"jku": "http://127.0.0.1/k"}),
    "x5u in the header": lambda f: f.sign(key=stranger(), header={"x5u": "http://127.0.0.1/k"}),
    "the next key's id": lambda f: f.sign(header={"kid": f.next_kid}),
    "unknown kid": lambda f: f.sign(header={"kid": "unknown"}),
    "kid is a path": lambda f: f.sign(header={"kid": "../../dev/null"}),
    "kid is SQL": lambda f: f.sign(header={"kid": "' OR 1=1 --"}),
    "kid is a number": lambda f: f.raw({"alg": "EdDSA", "typ": "at+jwt", "kid": 7}),
    "no kid": lambda f: f.raw({"alg": "EdDSA", "typ": "at+jwt"}),
    "typ JWT": lambda f: f.sign(header={"typ": "JWT"}),
    "typ of a refresh token": lambda f: f.sign(header={"typ": "rt+jwt"}),
    "no typ": lambda f: f.raw({"alg": "EdDSA", "kid": f.kid}),
    "unknown crit": lambda f: f.sign(header={"crit": ["x"], "x": 1}),
    "other iss": lambda f: f.sign({"iss": "other"}),
    "iss in a list": lambda f: f.sign({"iss": ["ritmo"]}),
    "other aud": lambda f: f.sign({"aud": "other"}),
    "aud in a list": lambda f: f.sign({"aud": ["ritmo", "other"]}),
    "iat in the future": lambda f: f.sign({"iat": NOW + 3600, "exp": NOW + 4200}),
    "nbf in the future": lambda f: f.sign({"nbf": NOW + 3600}),
    "exp no number": lambda f: f.sign({"exp": "tomorrow"}),
    "exp endless": lambda f: f.sign({"exp": float("inf")}),
    "iat no number": lambda f: f.sign({"iat": "now"}),
    "sub no id": lambda f: f.sign({"sub": "admin"}),
    "sid no id": lambda f: f.sign({"sid": "*"}),
    "sid a number": lambda f: f.sign({"sid": 1}),
    "scope in a list": lambda f: f.sign({"scope": ["user", "admin"]}),
    "scope null": lambda f: f.sign({"scope": None}),
    **{f"no {claim}": partial(without, claim) for claim in CLAIMS},
}
