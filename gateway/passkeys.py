"""Passkeys: /v1/auth/passkeys."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from pydantic import Field, JsonValue
from starlette.responses import Response

from contracts.bus import deadline_in
from contracts.passkeys import (
    AddPasskey,
    BeginPasskey,
    BeginPasskeySignIn,
    DropPasskey,
    ListPasskeys,
    PasskeyName,
    PasskeyOptions,
    Passkeys,
    PasskeyShown,
    PasskeySignIn,
    RenamePasskey,
)
from gateway.answers import answer, created, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import FromDevice, Key, TheBus, TheVerifier, guest
from gateway.identity import Me
from gateway.problems import documented
from gateway.sessions import Opened, opened, profile_of

router = resource("accounts")

Answered = Annotated[dict[str, JsonValue], Field(repr=False, examples=[{"type": "public-key"}])]
PasskeyId = Annotated[
    UUID, Path(description="Which passkey.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]


class Named(Body):
    """What a passkey is called."""

    name: PasskeyName = Field(examples=["My phone"])
    """The name."""


class NewPasskey(Named):
    """A passkey that a device has made."""

    credential: Answered
    """What the device answered, as `PublicKeyCredential.toJSON()` writes it."""


class SignedByPasskey(Body):
    """What a device has signed."""

    credential: Answered
    """What the device answered, as `PublicKeyCredential.toJSON()` writes it."""


@router.get("/v1/auth/passkeys", response_model=Passkeys, summary="List passkeys")
async def list_passkeys(me: Me, bus: TheBus) -> Response:
    """List the caller's passkeys, in the order in which they were added."""
    return answer(await bus.ask(ListPasskeys(), me))


@router.post(
    "/v1/auth/passkeys/options",
    response_model=PasskeyOptions,
    responses=documented(409),
    summary="Begin to add a passkey",
)
async def begin_passkey(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Make what the browser hands to the device; it counts once, for five minutes."""
    return answer(await bus.ask(BeginPasskey(), me, idempotency_key=key))


@router.post(
    "/v1/auth/passkeys",
    status_code=201,
    response_model=PasskeyShown,
    responses=documented(409),
    summary="Add a passkey",
)
async def add_passkey(body: Said[NewPasskey], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Add the passkey that the device has made."""
    command = AddPasskey(name=body.name, credential=body.credential)
    return created(await bus.ask(command, me, idempotency_key=key), "/v1/auth/passkeys")


@router.patch(
    "/v1/auth/passkeys/{passkey_id}", response_model=PasskeyShown, summary="Rename a passkey"
)
async def rename_passkey(
    passkey_id: PasskeyId, body: Said[Named], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Call a passkey something else."""
    command = RenamePasskey(passkey_id=passkey_id, name=body.name)
    return answer(await bus.ask(command, me, idempotency_key=key))


@router.delete("/v1/auth/passkeys/{passkey_id}", status_code=204, summary="Take a passkey away")
async def drop_passkey(passkey_id: PasskeyId, me: Me, bus: TheBus, key: Key = None) -> Response:
    """Take a passkey away: nobody signs in with it any more."""
    await bus.ask(DropPasskey(passkey_id=passkey_id), me, idempotency_key=key)
    return nothing()


@router.post(
    "/v1/auth/passkeys/sign-in/options",
    response_model=PasskeyOptions,
    dependencies=[Depends(guest)],
    responses=documented(409),
    summary="Begin to sign in with a passkey",
)
async def begin_passkey_sign_in(bus: TheBus) -> Response:
    """Make what the browser hands to the device; it counts once, for five minutes."""
    return answer(await bus.ask(BeginPasskeySignIn()))


@router.post(
    "/v1/auth/passkeys/sign-in",
    response_model=Opened,
    dependencies=[Depends(guest)],
    responses=documented(401, 403, 409, 410),
    summary="Sign in with a passkey",
)
async def passkey_sign_in(
    body: Said[SignedByPasskey], bus: TheBus, verifier: TheVerifier, device: FromDevice
) -> Response:
    """Begin a session by a passkey alone; it counts as both factors."""
    deadline = deadline_in()
    command = PasskeySignIn(credential=body.credential, device=device)
    tokens = await bus.ask(command, deadline=deadline)
    return answer(opened(await profile_of(bus, verifier, tokens, deadline, None), tokens))
