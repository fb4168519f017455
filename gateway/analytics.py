"""Reports: /v1/analytics, as JSON, as tables, and as pictures."""

import base64
import zlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import Response

from contracts.analytics import (
    Associations,
    GetAssociations,
    GetHabitInsight,
    GetMoodReport,
    GetSummary,
    HabitInsight,
    MoodReport,
    Report,
    Summary,
)
from contracts.auth import Language
from contracts.bus import Bus
from contracts.habit import Line
from contracts.message import Asked
from contracts.pictures import AnyReport, Picture, RenderReport
from contracts.principal import Principal
from contracts.time import Day
from gateway.answers import JSON
from gateway.bodies import Route, resource
from gateway.deps import NOT_MODIFIED, HabitId, IfNoneMatch, TheBus, door_of
from gateway.fresh import Kept
from gateway.identity import Me, bearer
from gateway.language import profile_language


class FreshRoute(Route):
    """A route whose answers are kept.

    It says in `request.state.stamp` what they know of, gives each its ETag, and need not look at
    If-None-Match.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, behind what is kept; who asks is checked first."""
        handle = super().get_route_handler()

        async def handle_fresh(request: Request) -> Response:
            principal = await bearer(request)
            fresh, scope = door_of(request).fresh, request.scope
            headers = dict(scope["headers"])
            key = (
                principal.user_id,
                scope["path"],
                scope["query_string"],
                headers.get(b"accept", b""),
            )
            kept = fresh.find(key)
            if kept is None:
                answer = await handle(request)
                kept = Kept.of(answer, request.state.stamp)
                fresh.keep(key, kept)
            known = headers.get(b"if-none-match")
            return kept.answer(None if known is None else known.decode("latin-1"))

        return handle_fresh


router = resource("analytics", "Reports on habits and moods, as numbers and as pictures.")
router.route_class = FreshRoute

Format = Literal["json", "csv", "png", "svg"]
MEDIA: dict[str, Format] = {
    JSON: "json",
    "text/csv": "csv",
    "image/png": "png",
    "image/svg+xml": "svg",
}
VARY = "Accept, Authorization"

SVG_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'none'; sandbox"
)
"""A picture that is opened by itself may have its colours, and nothing else."""

_BINARY = {"schema": {"type": "string", "format": "binary"}}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report; by `format` or Accept a table or a picture.",
        "content": {media: _BINARY for media in MEDIA if media != JSON},
    },
    **NOT_MODIFIED,
}

First = Annotated[Day | None, Query(alias="from", description="The first day.")]
Last = Annotated[Day | None, Query(alias="to", description="The last day.")]


def accepted(accept: str) -> Format:
    """Choose the format that an Accept header likes best (RFC 9110, section 12.5.1); else JSON."""
    best: tuple[float, int, Format] = (0.0, 0, "json")
    for item in accept[:500].split(","):
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        form = MEDIA.get(media) or ("png" if media == "image/*" else "json")
        exact = 2 if media in MEDIA else 1 if media == "image/*" else 0
        if exact or media in ("*/*", "application/*"):
            best = max(best, (_weight(parameters), exact, form), key=lambda one: one[:2])
    return best[2]


def _weight(parameters: list[str]) -> float:
    """Read how much a media type is liked, from 0 to 1."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


class Wish:
    """In which form, theme and language a report is wanted."""

    def __init__(
        self,
        request: Request,
        form: Annotated[
            Format | None,
            Query(alias="format", description="json, csv, png or svg; by Accept if not given."),
        ] = None,
        picture: Annotated[Picture, Query(description="Which picture.")] = "overview",
        theme: Annotated[Literal["light", "dark"], Query(description="Its colours.")] = "light",
        scale: Annotated[int, Query(ge=1, le=3, description="Pixels of a PNG for each point.")] = 2,
        language: Annotated[
            Language | None, Query(description="The caller's own if not given.")
        ] = None,
        known: IfNoneMatch = None,
    ) -> None:
        """Read it from a request."""
        self.request = request
        self.form = form or accepted(request.headers.get("accept", ""))
        self.picture, self.theme, self.scale = picture, theme, scale
        self._language = language

    async def said_in(self) -> Language | None:
        """Return the language of its words; None: the room knows."""
        return self._language or await profile_language(self.request.scope)


Wanted = Annotated[Wish, Depends()]


async def report(bus: Bus, me: Principal, query: AnyReport, wish: Wish) -> Response:
    """Answer with a report in the form that was wanted."""
    headers = {"Cache-Control": "private, no-cache", "Vary": VARY}
    if wish.form == "json":
        reply = await bus.ask(cast("Asked[Report]", query), me)
        wish.request.state.stamp = reply.stamp
        body = reply.model_dump_json().encode()
        headers["ETag"] = f'"{len(body):x}-{zlib.crc32(body):08x}"'
        return Response(body, 200, headers, JSON)
    render = RenderReport(
        of=query, format=wish.form, picture=wish.picture, theme=wish.theme, scale=wish.scale
    )
    drawn = await bus.ask(render, me)
    wish.request.state.stamp = drawn.stamp
    headers["ETag"] = f'"{drawn.etag}"'
    headers["Content-Disposition"] = f'inline; filename="{drawn.file_name}"'
    if wish.form == "svg":
        headers["Content-Security-Policy"] = SVG_CSP
    headers["Content-Type"] = drawn.media_type
    return Response(base64.b64decode(drawn.data), 200, headers)


@router.get(
    "/v1/analytics/summary", response_model=Summary, responses=FILES, summary="Sum up a range"
)
async def get_summary(
    me: Me,
    bus: TheBus,
    wish: Wanted,
    first: First = None,
    last: Last = None,
    period: Annotated[
        Literal["day", "week", "month", "year"] | None,
        Query(description="The period around `day`, instead of a range."),
    ] = None,
    day: Annotated[Day | None, Query(description="A day of the period; today.")] = None,
) -> Response:
    """Sum up a range, the last 30 days by default: what was kept, what changed, what is at risk."""
    language = await wish.said_in()
    query = GetSummary(first=first, last=last, period=period, day=day, language=language)
    return await report(bus, me, query, wish)


@router.get(
    "/v1/analytics/habits/{habit_id}",
    response_model=HabitInsight,
    responses=FILES,
    summary="Look into a habit",
)
async def get_habit_insight(
    habit_id: HabitId, me: Me, bus: TheBus, wish: Wanted, first: First = None, last: Last = None
) -> Response:
    """Get all about one habit, of the last 365 days by default."""
    language = await wish.said_in()
    query = GetHabitInsight(habit_id=habit_id, first=first, last=last, language=language)
    return await report(bus, me, query, wish)


@router.get(
    "/v1/analytics/associations",
    response_model=Associations,
    responses=FILES,
    summary="See what goes with what",
)
async def get_associations(
    me: Me,
    bus: TheBus,
    wish: Wanted,
    first: First = None,
    last: Last = None,
    habit: Annotated[UUID | None, Query(description="Only those of this habit.")] = None,
) -> Response:
    """See what goes with what, habits and moods; which is never a cause."""
    language = await wish.said_in()
    query = GetAssociations(first=first, last=last, habit_id=habit, language=language)
    return await report(bus, me, query, wish)


@router.get(
    "/v1/analytics/moods", response_model=MoodReport, responses=FILES, summary="Report on moods"
)
async def get_mood_report(
    me: Me,
    bus: TheBus,
    wish: Wanted,
    first: First = None,
    last: Last = None,
    tag: Annotated[Line | None, Query(description="Only entries with this tag.")] = None,
) -> Response:
    """Get how moods went, by weekday, tag and month; of the last 365 days by default."""
    language = await wish.said_in()
    query = GetMoodReport(first=first, last=last, tag=tag, language=language)
    return await report(bus, me, query, wish)
