"""Another tracker's file becomes habits: /v1/import, /v1/imports/{import_id}."""

import asyncio
import base64
import time
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from contracts.bus import Bus
from contracts.imports import (
    PART_BYTES,
    AddImportPart,
    GetImport,
    Import,
    RunImport,
    StartImport,
)
from contracts.message import Invalid
from contracts.principal import Principal
from gateway.answers import answer
from gateway.deps import Key, TheBus, YesNo, door_of
from gateway.identity import Me
from gateway.reading import resource
from gateway.upload import Upload

router = resource("import", 403, 404, 409)

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
    bus: Bus, me: Principal, upload: Upload, *, dry_run: bool, key: str | None
) -> Import:
    """Hand a file to the room as it comes in, and let it be read.

    The same key begins the same import; one that runs already is not filled again.
    """
    parts = upload.parts()
    head = await anext(parts, b"")
    begun = await bus.ask(StartImport(file_name=upload.name), me, idempotency_key=key)
    if key is not None:
        begun = await bus.ask(GetImport(import_id=begun.import_id), me)
    if begun.phase != "receiving":
        return begun
    number = 0
    while head:
        data = base64.b64encode(head).decode()
        await bus.ask(AddImportPart(import_id=begun.import_id, number=number, data=data), me)
        number += 1
        head = await anext(parts, b"")
    command = RunImport(import_id=begun.import_id, dry_run=dry_run)
    return await bus.ask(command, me, idempotency_key=key)


async def follow(bus: Bus, me: Principal, now: Import, patience: float) -> Import:
    """Wait for an import to end, for at most `patience` seconds."""
    late, pause = time.monotonic() + patience, 0.05
    while now.phase not in ("done", "failed") and time.monotonic() + pause < late:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)
        now = await bus.ask(GetImport(import_id=now.import_id), me)
    return now


def account(now: Import) -> Response:
    """Answer with the account of an import: 200 if it has ended well, 202 while it goes on."""
    if now.phase == "failed":
        text = "The file could not be imported: {problem}"
        raise Invalid("import_failed", text, problem=now.problem or now.phase)
    location = {"Location": f"/v1/imports/{now.import_id}"}
    if now.phase == "done":
        return answer(now, headers=location)
    return answer(now, 202, location | {"Retry-After": "1"})


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
    key: Key = None,
) -> Response:
    """Import a Loop Habit Tracker export (zip). Answers for each row; twice changes nothing."""
    upload = Upload(request, PART_BYTES)
    now = await send(bus, me, upload, dry_run=dry_run, key=key)
    return account(await follow(bus, me, now, door_of(request).patience))


@router.get("/v1/imports/{import_id}", response_model=Import, summary="Get an import")
async def get_import(
    import_id: Annotated[UUID, Path(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])],
    me: Me,
    bus: TheBus,
) -> Response:
    """Get how far an import is, and its report."""
    return answer(await bus.ask(GetImport(import_id=import_id), me))
