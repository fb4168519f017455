"""The password: /v1/auth/password."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from contracts.accounts import Text
from contracts.passwords import ChangePassword
from gateway.answers import nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import Hashing, Key, TheBus
from gateway.identity import Me

router = resource("accounts")


Password = Annotated[Text, Field(repr=False, examples=["correct horse battery staple"])]


class NewPassword(Body):
    """The present password and the next one."""

    password: Password
    """The present password."""
    new_password: Password
    """The next password."""


@router.post("/v1/auth/password", status_code=204, summary="Change the password")
async def change_password(
    body: Said[NewPassword], me: Me, bus: TheBus, hashing: Hashing, key: Key = None
) -> Response:
    """Set a new password and end all other sessions."""
    command = ChangePassword(password=body.password, new_password=body.new_password)
    async with hashing:
        await bus.ask(command, me, idempotency_key=key)
    return nothing()
