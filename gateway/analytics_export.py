"""All that analytics knows of a person, for other programs: /v1/analytics/facts."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import StreamingResponse

from contracts.analytics_upkeep import ListFacts, LoggedFacts
from contracts.bus import Bus
from contracts.principal import Principal
from gateway.bodies import resource
from gateway.deps import From, TheBus, To
from gateway.identity import Me
from gateway.sheets import Csv, JsonLines, Parquet, Sheet

router = resource("analytics")

PAGE = 2000
"""Facts asked for at a time."""

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: dict[Format, tuple[Callable[[], Sheet], str]] = {
    "csv": (Csv, "text/csv"),
    "jsonl": (JsonLines, "application/x-ndjson"),
    "parquet": (Parquet, "application/vnd.apache.parquet"),
}
BODY = {media: {"schema": {"type": "string", "format": "binary"}} for _, media in FORMATS.values()}


async def stream(
    bus: Bus, me: Principal, sheet: Sheet, page: LoggedFacts, query: ListFacts
) -> AsyncIterator[bytes]:
    """Write page after page, from a first one on."""
    yield sheet.head()
    while True:
        yield sheet.page(page.facts)
        if page.next is None:
            break
        page = await bus.ask(query.model_copy(update={"cursor": page.next}), me)
    yield sheet.end()


@router.get(
    "/v1/analytics/facts",
    response_class=StreamingResponse,
    responses={200: {"description": "The facts, noun by noun.", "content": BODY}},
    summary="Export all facts",
)
async def export_facts(
    me: Me,
    bus: TheBus,
    first: From = None,
    last: To = None,
    form: Annotated[Format, Query(alias="format", description="How they are written.")] = "csv",
) -> StreamingResponse:
    """Export what analytics knows of the caller, of some days if they are given.

    CSV and Parquet are one table, a line a day or entry; JSON Lines are the facts as they are.
    """
    make, media = FORMATS[form]
    sheet = make()
    query = ListFacts(first=first, last=last, limit=PAGE)
    page = await bus.ask(query, me)
    name = f'attachment; filename="ritmo-facts.{form}"'
    charset = "; charset=utf-8" if form == "csv" else ""
    return StreamingResponse(
        stream(bus, me, sheet, page, query),
        headers={"Content-Disposition": name, "Content-Type": media + charset},
    )
