"""A server on this machine that speaks Google's Calendar API (v3): it enforces what Google does.

Sync tokens are places in a log of changes, ids of deleted events stay taken, etags are compared,
and an occurrence that is changed becomes an event of its own. People are played by `consent`,
`edit`, `tick` and `remove`; what is to go wrong next is put into `faults`.
"""

import base64
import hashlib
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from aiohttp import web
from dateutil.rrule import rrulestr

CLIENT_ID, CLIENT_SECRET = "123-ritmo.apps.example.org", "client-secret-of-tests"

Raw = dict[str, Any]


@dataclass(slots=True)
class Fault:
    """What a call that fits is answered with; `late`: it is done before. Status 0: a cut line."""

    status: int
    reason: str = ""
    path: str = ""
    method: str = ""
    late: bool = False
    retry_after: str = ""


@dataclass(slots=True)
class Consent:
    """What somebody agreed to."""

    scopes: list[str]
    redirect: str
    challenge: str
    refresh_token: str = field(default_factory=lambda: f"refresh-{secrets.token_hex(8)}")


@dataclass(slots=True)
class RemoteCalendar:
    """A calendar: its events by id, and a log of what changed."""

    events: dict[str, Raw] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    about: Raw = field(default_factory=dict)


class Refusal(Exception):
    """An answer that is none of success."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class GoogleServer:
    """The server, and what it knows."""

    url: str = ""
    page: int = 250
    epoch: int = 0
    calendars: dict[str, RemoteCalendar] = field(
        default_factory=lambda: {"primary": RemoteCalendar()}
    )
    codes: dict[str, Consent] = field(default_factory=dict)
    granted: dict[str, Consent] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    channels: dict[str, Raw] = field(default_factory=dict)
    busy: list[Raw] = field(default_factory=list)
    chance: Callable[[str, str], Fault | None] = lambda method, path: None
    _etags: int = 0
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    # -- people ----------------------------------------------------------------------------------

    def consent(self, url: str) -> tuple[str, str]:
        """Agree to what a page asks for; return the state and the code that the browser brings."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert (asked["access_type"], asked["response_type"]) == ("offline", "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = Consent(
            asked["scope"].split(), asked["redirect_uri"], asked["code_challenge"]
        )
        return asked["state"], code

    def revoke(self) -> None:
        """Withdraw every consent."""
        self.granted.clear()
        self.access.clear()

    @property
    def own(self) -> RemoteCalendar:
        """The one calendar beside the primary."""
        (found,) = (one for name, one in self.calendars.items() if name != "primary")
        return found

    def shown(self, calendar: RemoteCalendar | None = None) -> list[str]:
        """Return the titles of all that stands there, sorted."""
        events = (calendar or self.own).events.values()
        return sorted(one["summary"] for one in events if one["status"] != "cancelled")

    def series(self, title: str, calendar: RemoteCalendar | None = None) -> Raw:
        """Return the series of this title."""
        events = (calendar or self.own).events.values()
        (found,) = (
            one
            for one in events
            if one.get("summary") == title and "recurrence" in one and one["status"] != "cancelled"
        )
        return found

    def edit(self, event_id: str, calendar: RemoteCalendar | None = None, **said: Any) -> Raw:
        """Change an event, or an occurrence, as a person does."""
        return self._patch(calendar or self.own, event_id, said)

    def occurrence(self, title: str, day: date) -> str:
        """Return the id of an occurrence."""
        return self.occurrence_of(self.series(title), day)

    def occurrence_of(self, series: Raw, day: date) -> str:
        """Return the id of an occurrence of a series."""
        start = series["start"]
        if "date" in start:
            return f"{series['id']}_{day:%Y%m%d}"
        first = datetime.fromisoformat(start["dateTime"]).astimezone(ZoneInfo(start["timeZone"]))
        at = datetime.combine(day, first.time(), ZoneInfo(start["timeZone"]))
        return f"{series['id']}_{at.astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"

    def is_out(self, series: Raw, day: date) -> bool:
        """Tell whether a day is taken out of a series."""
        lines = (line for line in series["recurrence"] if line.startswith("EXDATE"))
        return any(f"{day:%Y%m%d}" in line for line in lines)

    def tick(self, title: str, day: date, *, done: bool = True) -> None:
        """Mark an occurrence in its title, or take the mark off."""
        self.edit(self.occurrence(title, day), summary=f"✓ {title}" if done else title)

    def remove(self, event_id: str, calendar: RemoteCalendar | None = None) -> None:
        """Delete an event, or an occurrence."""
        self._delete(calendar or self.own, event_id)

    def forget(self) -> None:
        """Let every sync token be too old."""
        self.epoch += 1

    def count(self, part: str) -> int:
        """Count the calls whose line has a part."""
        return sum(part in one for one in self.calls)

    def doubles(self) -> list[str]:
        """Return what stands there twice: series of one habit's version, or marks of one day."""
        keys: Counter[str] = Counter()
        for calendar in self.calendars.values():
            for one in calendar.events.values():
                if one["status"] == "cancelled":
                    continue
                uid = one.get("extendedProperties", {}).get("private", {}).get("ritmo")
                original = json.dumps(one.get("originalStartTime", ""))
                if uid:
                    keys[f"{uid} {original}"] += 1
        return [key for key, number in keys.items() if number > 1]

    # -- the wire --------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path, method = request.match_info["path"], request.method
        body = await request.read()
        self.calls.append(f"{method} {path}")
        fault = self._fault(method, path)
        if fault is not None and not fault.late:
            return self._broken(request, fault)
        try:
            said = self._answer(request, method, path, body)
        except Refusal as no:
            said = _refused(no.status, no.reason)
        if fault is not None:
            return self._broken(request, fault)
        return said

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.path in path and fault.method in ("", method):
                self.faults.remove(fault)
                return fault
        return self.chance(method, path)

    def _broken(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.status == 0:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        said = _refused(fault.status, fault.reason)
        if fault.retry_after:
            said.headers["Retry-After"] = fault.retry_after
        return said

    def _answer(self, request: web.Request, method: str, path: str, body: bytes) -> web.Response:
        if path == "token":
            form = {name: one[0] for name, one in parse_qs(body.decode()).items()}
            basic = request.headers.get("Authorization", "")
            if basic.startswith("Basic "):
                form["client_id"], _, form["client_secret"] = (
                    base64.b64decode(basic[6:]).decode().partition(":")
                )
            return self._token(form)
        if path == "revoke":
            if parse_qs(body.decode())["token"][0] in self.granted:
                self.granted.clear()  # with one token all go that somebody gave
            return web.json_response({})
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.access.get(bearer) not in self.granted:
            raise Refusal(401, "authError")
        rest = path.removeprefix("calendar/v3/")
        said = json.loads(body) if body else {}
        if rest == "calendars" and method == "POST":
            name = f"c{len(self.calendars)}@group.example.org"
            self.calendars[name] = RemoteCalendar(about=said)
            return web.json_response({"id": name, **said})
        if rest == "users/me/calendarList":
            items = [{"id": name, **one.about} for name, one in self.calendars.items()]
            return web.json_response({"items": items})
        if rest == "freeBusy":
            calendars = {one["id"]: {"busy": self.busy} for one in said["items"]}
            return web.json_response({"calendars": calendars})
        if rest == "channels/stop":
            self.channels.pop(said["id"], None)
            return web.Response(status=204)
        found = re.fullmatch(r"calendars/([^/]+)/events(?:/([^/]+))?", rest)
        calendar = self.calendars.get(found[1].replace("%40", "@")) if found else None
        if found is None or calendar is None:
            raise Refusal(404, "notFound")
        if found[2] == "watch":
            expires = 1000 * int(datetime.now().timestamp() + int(said["params"]["ttl"]))
            self.channels[said["id"]] = said
            return web.json_response({"resourceId": "r1", "expiration": str(expires)})
        return self._events(request, method, calendar, found[2], said)

    def _events(
        self,
        request: web.Request,
        method: str,
        calendar: RemoteCalendar,
        key: str | None,
        said: Raw,
    ) -> web.Response:
        etag = request.headers.get("If-Match")
        if key is not None and etag and self._known(calendar, key).get("etag") != etag:
            raise Refusal(412, "conditionNotMet")
        if key is None and method == "GET":
            return web.json_response(self._list(calendar, dict(request.query)))
        if key is None:
            return web.json_response(self._insert(calendar, said))
        if method == "GET":
            return web.json_response(self._known(calendar, key))
        if method == "DELETE":
            self._delete(calendar, key)
            return web.Response(status=204)
        assert method == "PATCH"
        return web.json_response(self._patch(calendar, key, said))

    def _token(self, said: dict[str, str]) -> web.Response:
        if (said.get("client_id"), said.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if said["grant_type"] == "authorization_code":
            consent = self.codes.pop(said["code"], None)
            digest = hashlib.sha256(said.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            fits = consent is not None and (consent.redirect, consent.challenge) == (
                said["redirect_uri"],
                challenge,
            )
            if consent is None or not fits:
                return web.json_response({"error": "invalid_grant"}, status=400)
            self.granted[consent.refresh_token] = consent
        else:
            consent = self.granted.get(said["refresh_token"])
            if consent is None:
                return web.json_response({"error": "invalid_grant"}, status=400)
        token = secrets.token_hex(8)
        self.access[token] = consent.refresh_token
        return web.json_response(
            {
                "access_token": token,
                "expires_in": 3600,
                "token_type": "Bearer",
                "scope": " ".join(consent.scopes),
                "refresh_token": consent.refresh_token,
            }
        )

    # -- events ----------------------------------------------------------------------------------

    def _list(self, calendar: RemoteCalendar, query: dict[str, str]) -> Raw:
        end, first = len(calendar.log), 0
        if "syncToken" in query:
            assert not query.keys() & {"timeMin", "timeMax", "q", "orderBy", "iCalUID"}
            epoch, place = map(int, query["syncToken"].split(":"))
            if epoch != self.epoch:
                raise Refusal(410, "fullSyncRequired")
            first = place
        offset = 0
        if "pageToken" in query:
            first, end, offset = map(int, query["pageToken"].split(":"))
        changed = [*dict.fromkeys(reversed(calendar.log[first:end]))][::-1]
        page = changed[offset : offset + self.page]
        said: Raw = {"items": [self._listed(calendar.events[one]) for one in page]}
        if offset + self.page < len(changed):
            said["nextPageToken"] = f"{first}:{end}:{offset + self.page}"
        else:
            said["nextSyncToken"] = f"{self.epoch}:{end}"
        return said

    def _listed(self, event: Raw) -> Raw:
        if event["status"] != "cancelled":
            return event
        kept = ("id", "status", "etag", "recurringEventId", "originalStartTime")
        return {name: event[name] for name in kept if name in event}

    def _insert(self, calendar: RemoteCalendar, said: Raw) -> Raw:
        if not re.fullmatch(r"[a-v0-9]{5,1024}", said["id"]):
            raise Refusal(400, "invalid")
        if said["id"] in calendar.events:
            raise Refusal(409, "duplicate")
        return self._put(calendar, {"status": "confirmed", **said})

    def _known(self, calendar: RemoteCalendar, key: str) -> Raw:
        """Return an event, or an occurrence as its series has it."""
        if key in calendar.events:
            return calendar.events[key]
        series_id, _, place = key.rpartition("_")
        series = calendar.events.get(series_id)
        if series is None or series["status"] == "cancelled":
            raise Refusal(404, "notFound")
        if any(place[:8] in line for line in series["recurrence"] if line.startswith("EXDATE")):
            raise Refusal(404, "notFound")
        if "T" in place:
            at = datetime.strptime(place, "%Y%m%dT%H%M%S%z").astimezone(
                ZoneInfo(series["start"]["timeZone"])
            )
            start = {"dateTime": at.isoformat(), "timeZone": series["start"]["timeZone"]}
        else:
            start = {"date": date.fromisoformat(place).isoformat()}
        made = {name: value for name, value in series.items() if name not in ("recurrence", "etag")}
        return {
            **json.loads(json.dumps(made)),
            "id": key,
            "recurringEventId": series_id,
            "originalStartTime": start,
            "start": start,
        }

    def _patch(self, calendar: RemoteCalendar, key: str, said: Raw) -> Raw:
        before = self._known(calendar, key)
        if before["status"] == "cancelled" and said.get("status") != "confirmed":
            raise Refusal(404, "notFound")
        after = self._put(calendar, _merged(before, said))
        if "recurrence" in before and _clock(before["start"]) != _clock(after["start"]):
            for one in [*calendar.events.values()]:
                if one.get("recurringEventId") == key and one["status"] != "cancelled":
                    self._delete(calendar, one["id"])
        return after

    def _delete(self, calendar: RemoteCalendar, key: str) -> None:
        event = self._known(calendar, key)
        if event["status"] == "cancelled":
            raise Refusal(410, "deleted")
        self._put(calendar, {**event, "status": "cancelled"})
        for one in [*calendar.events.values()]:
            if one.get("recurringEventId") == key and one["status"] != "cancelled":
                self._put(calendar, {**one, "status": "cancelled"})

    def _put(self, calendar: RemoteCalendar, event: Raw) -> Raw:
        for line in event.get("recurrence", ()):
            if line.startswith("RRULE"):
                rrulestr(line.partition(";UNTIL")[0], dtstart=datetime(2026, 1, 1))
        for name in ("start", "end"):
            place = event.get(name, {})
            if "dateTime" in place:
                at = datetime.fromisoformat(place["dateTime"])
                zone = ZoneInfo(place["timeZone"])
                local = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
                event[name] = {**place, "dateTime": local.isoformat()}
        self._etags += 1
        event["etag"] = f'"{self._etags}"'
        calendar.events[event["id"]] = event
        calendar.log.append(event["id"])
        return event


def _clock(start: Raw) -> str:
    """Return at what time of a day an event is."""
    return str(start.get("dateTime", ""))[11:16]


def _merged(before: Raw, said: Raw) -> Raw:
    """Change what is given, as PATCH does; null takes away."""
    after = json.loads(json.dumps(before))
    for name, value in said.items():
        if value is None:
            after.pop(name, None)
        elif (
            isinstance(value, dict)
            and isinstance(after.get(name), dict)
            and name
            not in (
                "start",
                "end",
            )
        ):
            after[name] = _merged(after[name], value)
        else:
            after[name] = value
    return dict(after)


def _refused(status: int, reason: str) -> web.Response:
    """Answer as Google refuses."""
    said = {"code": status, "message": reason, "errors": [{"reason": reason, "message": reason}]}
    return web.json_response({"error": said}, status=status)
