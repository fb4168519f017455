"""Consent to Google Calendar: OAuth 2 with PKCE (RFC 7636), offline, with the narrowest scopes.

The library asks for a code and exchanges it; who may finish what they began is known by a state,
which travels through the browser, and a proof, which does not.
"""

import asyncio
import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from actors.calendar.google_calls import BUSY_SCOPE, EVENTS_SCOPE, OWN_SCOPE, TIMEOUT, GoogleClient
from actors.calendar.google_errors import GoogleFailed
from contracts.google import GoogleWish

if TYPE_CHECKING:
    from google_auth_oauthlib.flow import Flow

CALLBACK = "/calendar/google/callback"
"""Where Google sends the browser back to."""


def scopes_of(wish: GoogleWish) -> list[str]:
    """Return the narrowest scopes that a link needs."""
    found = [OWN_SCOPE if wish.calendar_id is None else EVENTS_SCOPE]
    return [*found, BUSY_SCOPE] if wish.busy_calendars else found


def hashed(secret: str) -> bytes:
    """Return what is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, kept: bytes) -> bool:
    """Tell whether a secret is the one of which this is kept."""
    return hmac.compare_digest(hashed(secret), kept)


def _flow(client: GoogleClient, scopes: Sequence[str], base: str, verifier: str) -> "Flow":
    from google_auth_oauthlib.flow import Flow

    if client.api.startswith("http://"):
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # a server for trials, as it was set
    config = {
        "web": {
            "client_id": client.id,
            "client_secret": client.secret,
            "auth_uri": client.consent_url,
            "token_uri": client.token_url,
        }
    }
    flow = Flow.from_client_config(
        config, scopes=list(scopes), redirect_uri=f"{base}{CALLBACK}", code_verifier=verifier
    )
    return cast("Flow", flow)


def consent_url(client: GoogleClient, wish: GoogleWish, base: str, state: str) -> tuple[str, str]:
    """Return the page that asks for consent, and the verifier of PKCE."""
    verifier = secrets.token_urlsafe(64)
    flow = _flow(client, scopes_of(wish), base, verifier)
    # Asked anew each time: Google gives a refresh token with a consent, and with nothing else.
    url, _ = flow.authorization_url(state=state, access_type="offline", prompt="consent")
    return str(url), verifier


async def refresh_token_of(
    client: GoogleClient, wish: GoogleWish, base: str, verifier: str, code: str
) -> str:
    """Exchange a code for a refresh token. Raises GoogleFailed."""
    return await asyncio.to_thread(_exchange, client, wish, base, verifier, code)


def _exchange(client: GoogleClient, wish: GoogleWish, base: str, verifier: str, code: str) -> str:
    """Exchange a code, in a thread."""
    import requests
    from oauthlib.oauth2 import OAuth2Error

    flow = _flow(client, scopes_of(wish), base, verifier)
    try:
        said: dict[str, Any] = flow.fetch_token(code=code, timeout=TIMEOUT // 2)
    except OAuth2Error as error:
        raise GoogleFailed("forbidden", str(error.error)) from error
    except Warning as warning:  # fewer scopes, or more, than were asked for
        raise GoogleFailed("forbidden", "scope_changed") from warning
    except (requests.RequestException, OSError, ValueError) as error:
        raise GoogleFailed("away", type(error).__name__) from error
    given = said.get("scope") or []
    given = given.split() if isinstance(given, str) else list(given)
    if not set(scopes_of(wish)) <= set(given) or not said.get("refresh_token"):
        raise GoogleFailed("forbidden", "scope_missing")
    return str(said["refresh_token"])


async def give_back(client: GoogleClient, refresh_token: str) -> bool:
    """Tell Google that a consent is not used any more; false if it could not be reached."""
    import requests

    def post() -> bool:
        try:
            said = requests.post(
                client.revoke_url, data={"token": refresh_token}, timeout=3, allow_redirects=False
            )
        except (requests.RequestException, OSError):
            return False
        # It may have been withdrawn already: that is as good.
        return said.status_code < 500 and said.status_code != 429

    return await asyncio.to_thread(post)
