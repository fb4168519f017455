"""The password: /v1/auth/password."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import ConfigDict, Field
from starlette.responses import Response

from contracts.accounts import Email, Text
from contracts.passwords import ChangePassword, ForgotPassword, ResetPassword
from contracts.speech import say
from gateway.answers import Shown, answer, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import FromDevice, Hashing, Key, TheBus, guest
from gateway.identity import Me
from gateway.language import liked
from gateway.problems import documented

RESET_SENT = "If there is an account with this address, a mail is on its way to it."

router = resource("accounts")


Password = Annotated[Text, Field(repr=False, examples=["correct horse battery staple"])]


class NewPassword(Body):
    """The present password and the next one."""

    password: Password
    """The present password."""
    new_password: Password
    """The next password."""


class ForgottenPassword(Body):
    """Whose password was forgotten."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"email": "ada@example.org"}]})
    email: Email
    """The mail address."""


class PasswordReset(Body):
    """The secret of a link in a mail, and the next password."""

    token: Annotated[str, Field(max_length=200, repr=False, examples=["Zt0vX2y8PqT5u1sW"])]
    """What follows `/c/` in the link."""
    new_password: Password
    """The next password."""


class ResetSent(Shown):
    """A mail is on its way to the address, if there is an account with it."""

    detail: str
    """What to do now, as a sentence."""


@router.post(
    "/v1/auth/password/forgotten",
    status_code=202,
    response_model=ResetSent,
    dependencies=[Depends(guest)],
    responses=documented(409),
    summary="Ask for a new password",
)
async def forgot_password(
    request: Request, body: Said[ForgottenPassword], bus: TheBus, device: FromDevice
) -> Response:
    """Have a link mailed that sets a new password; whether there is an account is not told."""
    await bus.ask(ForgotPassword(email=body.email, device=device))
    return answer(ResetSent(detail=say(liked(request.scope), RESET_SENT)), 202)


@router.post(
    "/v1/auth/password/reset",
    status_code=204,
    dependencies=[Depends(guest)],
    responses=documented(410),
    summary="Set a forgotten password",
)
async def reset_password(body: Said[PasswordReset], bus: TheBus, hashing: Hashing) -> Response:
    """Set a new password by a link that was mailed. All sessions end; then log in."""
    async with hashing:
        await bus.ask(ResetPassword(token=body.token, new_password=body.new_password))
    return nothing()


@router.post("/v1/auth/password", status_code=204, summary="Change the password")
async def change_password(
    body: Said[NewPassword], me: Me, bus: TheBus, hashing: Hashing, key: Key = None
) -> Response:
    """Set a new password and end all other sessions."""
    command = ChangePassword(password=body.password, new_password=body.new_password)
    async with hashing:
        await bus.ask(command, me, idempotency_key=key)
    return nothing()
