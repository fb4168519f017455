"""Sessions: /v1/auth/login, refresh, logout and sessions."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from pydantic import ConfigDict, Field, JsonValue
from starlette.responses import Response

from contracts.accounts import Email, Text
from contracts.bus import Bus, deadline_in
from contracts.devices import DeviceToken
from contracts.message import NotFound, Unavailable
from contracts.principal import Verifier
from contracts.sessions import (
    EndAllSessions,
    EndSession,
    ListSessions,
    Login,
    Logout,
    Refresh,
    Sessions,
)
from contracts.tokens import Tokens
from contracts.users import CreateProfile, GetProfile, User
from gateway.answers import Shown, answer, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import FromDevice, Key, TheBus, TheVerifier, YesNo, door_of, guest
from gateway.devices import admit_device, keep, token_of
from gateway.identity import Me
from gateway.passwords import Password
from gateway.problems import documented
from gateway.users import Person, person_of

router = resource("accounts")


class Credentials(Body):
    """Who logs in, and how they prove it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "ada@example.org", "password": "correct horse battery staple"}]
        }
    )
    email: Email
    """The mail address."""
    password: Password
    """The password."""
    passkey: dict[str, JsonValue] | None = Field(default=None, repr=False)
    """In place of the code, what a device with a passkey of the account answered to
    `/v1/auth/passkeys/sign-in/options`."""
    otp: Annotated[str, Field(max_length=60)] | None = Field(default=None, repr=False)
    """A code of the authenticator app, or a recovery code; where it is missing, `otp_required`."""
    device_token: DeviceToken | None = Field(default=None, repr=False)
    """What the last login gave to this device, if there was one."""


class RefreshToken(Body):
    """A refresh token, used once."""

    refresh_token: Text = Field(repr=False, examples=["a8Yl0v2dYkEJ0dFNo5nJ0E0TqQ2oVq1f"])
    """The refresh token, which is used up by this."""


class Opened(Shown):
    """A session: who it is, and its tokens. `expires_in` is the access token's life in seconds."""

    user: Person
    """Who it is."""
    access_token: str
    """Send it as `Authorization: Bearer`."""
    refresh_token: str
    """Opens the session again, once."""
    token_type: Literal["Bearer"] = "Bearer"
    """How the access token is sent."""
    expires_in: int
    """The life of the access token, in seconds."""
    device_token: str | None = None
    """Send it with the next login from this device: others who guess then do not slow it down."""


def opened(user: User, tokens: Tokens) -> Opened:
    """Put a session's tokens and their owner together."""
    return Opened(
        user=person_of(user),
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_in=tokens.expires_in,
        device_token=tokens.device_token,
    )


async def profile_of(
    bus: Bus, verifier: Verifier, tokens: Tokens, deadline: float, email: str | None
) -> User:
    """Get the profile of a session's owner; one that a crash left out is made now, by `email`."""
    who = await verifier.verify(tokens.access_token)
    try:
        return await bus.ask(GetProfile(), who, deadline=deadline)
    except NotFound:
        if email is None:
            text = "This account is still being set up; try again in a moment."
            raise Unavailable("profile_pending", text, retry_after=2) from None
        return await bus.ask(CreateProfile(email=email), who, deadline=deadline)


@router.post(
    "/v1/auth/login",
    response_model=Opened,
    responses=documented(401, 403, 410),
    summary="Log in",
)
async def login(
    request: Request,
    body: Said[Credentials],
    bus: TheBus,
    verifier: TheVerifier,
    device: FromDevice,
) -> Response:
    """Begin a session. Wrong tries are slowed down; see `device_token`."""
    deadline, door = deadline_in(), door_of(request)
    token = token_of(request, body.device_token)
    await admit_device(request, bus, body.email, token)
    command = Login(
        email=body.email,
        password=body.password,
        otp=body.otp,
        passkey=body.passkey,
        device=device,
        device_token=token,
    )
    async with door.hashing if token is None else door.returning:
        tokens = await bus.ask(command, deadline=deadline)
    user = await profile_of(bus, verifier, tokens, deadline, body.email)
    return keep(answer(opened(user, tokens)), tokens.device_token)


@router.post(
    "/v1/auth/refresh",
    response_model=Opened,
    dependencies=[Depends(guest)],
    responses=documented(401, 403),
    summary="Refresh a session",
)
async def refresh(
    body: Said[RefreshToken], bus: TheBus, verifier: TheVerifier, device: FromDevice
) -> Response:
    """Exchange a refresh token for the next pair. Using it again ends the session."""
    deadline = deadline_in()
    command = Refresh(refresh_token=body.refresh_token, device=device)
    tokens = await bus.ask(command, deadline=deadline)
    return answer(opened(await profile_of(bus, verifier, tokens, deadline, None), tokens))


@router.post("/v1/auth/logout", status_code=204, summary="Log out")
async def logout(me: Me, bus: TheBus, key: Key = None) -> Response:
    """End the caller's session."""
    await bus.ask(Logout(), me, idempotency_key=key)
    return nothing()


@router.get("/v1/auth/sessions", response_model=Sessions, summary="List sessions")
async def list_sessions(me: Me, bus: TheBus) -> Response:
    """List the caller's sessions, the latest used first."""
    return answer(await bus.ask(ListSessions(), me))


@router.delete("/v1/auth/sessions", status_code=204, summary="Log out everywhere")
async def end_all_sessions(
    me: Me,
    bus: TheBus,
    but_this: Annotated[YesNo, Query(description="Keep the session that asks.")] = False,
    key: Key = None,
) -> Response:
    """End every session of the caller's, or all but this one."""
    await bus.ask(EndAllSessions(but_this=but_this), me, idempotency_key=key)
    return nothing()


@router.delete("/v1/auth/sessions/{session_id}", status_code=204, summary="End a session")
async def end_session(
    session_id: Annotated[
        UUID, Path(description="Which session.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    ],
    me: Me,
    bus: TheBus,
    key: Key = None,
) -> Response:
    """End one session of the caller's."""
    await bus.ask(EndSession(session_id=session_id), me, idempotency_key=key)
    return nothing()
