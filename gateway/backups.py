"""Backups, for administrators: /v1/backups."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import ConfigDict
from starlette.responses import Response

from contracts.backup import (
    BackupKind,
    BackupOverview,
    BackupRun,
    GetBackupRun,
    ListBackups,
    StartBackupRun,
)
from gateway.answers import answer, created
from gateway.bodies import Body, Said, resource
from gateway.deps import Key, TheBus
from gateway.identity import Me
from gateway.problems import documented

router = resource("backups", "Copies of all that Ritmo keeps, for administrators.")

ADMIN = documented(403)
RunId = Annotated[
    UUID, Path(description="Which run.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]
Limit = Annotated[int, Query(ge=1, le=200, description="How many of each, at most.")]


class NewRun(Body):
    """What to do."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "create"}]})
    kind: BackupKind = "create"
    """`create` makes a backup, `verify` reads the newest back, `drill` restores it for a trial."""


@router.get("/v1/backups", response_model=BackupOverview, responses=ADMIN, summary="List backups")
async def list_backups(me: Me, bus: TheBus, limit: Limit = 50) -> Response:
    """List backups as they were found last, and the last runs. For administrators."""
    return answer(await bus.ask(ListBackups(limit=limit), me))


@router.post(
    "/v1/backups",
    status_code=201,
    response_model=BackupRun,
    responses=ADMIN,
    summary="Have a backup made",
)
async def start_run(body: Said[NewRun], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Have a backup made, read back or restored for a trial. For administrators.

    What is asked for already is not asked for twice: its run is returned.
    """
    run = await bus.ask(StartBackupRun(kind=body.kind), me, idempotency_key=key)
    return created(run, f"/v1/backups/runs/{run.run_id}")


@router.get(
    "/v1/backups/runs/{run_id}",
    response_model=BackupRun,
    responses=ADMIN | documented(404),
    summary="Get a run",
)
async def get_run(run_id: RunId, me: Me, bus: TheBus) -> Response:
    """Get what became of a run. For administrators."""
    return answer(await bus.ask(GetBackupRun(run_id=run_id), me))
