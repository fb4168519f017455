"""Calls to Google Calendar: the official client, each call in a thread, judged by how it fails.

Nothing of Google is imported before somebody links a calendar. One `GoogleCalls` is one line to
Google: its calls are made one after the other.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from actors.calendar.google_errors import GoogleFailed, http_judged, judged, refresh_judged
from actors.calendar.google_events import FIELDS, Body
from actors.runtime.settings import Settings

if TYPE_CHECKING:
    from requests import Response

TIMEOUT = 10
"""Seconds that Google may take for an answer."""

PAGE = 2500
"""Events on a page, at most."""

GOOGLE = "https://www.googleapis.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"
REVOKE_URL = "https://oauth2.googleapis.com/revoke"
CONSENT_URL = "https://accounts.google.com/o/oauth2/v2/auth"

OWN_SCOPE = "https://www.googleapis.com/auth/calendar.app.created"
EVENTS_SCOPE = "https://www.googleapis.com/auth/calendar.events"
BUSY_SCOPE = "https://www.googleapis.com/auth/calendar.freebusy"


@dataclass(frozen=True, slots=True)
class GoogleClient:
    """By what Ritmo is known to Google, and where that is."""

    id: str
    secret: str
    api: str = ""

    @property
    def endpoint(self) -> str:
        """Where the API is."""
        return f"{self.api or GOOGLE}/calendar/v3/"

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return f"{self.api}/token" if self.api else TOKEN_URL

    @property
    def revoke_url(self) -> str:
        """Where tokens are given back."""
        return f"{self.api}/revoke" if self.api else REVOKE_URL

    @property
    def consent_url(self) -> str:
        """Where people consent."""
        return f"{self.api}/consent" if self.api else CONSENT_URL


def client_of(settings: Settings) -> GoogleClient | None:
    """Return by what this Ritmo is known to Google; None: it is not."""
    if settings.google_client_id is None or settings.google_client_secret is None:
        return None
    secret = settings.google_client_secret.get_secret_value()
    return GoogleClient(settings.google_client_id, secret, settings.google_api)


class GrantedConsent:
    """What a person gave: a refresh token, and the access token that it was last exchanged for."""

    def __init__(self, refresh_token: str, scopes: Sequence[str]) -> None:
        """Exchange nothing yet."""
        self.refresh_token, self.scopes = refresh_token, tuple(scopes)
        self._credentials: Any = None

    def credentials(self, client: GoogleClient) -> Any:
        """Return it as the library wants it."""
        from google.oauth2.credentials import Credentials

        if self._credentials is None:
            self._credentials = Credentials(
                None,
                refresh_token=self.refresh_token,
                token_uri=client.token_url,
                client_id=client.id,
                client_secret=client.secret,
                scopes=list(self.scopes),
            )
        return self._credentials


class GoogleCalls:
    """Calls with one person's consent."""

    def __init__(self, client: GoogleClient, consent: "GrantedConsent") -> None:
        """Open nothing yet."""
        self._client, self._consent = client, consent
        self._opened: tuple[Any, Any] | None = None
        self.made = 0

    async def events(
        self, calendar: str, sync_token: str | None
    ) -> AsyncIterator[tuple[list[Body], str | None]]:
        """Go through what has changed since a token (None: all there is), page by page.

        The last page comes with the next token.
        """
        page: str | None = None
        while True:
            wanted: dict[str, object] = {
                "calendarId": calendar,
                "singleEvents": False,
                "showDeleted": True,
                "maxResults": PAGE,
                "fields": f"nextPageToken,nextSyncToken,items({FIELDS})",
                **({"syncToken": sync_token} if sync_token else {}),
                **({"pageToken": page} if page else {}),
            }
            said = await self._call(partial(_list, wanted))
            page = said.get("nextPageToken")
            yield list(said.get("items", ())), None if page else said.get("nextSyncToken")
            if page is None:
                return

    async def event(self, calendar: str, event_id: str) -> Body:
        """Return an event."""
        return await self._call(
            lambda api: api.events().get(calendarId=calendar, eventId=event_id, fields=FIELDS)
        )

    async def insert(self, calendar: str, body: Body) -> Body:
        """Add an event under the id that it bears."""
        return await self._call(
            lambda api: api.events().insert(calendarId=calendar, body=body, fields=FIELDS)
        )

    async def patch(self, calendar: str, event_id: str, body: Body, etag: str = "") -> Body:
        """Change what is given of an event, unless it was changed since `etag`."""
        return await self._call(
            lambda api: api.events().patch(
                calendarId=calendar, eventId=event_id, body=body, fields=FIELDS
            ),
            etag,
        )

    async def delete(self, calendar: str, event_id: str, etag: str = "") -> None:
        """Delete an event; it may be gone already."""
        try:
            await self._call(
                lambda api: api.events().delete(calendarId=calendar, eventId=event_id), etag
            )
        except GoogleFailed as failed:
            if failed.failure not in ("missing", "resync"):
                raise

    async def create_calendar(self, name: str, zone: str, about: str) -> str:
        """Make a calendar; return its id."""
        body = {"summary": name, "timeZone": zone, "description": about}
        self.made += 1
        return await asyncio.to_thread(self._create_calendar, body)

    async def find_calendar(self, about: str) -> str | None:
        """Return the calendar that says this of itself, if it may be looked for."""
        try:
            said = await self._call(lambda api: api.calendarList().list(maxResults=250))
        except GoogleFailed as failed:
            if failed.failure in ("forbidden", "missing"):
                return None
            raise
        ids = (one["id"] for one in said.get("items", ()) if one.get("description") == about)
        return next(ids, None)

    async def busy(
        self, calendars: Sequence[str], first: datetime, last: datetime
    ) -> list[tuple[datetime, datetime]]:
        """Return when calendars call a person busy; one that cannot be read says nothing."""
        body = {
            "timeMin": first.isoformat(),
            "timeMax": last.isoformat(),
            "items": [{"id": one} for one in calendars],
        }
        said = await self._call(lambda api: api.freebusy().query(body=body))
        return list(_stretches(said))

    async def watch(self, calendar: str, body: Mapping[str, object]) -> Body:
        """Ask to be told of changes."""
        return await self._call(lambda api: api.events().watch(calendarId=calendar, body=body))

    async def stop_watch(self, channel: str, resource: str) -> None:
        """Ask to be told no more; a channel that is gone is fine."""
        body = {"id": channel, "resourceId": resource}
        try:
            await self._call(lambda api: api.channels().stop(body=body))
        except GoogleFailed as failed:
            if failed.failure not in ("missing", "forbidden", "unfit"):
                raise

    async def _call(self, make: Callable[[Any], Any], etag: str = "") -> Body:
        self.made += 1
        said = await asyncio.to_thread(self._execute, make, etag)
        return said if isinstance(said, dict) else {}

    def _execute(self, make: Callable[[Any], Any], etag: str) -> object:
        """Make a call, in a thread."""
        import httplib2
        from google.auth.exceptions import GoogleAuthError, RefreshError
        from googleapiclient.errors import Error, HttpError

        try:
            if self._opened is None:
                self._opened = self._open()
            api, http = self._opened
            request = make(api)
            if etag:
                request.headers["If-Match"] = etag
            return request.execute(http=http, num_retries=0)
        except HttpError as error:
            raise http_judged(error) from error
        except RefreshError as error:
            raise refresh_judged(error) from error
        except (Error, GoogleAuthError, httplib2.HttpLib2Error, OSError, ValueError) as error:
            self._opened = None  # whatever is left of the line is of no use
            raise GoogleFailed("away", type(error).__name__) from error

    def _create_calendar(self, body: Body) -> str:
        """Make a calendar, in a thread, once: the other way sends again where a line was cut."""
        import requests
        from google.auth.exceptions import GoogleAuthError, RefreshError
        from google.auth.transport.requests import AuthorizedSession

        try:
            with AuthorizedSession(self._consent.credentials(self._client)) as session:
                url = f"{self._client.endpoint}calendars"
                said = session.post(url, json=body, timeout=TIMEOUT)
            if said.ok:
                return str(said.json()["id"])
        except RefreshError as error:
            raise refresh_judged(error) from error
        except (requests.RequestException, GoogleAuthError, OSError) as error:
            raise GoogleFailed("away", type(error).__name__) from error
        raise judged(said.status_code, _reason_of(said), said.headers.get("retry-after", ""))

    def _open(self) -> tuple[Any, Any]:
        import httplib2
        from google_auth_httplib2 import AuthorizedHttp
        from googleapiclient.discovery import build

        credentials = self._consent.credentials(self._client)
        http = AuthorizedHttp(credentials, http=httplib2.Http(timeout=TIMEOUT))
        api = build(
            "calendar",
            "v3",
            http=http,
            client_options={"api_endpoint": self._client.endpoint},
            static_discovery=True,
            cache_discovery=False,
        )
        return api, http


def _reason_of(said: "Response") -> str:
    """Read why Google refuses; empty if it does not say so as usual."""
    try:
        return str(said.json()["error"]["errors"][0]["reason"])
    except (ValueError, LookupError, TypeError):
        return ""


def _list(wanted: Mapping[str, object], api: Any) -> Any:
    return api.events().list(**wanted)


def _stretches(said: Body) -> Iterator[tuple[datetime, datetime]]:
    for calendar in said.get("calendars", {}).values():
        for one in calendar.get("busy", ()):
            yield datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])
