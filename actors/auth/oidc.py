"""Ritmo as a client of one OpenID Connect provider (OpenID Connect Core 1.0, code flow with PKCE).

The provider is who `RITMO_OIDC_ISSUER` says. It is asked over HTTPS (but for one on this machine),
for a few seconds, and no redirect is followed; what it answers is read up to a bound. Other hosts
that it names must be of the public internet: the issuer is the operator's choice, they are not. An
ID token counts if a key of the provider signed it, for us, now, with the nonce of this attempt.
"""

import asyncio
import hashlib
import socket
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode, urlsplit

import jwt
import structlog

from actors.runtime.public_addresses import is_public_text
from actors.runtime.settings import Settings
from contracts.message import Conflict, Unavailable

if TYPE_CHECKING:
    from aiohappyeyeballs import AddrInfoType

log = structlog.get_logger()

SECONDS = 4.0
"""Seconds that the provider has for all that is asked of it at once."""

MAX_BYTES = 262_144
"""Bytes of an answer of the provider."""

KNOWN_SECONDS = 600.0
"""Seconds for which addresses and keys of the provider are remembered."""

AGAIN_SECONDS = 10.0
"""Seconds after which an unknown key is a reason to look the keys up again."""

CLIENT_ERRORS = ("invalid_client", "unauthorized_client")
"""Refusals of Ritmo itself, which nobody who signs in can help."""

MAX_NAME = 255
"""Characters of what a provider calls somebody (Core 1.0, section 2), and of an address."""

ALGORITHMS = ["RS256", "ES256", "EdDSA", "PS256"]
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""

CALLBACK = "/v1/auth/oidc/callback"

HERE = ("localhost", "127.0.0.1", "::1")
"""Where a provider may be asked over plain HTTP."""


class Untrue(Exception):
    """What the provider says, or who came back with it, is not to be believed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom the provider names."""

    issuer: str
    subject: str
    email: str


@dataclass(frozen=True, slots=True)
class _Learned:
    at: float
    places: dict[str, Any]
    keys: jwt.PyJWKSet


class Provider:
    """The provider of one installation; off until it is configured."""

    def __init__(self, settings: Settings, seconds: float = SECONDS) -> None:
        """Know who it is; nothing is asked yet."""
        self._seconds = seconds
        secret = settings.oidc_client_secret
        self._issuer = settings.oidc_issuer.rstrip("/") if settings.oidc_issuer else ""
        self._host = _host_of(self._issuer)
        self._client = settings.oidc_client_id or ""
        self._secret = secret.get_secret_value() if secret else ""
        base = settings.base_url.rstrip("/") or f"http://localhost:{settings.port}"
        self._back = base + CALLBACK
        self._learned: _Learned | None = None
        self._learning = asyncio.Lock()

    @property
    def is_on(self) -> bool:
        """Whether a provider is configured."""
        return bool(self._issuer and self._client)

    def check(self) -> None:
        """Refuse with `Conflict` if no provider is configured."""
        if not self.is_on:
            raise Conflict("oidc_off", "No other provider of sign-ins is set up here.")

    async def address(self, state: str, verifier: str) -> str:
        """Return where the browser goes."""
        self.check()
        async with _patience(self._seconds):
            learned = await self._learn(0.0)
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._back,
            "scope": "openid email",
            "state": state,
            "nonce": nonce_of(verifier),
            "code_challenge": _coded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        place = str(learned.places["authorization_endpoint"])
        if not self._safe(place):
            raise _away()
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    async def subject(self, code: str, verifier: str) -> Subject:
        """Return whom a code names. Raises Untrue, or refuses with `Unavailable`."""
        self.check()
        async with _patience(self._seconds):
            return await self._subject(code, verifier)

    async def _subject(self, code: str, verifier: str) -> Subject:
        learned = await self._learn(0.0)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self._client,
            "code_verifier": verifier,
        }
        headers = self._known_by(learned.places, form)
        status, answer = await self._ask(str(learned.places["token_endpoint"]), form, headers)
        if status not in (200, 400) or answer.get("error") in CLIENT_ERRORS:
            log.warning("no token of the provider", status=status, error=str(answer.get("error")))
            raise _away()
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise Untrue("no ID token")
        claims = await self._claims(token)
        if claims.get("nonce") != nonce_of(verifier):
            raise Untrue("nonce")
        email = claims.get("email") if claims.get("email_verified") is True else None
        known = isinstance(email, str) and len(email) <= MAX_NAME and email.isprintable()
        return Subject(self._issuer, claims["sub"], str(email) if known else "")

    def _known_by(self, places: dict[str, Any], form: dict[str, str]) -> dict[str, str]:
        """Show the client's secret as the provider wants it (Core 1.0, section 9).

        In a header (RFC 6749, section 2.3.1), which is what counts where nothing is said; or in the
        form.
        """
        if not self._secret:
            return {}
        methods = places.get("token_endpoint_auth_methods_supported")
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            form["client_secret"] = self._secret
            return {}
        known = f"{quote_plus(self._client)}:{quote_plus(self._secret)}"
        return {"Authorization": f"Basic {b64encode(known.encode()).decode()}"}

    async def _claims(self, token: str) -> dict[str, Any]:
        """Verify an ID token (Core 1.0, section 3.1.3.7)."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            claims: dict[str, Any] = jwt.decode(
                token,
                await self._key(kid),
                algorithms=ALGORITHMS,
                audience=self._client,
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            raise Untrue(type(error).__name__) from None
        subject = claims["sub"]
        if str(claims["iss"]).rstrip("/") != self._issuer:
            raise Untrue("issuer")
        fits = isinstance(subject, str) and 0 < len(subject) <= MAX_NAME
        if not fits or not subject.isprintable():
            raise Untrue("subject")
        audience = claims["aud"]
        several = isinstance(audience, list) and len(audience) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._client:
            raise Untrue("authorized party")
        return claims

    async def _key(self, kid: object) -> jwt.PyJWK:
        """Return the key that an ID token names; one that is not known is looked up once more."""
        for after in (0.0, AGAIN_SECONDS):
            found = [key for key in (await self._learn(after)).keys.keys if key.key_id == kid]
            if len(found) == 1:
                return found[0]
        raise Untrue("key")

    async def _learn(self, after: float) -> _Learned:
        """Return addresses and keys; with `after`, none that are older than so many seconds."""
        # One at a time: whoever comes meanwhile learns what the first was told.
        async with self._learning:
            known, now = self._learned, time.monotonic()
            if known is None or now - known.at >= (after or KNOWN_SECONDS):
                known = self._learned = await self._told(now)
            return known

    async def _told(self, now: float) -> _Learned:
        """Ask for addresses and keys."""
        status, places = await self._ask(f"{self._issuer}/.well-known/openid-configuration")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if status != 200 or str(places.get("issuer", "")).rstrip("/") != self._issuer:
            raise _away()
        if not all(isinstance(places.get(name), str) for name in wanted):
            raise _away()
        status, keys = await self._ask(str(places["jwks_uri"]))
        try:
            return _Learned(now, places, jwt.PyJWKSet.from_dict(keys))
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
            raise _away() from None

    async def _ask(
        self, url: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Ask the provider; return the status, and the JSON that it answers."""
        import json

        import aiohttp

        if not self._safe(url):
            raise _away()
        own = _host_of(url) == self._host
        line = aiohttp.TCPConnector(socket_factory=None if own else _public_socket)
        try:
            async with (
                aiohttp.ClientSession(trust_env=False, connector=line) as session,
                session.request(
                    "POST" if form else "GET",
                    url,
                    data=form,
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                raw = await answer.content.read(MAX_BYTES + 1)
                while len(raw) <= MAX_BYTES and (more := await answer.content.read(MAX_BYTES)):
                    raw += more
                if len(raw) > MAX_BYTES:
                    raise _away()
                said = json.loads(raw)
        except (aiohttp.ClientError, OSError):
            raise _away() from None
        except (ValueError, RecursionError):
            said = None
        return answer.status, said if isinstance(said, dict) else {}

    def _safe(self, url: str) -> bool:
        """Tell whether nobody on the way can read along."""
        host = _host_of(url)
        if url.startswith("http://"):
            return host == self._host and host in HERE
        return bool(host) and url.startswith("https://")


def nonce_of(verifier: str) -> str:
    """Return the nonce of an attempt: who knows the verifier knows it, and nobody the reverse."""
    return _coded(hashlib.sha256(b"nonce " + verifier.encode()).digest())


def _coded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@asynccontextmanager
async def _patience(seconds: float) -> AsyncIterator[None]:
    """Give the provider so many seconds for all that the block asks of it."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise _away() from None


def _public_socket(place: "AddrInfoType") -> socket.socket:
    """Open a socket to an address of the public internet, looked at as it is connected to."""
    family, kind, protocol, _, address = place
    if not is_public_text(address[0]):
        raise OSError("This address is not public.")
    return socket.socket(family, kind, protocol)


def _host_of(url: str) -> str:
    """Return the host of an address; empty if it has none that can be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _away() -> Unavailable:
    return Unavailable("oidc_away", "The provider of the sign-in does not answer.", retry_after=10)
