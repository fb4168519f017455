"""Days of rest: /v1/breaks."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import ConfigDict
from starlette.responses import Response

from contracts.breaks import AddBreak, Break, Breaks, ListBreaks, RemoveBreak, Rest, UpdateBreak
from gateway.answers import answer, created, etag_of, nothing
from gateway.bodies import Said, resource
from gateway.deps import Expected, From, Key, TheBus, To
from gateway.identity import Me

router = resource("breaks", "Days of rest, which freeze scores and keep streaks.")

BreakId = Annotated[
    UUID, Path(description="Which break.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]


class Pause(Rest):
    """Days of rest from a habit, from a tag, or from everything."""

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=False,
        json_schema_extra={
            "examples": [{"from": "2026-07-01", "to": "2026-07-14", "reason": "by the sea"}]
        },
    )


@router.get("/v1/breaks", response_model=Breaks, summary="List breaks")
async def list_breaks(me: Me, bus: TheBus, first: From = None, last: To = None) -> Response:
    """List the breaks that touch some days, the latest first."""
    return answer(await bus.ask(ListBreaks(first=first, last=last), me))


@router.post("/v1/breaks", status_code=201, response_model=Break, summary="Add a break")
async def add_break(body: Said[Pause], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Add a break: it freezes scores and keeps streaks."""
    rest = await bus.ask(AddBreak(**body.model_dump()), me, idempotency_key=key)
    return created(rest, f"/v1/breaks/{rest.break_id}", etag_of(rest.version))


@router.put("/v1/breaks/{break_id}", response_model=Break, summary="Replace a break")
async def update_break(
    break_id: BreakId,
    body: Said[Pause],
    me: Me,
    bus: TheBus,
    expected: Expected,
    key: Key = None,
) -> Response:
    """Replace a break."""
    command = UpdateBreak(break_id=break_id, expected_version=expected, **body.model_dump())
    rest = await bus.ask(command, me, idempotency_key=key)
    return answer(rest, headers={"ETag": etag_of(rest.version)})


@router.delete("/v1/breaks/{break_id}", status_code=204, summary="Remove a break")
async def remove_break(break_id: BreakId, me: Me, bus: TheBus, key: Key = None) -> Response:
    """Take a break back, as if it had never been."""
    await bus.ask(RemoveBreak(break_id=break_id), me, idempotency_key=key)
    return nothing()
