"""A small OpenID Connect provider on a free port: discovery, keys, and the code flow with PKCE."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import jwt
from aiohttp import BasicAuth, web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

CLIENT, SECRET = "ritmo", "a secret: of the client, with 100 % of what is odd"


@dataclass
class Provider:
    """Signs everybody in as `subject`; `claims` and `key` may be changed to tell lies."""

    issuer: str = ""
    subject: str = "person-1"
    claims: dict[str, Any] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    kid: str = "first"
    algorithm: str = "RS256"
    signs_with: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    redirects: bool = False
    methods: list[str] | None = None
    """How a client shows its secret; None: nothing is said of it."""
    places: dict[str, str] = field(default_factory=dict)
    """What discovery names instead."""
    slow: float = 0.0
    """Seconds that each answer takes."""
    refuses: tuple[int, str] | None = None
    """With which status and error no token is given."""

    def visit(self, url: str) -> dict[str, str]:
        """Go to the provider as a browser does, sign in, and come back with a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    async def configuration(self, request: web.Request) -> web.Response:
        self.asked.append("configuration")
        await self._rest()
        if self.redirects:
            raise web.HTTPFound(f"{self.issuer}/elsewhere")
        said: dict[str, object] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.places,
        }
        if self.methods is not None:
            said["token_endpoint_auth_methods_supported"] = self.methods
        return web.json_response(said)

    async def _rest(self) -> None:
        """Let whoever asks wait."""
        await asyncio.sleep(self.slow)

    async def keys(self, request: web.Request) -> web.Response:
        self.asked.append("keys")
        await self._rest()
        key = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**key, "kid": self.kid, "use": "sig"}]})

    def _signed(self, said: dict[str, Any]) -> str:
        """Sign; with HS256 by hand, for the library takes no public key for a secret."""
        key: Any = self.key if self.signs_with is None else self.signs_with
        if self.algorithm != "HS256":
            return jwt.encode(said, key, algorithm=self.algorithm, headers={"kid": self.kid})
        header = {"alg": "HS256", "typ": "JWT", "kid": self.kid}
        body = b".".join(base64url_encode(json.dumps(one).encode()) for one in (header, said))
        mark = hmac.digest(key, body, "sha256")
        return f"{body.decode()}.{base64url_encode(mark).decode()}"

    def _is_client(self, request: web.Request, posted: object) -> bool:
        """Tell whether the client shows its secret as it was told to, and in no other way."""
        header = request.headers.get("Authorization", "")
        if self.methods == ["client_secret_post"]:
            return (posted, header) == (SECRET, "")
        basic = BasicAuth.decode(header) if header else None
        shown = basic and (unquote_plus(basic.login), unquote_plus(basic.password))
        return (posted, shown) == (None, (CLIENT, SECRET))

    async def token(self, request: web.Request) -> web.Response:
        if self.refuses is not None:
            status, error = self.refuses
            return web.json_response({"error": error}, status=status)
        form = await request.post()
        given = self.codes.pop(str(form["code"]), None)
        verifier = str(form["code_verifier"]).encode()
        challenge = urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if (
            given is None
            or challenge != given["code_challenge"]
            or form["redirect_uri"] != given["redirect_uri"]
            or form["client_id"] != CLIENT
            or not self._is_client(request, form.get("client_secret"))
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": given["nonce"],
            "email": "ann@provider.example.org",
            "email_verified": True,
        }
        said = {name: value for name, value in (said | self.claims).items() if value is not None}
        signed = self._signed(said)
        return web.json_response({"id_token": signed, "access_token": "x", "token_type": "Bearer"})


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """Run a provider until the block ends."""
    made = Provider()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", made.configuration)
    app.router.add_get("/elsewhere", made.configuration)
    app.router.add_get("/keys", made.keys)
    app.router.add_post("/token", made.token)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()
