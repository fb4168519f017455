"""Hooks: made and revoked by people, pressed by buttons, NFC tags and home automation.

Looking (GET) shows a page with one button and changes nothing: programs that preview addresses
follow them. What is sent (POST) needs no body and no login; the secret in the path is both.
"""

import hashlib
import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BeforeValidator, ConfigDict, WithJsonSchema
from starlette.responses import Response

from contracts.check_ins import CheckedIn
from contracts.habit import Line, Step
from contracts.hooks import (
    CreateHook,
    Hook,
    Hooks,
    ListHooks,
    LookAtHook,
    RevokeHook,
    UseHook,
)
from contracts.message import NotFound, Refused
from gateway.answers import answer, created, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import HabitId, Key, TheBus, door_of, guest
from gateway.forms import form_of
from gateway.hook_pages import ask_page, done_page, read_number
from gateway.identity import Me
from gateway.language import liked
from gateway.limits import admit
from gateway.link_pages import refused_page
from gateway.links import PageRoute
from gateway.problems import documented
from gateway.web.plain import wants_page

router = resource("hooks", "Addresses that check a habit in, for buttons, tags and automation.")

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

Secret = Annotated[
    str, Path(description="The secret of a hook, from when it was made.", examples=["x" * 43])
]


def _number(given: object) -> object:
    """Read a number of a query."""
    try:
        return float(given) if isinstance(given, str) else given
    except ValueError:
        return given


By = Annotated[
    Step | None,
    BeforeValidator(_number),
    WithJsonSchema({"type": "number", "minimum": -1e9, "maximum": 1e9}),
    Query(description="How much is added, in the habit's measure; less than nothing: taken away."),
]


class NewHook(Body):
    """What a new hook is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Button by the door"}]})
    name: Line = ""
    """Where the button is, or what it is."""


class HookOnce(Hook):
    """A new hook; `secret` and `url` are shown this once."""

    secret: str
    """What the hook is known by; whoever has it may check the habit in."""
    url: str
    """Where a button, a tag or an automation sends a POST to; a GET shows a page."""


NOTHING_SAID = NewHook()
"""What an absent body means."""


@router.get("/v1/habits/{habit_id}/hooks", response_model=Hooks, summary="List hooks")
async def list_hooks(habit_id: HabitId, me: Me, bus: TheBus) -> Response:
    """List the hooks of a habit, the newest first."""
    return answer(await bus.ask(ListHooks(habit_id=habit_id), me))


@router.post(
    "/v1/habits/{habit_id}/hooks", response_model=HookOnce, status_code=201, summary="Make a hook"
)
async def create_hook(
    habit_id: HabitId,
    me: Me,
    bus: TheBus,
    request: Request,
    body: Said[NewHook] = NOTHING_SAID,
    key: Key = None,
) -> Response:
    """Make an address that checks this habit in. Only a person who has logged in may.

    Sent again with the same `Idempotency-Key` it is refused (409): the secret is shown once.
    """
    command = CreateHook(habit_id=habit_id, name=body.name)
    made = await bus.ask(command, me, idempotency_key=key)
    path = f"/v1/hooks/{made.secret}/check-in"
    url = f"{door_of(request).base_url}{path}"
    shown = HookOnce(**made.made.model_dump(), secret=made.secret, url=url)
    return created(shown, f"/v1/habits/{habit_id}/hooks/{shown.hook_id}")


@router.delete("/v1/habits/{habit_id}/hooks/{hook_id}", status_code=204, summary="Revoke a hook")
async def revoke_hook(
    habit_id: HabitId,
    hook_id: Annotated[
        UUID, Path(description="Which hook.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """End a hook at once."""
    command = RevokeHook(habit_id=habit_id, hook_id=hook_id)
    await bus.ask(command, me, idempotency_key=key)
    return nothing()


async def at_hook(request: Request) -> None:
    """Count the use of a hook against it, whoever it comes from."""
    door = door_of(request)
    secret = str(request.path_params.get("secret", ""))
    name = hashlib.sha256(secret.encode(errors="replace")).hexdigest()[:32]
    await admit(request, door.limiter, door.hook, name)


PRESSED = [Depends(guest), Depends(at_hook)]
"""What is counted of somebody who presses a button."""


@router.post(
    "/v1/hooks/{secret}/check-in",
    response_model=CheckedIn,
    dependencies=PRESSED,
    responses=documented(404),
    summary="Check in by a hook",
)
async def use_hook(
    secret: Secret,
    bus: TheBus,
    request: Request,
    by: By = None,
    key: Key = None,
) -> Response:
    """Check a habit in for its owner's today, without a login; the secret stands in the path.

    No body is needed. Without `by`, a habit that counts goes up by one, and any other is done, as
    much as it asks for; what is logged already is never lowered. 404 (`hook_unknown`): there is no
    such hook, or it was revoked.
    """
    known = _known(secret)
    if wants_page(request):
        return await _pressed(request, bus, known)
    return answer(await bus.ask(UseHook(secret=known, by=by, key=key)))


async def _pressed(request: Request, bus: TheBus, secret: str) -> Response:
    """Do what the button of the page is for, once for each page, and answer on a page."""
    language = liked(request.scope)
    try:
        form = await form_of(request)
        typed, key = form.get("by", "").strip(), form.get("key", "")[:64] or None
        look = LookAtHook(secret=secret)
        by = read_number(await bus.ask(look), typed, language) if typed else None
        await bus.ask(UseHook(secret=secret, by=by, key=key))
        return done_page(await bus.ask(look), language)
    except Refused as no:
        return refused_page(no, language)


pages = APIRouter(include_in_schema=False, dependencies=PRESSED, route_class=PageRoute)


@pages.get("/v1/hooks/{secret}/check-in")
async def look_at_hook(request: Request, secret: str, bus: TheBus) -> Response:
    """Show what a hook checks in, and the button that does it; nothing is done."""
    return ask_page(await bus.ask(LookAtHook(secret=_known(secret))), liked(request.scope))


router.routes.extend(pages.routes)


def _known(secret: str) -> str:
    """Return a secret that could be one. Refuses what could not as what is not known."""
    if not _SECRET.fullmatch(secret):
        raise NotFound("hook_unknown", "This hook is not one of ours, or it was revoked.")
    return secret
