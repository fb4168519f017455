"""All that Ritmo holds of somebody, to take away: /v1/me/export."""

import base64
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response, StreamingResponse

from contracts.bus import Bus
from contracts.exports import Archive, Export, GetExport, GetExportPart, StartExport
from contracts.imports import Import
from contracts.message import Conflict
from contracts.principal import Principal
from gateway.answers import answer
from gateway.bodies import resource
from gateway.deps import Key, TheBus, door_of
from gateway.identity import Me
from gateway.imports import FORM, account, follow, send
from gateway.problems import documented
from gateway.upload import uploaded

router = resource("own data", "What is yours: take it away, and bring it back.")

LOCATION = "/v1/me/export"


@router.post(
    "/v1/me/export",
    status_code=202,
    response_model=Export,
    responses=documented(403, 404),
    summary="Ask for my data",
)
async def start_export(
    me: Me,
    bus: TheBus,
    format: Annotated[
        Archive,
        Query(
            description="All there is (`ritmo`), habits as Loop Habit Tracker has them (`loop`), "
            "or the diary as Daylio has it (`daylio`)."
        ),
    ] = "ritmo",
    key: Key = None,
) -> Response:
    """Have all that Ritmo holds of the caller written into a zip; it is kept for a day.

    It holds the rows of every room as JSON and as CSV, the bin and what is laid aside included,
    pictures of habits and moods, and a page that says what is what. Secrets are left out. Needs a
    fresh proof of who asks. GET /v1/me/export tells how far it is.
    """
    started = await bus.ask(StartExport(format=format), me, idempotency_key=key)
    return answer(started, 202, {"Location": LOCATION, "Retry-After": "1"})


@router.get(
    "/v1/me/export",
    response_model=Export,
    responses=documented(404),
    summary="See how far my data is",
)
async def get_export(me: Me, bus: TheBus) -> Response:
    """See how far the caller's last export is; once it is `done`, its file can be fetched."""
    return answer(await bus.ask(GetExport(), me))


@router.get(
    "/v1/me/export/file",
    response_class=StreamingResponse,
    responses={
        **documented(404, 409),
        200: {"description": "The file.", "content": {"application/zip": {}}},
    },
    summary="Fetch my data",
)
async def get_export_file(me: Me, bus: TheBus) -> Response:
    """Fetch the file of the caller's last export, once it is `done`."""
    export = await bus.ask(GetExport(), me)
    if export.phase != "done":
        text = "The file is not whole; GET /v1/me/export tells how far it is."
        raise Conflict("export_not_done", text)
    headers = {
        "Content-Disposition": f'attachment; filename="{export.file_name}"',
        "Content-Length": str(export.bytes),
    }
    body = parts_of(bus, me, export)
    return StreamingResponse(body, media_type="application/zip", headers=headers)


@router.post(
    "/v1/me/import",
    response_model=Import,
    responses={202: {"model": Import, "description": "It goes on; ask again at Location."}},
    openapi_extra=FORM,
    summary="Bring my data back",
)
async def import_me(request: Request, me: Me, bus: TheBus, key: Key = None) -> Response:
    """Bring back what `POST /v1/me/export` has taken away, here or at another Ritmo.

    Habits, days, breaks, the diary, reminders and settings come back as they were, with ids of
    their own; what only tells of an account, such as sessions, does not. Rows that make no sense,
    or name what is not in the file, are refused one by one and counted. Twice changes nothing.
    """
    async with uploaded(request) as (name, file):
        now = await send(bus, me, name, file, {"kind": "ritmo"}, key)
    return account(await follow(bus, me, now, door_of(request).patience))


async def parts_of(bus: Bus, me: Principal, export: Export) -> AsyncIterator[bytes]:
    """Fetch part after part of a file."""
    for number in range(export.parts):
        query = GetExportPart(export_id=export.export_id, number=number)
        yield base64.b64decode((await bus.ask(query, me)).data)
