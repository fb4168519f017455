"""Accounts: /v1/auth/register."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from contracts.accounts import Email, Name
from contracts.addresses import ChangeEmail
from contracts.bus import deadline_in
from contracts.language import Language
from contracts.registrations import Confirm, SignUp
from contracts.speech import say
from contracts.time import ChosenZone
from contracts.users import CreateProfile
from gateway.answers import Shown, answer, created, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import FromDevice, Hashing, Key, TheBus, TheVerifier, at_register, guest
from gateway.devices import keep
from gateway.identity import Me
from gateway.language import liked
from gateway.passwords import Password
from gateway.problems import documented
from gateway.sessions import Opened, opened

CONFIRM_FIRST = "A mail is on its way. Open the account with the link in it."
CONFIRM_NEXT = "If the address is free, a mail is on its way to it: it is yours once confirmed."

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
    invitation: Annotated[str, Field(max_length=200)] | None = Field(default=None, repr=False)
    """The code of an invitation, where not everybody may register."""


class MailSent(Shown):
    """A mail is on its way to the address, whether or not there is an account."""

    detail: str
    """What to do now, as a sentence."""


class LinkToken(Body):
    """The secret of a link in a mail: what follows `/c/`."""

    token: Annotated[str, Field(max_length=200, repr=False, examples=["Zt0vX2y8PqT5u1sW"])]
    """It counts once, and not for ever."""


class NewEmail(Body):
    """The next address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ada@example.net"}]})
    email: Email
    """The address."""


@router.post(
    "/v1/auth/register",
    status_code=201,
    response_model=Opened,
    dependencies=[Depends(at_register)],
    responses=documented(403, 409, 410)
    | {202: {"model": MailSent, "description": "A mail asks to confirm the address."}},
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
    """Open an account and begin its first session; where mails are sent, once it is confirmed.

    Then the answer is 202, whether or not there is an account with this address.
    """
    deadline = deadline_in()
    language = body.language or liked(request.scope)
    command = SignUp(
        email=body.email,
        password=body.password,
        name=body.name,
        zone=body.zone,
        language=language,
        device=device,
        invitation=body.invitation,
    )
    async with hashing:
        tokens = (await bus.ask(command, deadline=deadline)).tokens
    if tokens is None:
        return answer(MailSent(detail=say(language, CONFIRM_FIRST)), 202)
    who = await verifier.verify(tokens.access_token)
    profile = CreateProfile(email=body.email, name=body.name, zone=body.zone, language=language)
    user = await bus.ask(profile, who, deadline=deadline)
    return keep(created(opened(user, tokens), "/v1/me"), tokens.device_token)


@router.post(
    "/v1/auth/confirm",
    response_model=Opened,
    dependencies=[Depends(guest)],
    responses=documented(409, 410)
    | {204: {"description": "An address was confirmed; there is no new session."}},
    summary="Confirm an address",
)
async def confirm(
    body: Said[LinkToken], bus: TheBus, verifier: TheVerifier, device: FromDevice
) -> Response:
    """Do what a link in a mail is for: open the account, or give one its new or its old address."""
    deadline = deadline_in()
    confirmed = await bus.ask(Confirm(token=body.token, device=device), deadline=deadline)
    tokens = confirmed.tokens
    if tokens is None:
        return nothing()
    who = await verifier.verify(tokens.access_token)
    given = confirmed.model_dump(include={"email", "name", "zone", "language"})
    user = await bus.ask(CreateProfile.model_validate(given), who, deadline=deadline)
    return keep(answer(opened(user, tokens)), tokens.device_token)


@router.post(
    "/v1/auth/email",
    status_code=202,
    response_model=MailSent,
    responses=documented(403, 409)
    | {204: {"description": "No mails are sent here, or it is the address already: it is done."}},
    summary="Change my address",
)
async def change_email(
    request: Request, body: Said[NewEmail], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Give, or change, the caller's address: once the new one is confirmed by the mail to it."""
    asked = await bus.ask(ChangeEmail(email=body.email), me, idempotency_key=key)
    if not asked.mailed:
        return nothing()
    return answer(MailSent(detail=say(liked(request.scope), CONFIRM_NEXT)), 202)
