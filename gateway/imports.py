"""Another tracker's file becomes habits, or a diary: /v1/import, /v1/imports/{import_id}."""

import asyncio
import base64
import os
import time
from collections.abc import Mapping
from typing import Annotated, BinaryIO
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.responses import Response

from contracts.bus import Bus
from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    CalendarAddress,
    FetchImport,
    GetImport,
    Import,
    ImportKind,
    Imports,
    ListImports,
    MoodMap,
    RunImport,
    StartImport,
    UndoImport,
    UnknownMoods,
)
from contracts.message import Invalid, Refused
from contracts.principal import Principal
from contracts.speech import say
from gateway.answers import answer
from gateway.bodies import Said, resource
from gateway.deps import Key, PageCursor, TheBus, YesNo, door_of
from gateway.identity import Me
from gateway.language import language_of
from gateway.upload import uploaded

ENDED = ("done", "failed", "undone")
"""Phases in which nothing goes on."""

EXAMPLE = '{"fantastisch": 5}'

_moods: TypeAdapter[MoodMap] = TypeAdapter(MoodMap)

router = resource("import", "Bring along what other trackers know.")

FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


async def send(
    bus: Bus,
    me: Principal,
    name: str,
    file: BinaryIO,
    wish: Mapping[str, object],
    key: str | None = None,
) -> Import:
    """Upload a file and let it be read; `wish` is what `RunImport` takes.

    The same key begins the same import; one that runs already is not filled again.
    """
    size = file.seek(0, os.SEEK_END)
    begun = await bus.ask(StartImport(file_name=name, size=size), me, idempotency_key=key)
    if key is not None:
        begun = await bus.ask(GetImport(import_id=begun.import_id), me)
    if begun.phase != "receiving":
        return begun
    file.seek(0)
    number = 0
    while part := await asyncio.to_thread(file.read, PART_BYTES):
        data = base64.b64encode(part).decode()
        about = {"import_id": begun.import_id, "number": number}
        await bus.ask(AddImportPart.model_validate(about | {"data": data}), me)
        number += 1
    command = RunImport.model_validate({"import_id": begun.import_id, **wish})
    return await bus.ask(command, me, idempotency_key=key)


async def follow(bus: Bus, me: Principal, now: Import, patience: float) -> Import:
    """Wait for an import to end, for at most `patience` seconds."""
    late, pause = time.monotonic() + patience, 0.05
    while now.phase not in ENDED and time.monotonic() + pause < late:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)
        now = await bus.ask(GetImport(import_id=now.import_id), me)
    return now


def account(now: Import) -> Response:
    """Answer with the account of an import: 200 if it has ended well, 202 while it goes on.

    One that failed is refused as its room refused it.
    """
    if now.phase == "failed" and now.refusal is not None:
        raise Refused.read(now.refusal)
    if now.phase == "failed":
        text = "The file could not be imported: {problem}"
        raise Invalid("import_failed", text, problem=now.problem or now.phase)
    location = {"Location": f"/v1/imports/{now.import_id}"}
    if now.phase in ENDED:
        return answer(now, headers=location)
    return answer(now, 202, location | {"Retry-After": "1"})


def moods_of(given: str | None) -> MoodMap:
    """Read what moods mean. Refuses with `Invalid`."""
    try:
        return _moods.validate_json(given) if given else {}
    except ValidationError:
        text = "Write moods as a JSON object of names and numbers from 1 to 5, such as {example}."
        raise Invalid("moods_malformed", text, example=EXAMPLE) from None


@router.post(
    "/v1/import",
    response_model=Import,
    responses={202: {"model": Import, "description": "It goes on; ask again at Location."}},
    openapi_extra=FORM,
    summary="Import a file",
)
async def import_file(
    request: Request,
    me: Me,
    bus: TheBus,
    dry_run: Annotated[YesNo, Query(description="Only report what would be done.")] = False,
    format: Annotated[
        ImportKind | None,
        Query(description="What kind of file it is; if not given, it is looked at."),
    ] = None,
    moods: Annotated[
        str | None,
        Query(
            description="What the moods of a diary mean, 1 (awful) to 5 (great), by their names.",
            max_length=20_000,
            examples=[EXAMPLE],
        ),
    ] = None,
    unknown_moods: Annotated[
        UnknownMoods,
        Query(description="Refuse moods whose meaning is not known, or import without a mood."),
    ] = "refuse",
    key: Key = None,
) -> Response:
    """Import another tracker's file, whatever it was saved by.

    It is the CSV zip or the .db backup of Loop Habit Tracker, the CSV export or the .daylio backup
    of Daylio, the CSV export of HabitBull or Habitify, the user data of Habitica, the JSON of
    Beaver Habits, Table Habit or HabitTrove, or a calendar (.ics), of which what recurs becomes
    habits. Answers for each row; importing twice changes nothing. A file of which nothing comes in
    is refused.
    """
    wish = {
        "dry_run": dry_run,
        "kind": format,
        "moods": moods_of(moods),
        "unknown_moods": unknown_moods,
    }
    async with uploaded(request) as (name, file):
        now = await send(bus, me, name, file, wish, key)
    return account(await follow(bus, me, now, door_of(request).patience))


class CalendarBody(BaseModel):
    """Where a calendar is, and whether it is only tried."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"url": "https://example.org/mine.ics", "dry_run": True}]},
    )
    url: CalendarAddress = Field(repr=False)
    """The address: https:// or webcal://."""
    dry_run: bool = False
    """True: only report what would be done."""


@router.post(
    "/v1/import/calendar",
    response_model=Import,
    responses={202: {"model": Import, "description": "It goes on; ask again at Location."}},
    summary="Import a calendar by its address",
)
async def import_calendar(
    request: Request, body: Said[CalendarBody], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Import what recurs in a calendar as habits; it is fetched once, from its address."""
    begun = await bus.ask(FetchImport(url=body.url), me, idempotency_key=key)
    now = await bus.ask(GetImport(import_id=begun.import_id), me)
    if now.phase == "receiving":
        command = RunImport(import_id=begun.import_id, dry_run=body.dry_run, kind="calendar")
        now = await bus.ask(command, me, idempotency_key=key)
    return account(await follow(bus, me, now, door_of(request).patience))


@router.get("/v1/imports", response_model=Imports, summary="List imports")
async def list_imports(
    me: Me,
    bus: TheBus,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 50,
    cursor: PageCursor = None,
) -> Response:
    """List imports, newest first, without their accounts."""
    return answer(await bus.ask(ListImports(cursor=cursor, limit=limit), me))


@router.get("/v1/imports/{import_id}", response_model=Import, summary="Get an import")
async def get_import(
    import_id: Annotated[
        UUID, Path(description="Which import.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    request: Request,
    me: Me,
    bus: TheBus,
) -> Response:
    """Get how far an import is, and its report."""
    found = await bus.ask(GetImport(import_id=import_id), me)
    if found.refusal is not None:
        problem = say((await language_of(request.scope)), found.refusal.text, found.refusal.params)
        found = found.model_copy(update={"problem": problem})
    return answer(found)


@router.post(
    "/v1/imports/{import_id}/undo",
    response_model=Import,
    responses={202: {"model": Import, "description": "It goes on; ask again at Location."}},
    summary="Take an import back",
)
async def undo_import(
    import_id: Annotated[
        UUID, Path(description="Which import.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    request: Request,
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """Take back all that an import made, and that was not changed since.

    Habits go that it created, unless they were edited or have other check-ins since; from those
    that stay, and from those that it filled, its check-ins go; of a diary, its entries. `undone`
    tells how many. Again changes nothing.
    """
    now = await bus.ask(UndoImport(import_id=import_id), me, idempotency_key=key)
    return account(await follow(bus, me, now, door_of(request).patience))
