"""Reports: /v1/analytics, as JSON, as tables, and as pictures."""

import base64
import zlib
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
from contracts.bus import Bus
from contracts.habit import Line
from contracts.language import Language
from contracts.message import Asked
from contracts.pictures import AnyReport, Picture, RenderReport
from contracts.principal import Principal
from contracts.time import Day
from gateway.answers import JSON, is_known
from gateway.bodies import resource
from gateway.deps import NOT_MODIFIED, HabitId, IfNoneMatch, TheBus
from gateway.identity import Me
from gateway.language import profile_language

router = resource("analytics", "Reports on habits and moods, as numbers and as pictures.")

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
        self.known = known
        self.form = form or accepted(request.headers.get("accept", ""))
        self.picture, self.theme, self.scale = picture, theme, scale
        self._language = language

    async def said_in(self) -> Language | None:
        """Return the language of its words; None: the room knows."""
        return self._language or await profile_language(self.request.scope)


Wanted = Annotated[Wish, Depends()]


async def report(bus: Bus, me: Principal, query: AnyReport, wish: Wish) -> Response:
    """Answer with a report in the form that was wanted, or with 304 if it is known.

    What draws makes the ETag of a picture from what the report says, not from how it is drawn.
    """
    headers = {"Cache-Control": "private, no-cache", "Vary": VARY}
    if wish.form == "json":
        reply = await bus.ask(cast("Asked[Report]", query), me)
        body = reply.model_dump_json().encode()
        etag = f"{len(body):x}-{zlib.crc32(body):08x}"
        return unless_known(body, etag, headers, {"Content-Type": JSON}, wish.known)
    render = RenderReport(
        of=query, format=wish.form, picture=wish.picture, theme=wish.theme, scale=wish.scale
    )
    drawn = await bus.ask(render, me)
    if wish.form == "svg":
        headers["Content-Security-Policy"] = SVG_CSP
    about = {
        "Content-Type": drawn.media_type,
        "Content-Disposition": f'inline; filename="{drawn.file_name}"',
    }
    return unless_known(base64.b64decode(drawn.data), drawn.etag, headers, about, wish.known)


def unless_known(
    body: bytes, etag: str, headers: dict[str, str], about: dict[str, str], known: str | None
) -> Response:
    """Write a body with headers `about` it, or 304 if the caller `known`s it."""
    headers["ETag"] = f'"{etag}"'
    if known is not None and is_known(headers["ETag"], known):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers | about)


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
