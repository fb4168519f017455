"""Accounts: /v1/auth/register."""

from fastapi import Depends, Request
from pydantic import ConfigDict
from starlette.responses import Response

from contracts.accounts import Email, Name, Register
from contracts.bus import deadline_in
from contracts.language import Language
from contracts.time import ChosenZone
from contracts.users import CreateProfile
from gateway.answers import created
from gateway.bodies import Body, Said, resource
from gateway.deps import FromDevice, Hashing, TheBus, TheVerifier, at_register
from gateway.devices import keep
from gateway.language import liked
from gateway.passwords import Password
from gateway.problems import documented
from gateway.sessions import Opened, opened

router = resource("accounts", "Open an account, log in and out, and see where one is logged in.")


class NewAccount(Body):
    """A new account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ada@example.org",
                    "password": "correct horse battery staple",
                    "name": "Ada",
                    "zone": "Europe/London",
                    "language": "en",
                }
            ]
        }
    )
    email: Email
    """The mail address."""
    password: Password
    """The password."""
    name: Name = ""
    """What they are called; perhaps empty."""
    zone: ChosenZone = "UTC"
    """Their IANA time zone."""
    language: Language | None = None
    """Their language: `en` or `ru`; by Accept-Language, if not given."""


@router.post(
    "/v1/auth/register",
    status_code=201,
    response_model=Opened,
    dependencies=[Depends(at_register)],
    responses=documented(409, 410),
    summary="Open an account",
)
async def register(
    request: Request,
    body: Said[NewAccount],
    bus: TheBus,
    verifier: TheVerifier,
    device: FromDevice,
    hashing: Hashing,
) -> Response:
    """Open an account and begin its first session."""
    deadline = deadline_in()
    language = body.language or liked(request.scope)
    command = Register(
        email=body.email,
        password=body.password,
        name=body.name,
        zone=body.zone,
        language=language,
        device=device,
    )
    async with hashing:
        tokens = await bus.ask(command, deadline=deadline)
    who = await verifier.verify(tokens.access_token)
    profile = CreateProfile(email=body.email, name=body.name, zone=body.zone, language=language)
    user = await bus.ask(profile, who, deadline=deadline)
    return keep(created(opened(user, tokens), "/v1/me"), tokens.device_token)
