"""Fetches a calendar by its address. In the process of its own only, under its guard.

The guard judges each connection by the numeric address that is connected to: how a host is written,
and what its name stood for a moment before, does not matter.
"""

from urllib.parse import urljoin, urlsplit

from actors.runtime.calendars.faults import MAX_BYTES, CalendarUnusable
from actors.runtime.sandbox import Sandbox

MAX_REDIRECTS = 3
"""Addresses that one may lead on to; each is looked at as the first was."""

PORTS = (None, 443, 8443)
"""Ports of the public internet that a calendar may be at; None: that of the scheme."""

CONNECT, READ = 3.0, 5.0
"""Seconds to connect, and between two pieces of an answer."""

_STATUS = {401: "calendar_forbidden", 403: "calendar_forbidden"}
_STATUS |= {404: "calendar_gone", 410: "calendar_gone"}


def address_of(url: str, *, allow_private: bool) -> str:
    """Return an address as it is fetched. Raises CalendarUnusable."""
    plain = url.strip()
    if any(not c.isprintable() or c in ' \\"<>' for c in plain):
        raise CalendarUnusable("calendar_address")
    if plain[:9].lower() == "webcal://":
        plain = f"https://{plain[9:]}"
    try:
        parts = urlsplit(plain)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise CalendarUnusable("calendar_address") from None
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not host or parts.username is not None or "@" in parts.netloc:
        raise CalendarUnusable("calendar_address")
    if not allow_private and port not in PORTS:
        raise CalendarUnusable("calendar_address")
    return plain


def fetch(url: str, guard: Sandbox, *, allow_private: bool) -> bytes:
    """Return what is at an address, up to the size of a calendar. Raises CalendarUnusable."""
    import requests

    with requests.Session() as session:
        session.trust_env = False  # no proxy, no password file
        session.headers["Accept"] = "text/calendar, text/plain;q=0.5"
        session.headers["User-Agent"] = "Ritmo"
        try:
            return _followed(session, address_of(url, allow_private=allow_private), allow_private)
        except (requests.RequestException, OSError, ValueError) as error:
            code = "calendar_private" if guard.refused_address else "calendar_away"
            raise CalendarUnusable(code) from error


def _followed(session: object, url: str, allow_private: bool) -> bytes:
    import requests

    assert isinstance(session, requests.Session)
    for _ in range(MAX_REDIRECTS + 1):
        with session.get(
            url, stream=True, allow_redirects=False, timeout=(CONNECT, READ)
        ) as answer:
            if answer.is_redirect:
                onward = urljoin(url, answer.headers["Location"])
                url = address_of(onward, allow_private=allow_private)
                continue
            if answer.status_code != 200:
                raise CalendarUnusable(_STATUS.get(answer.status_code, "calendar_away"))
            found = bytearray()
            for piece in answer.iter_content(65536):
                found += piece
                if len(found) > MAX_BYTES:
                    raise CalendarUnusable("calendar_too_large")
            return bytes(found)
    raise CalendarUnusable("calendar_redirects")
