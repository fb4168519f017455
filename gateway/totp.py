"""The second factor by an app: /v1/auth/totp."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from contracts.totp import (
    BeginTotp,
    ConfirmTotp,
    DropTotp,
    GetTotp,
    RecoveryCodes,
    RenewRecoveryCodes,
    Totp,
    TotpSecret,
)
from gateway.answers import answer, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import Key, TheBus
from gateway.identity import Me
from gateway.problems import documented

router = resource("accounts")

GivenCode = Annotated[str, Field(min_length=1, max_length=60, repr=False, examples=["123456"])]


class CodeOfApp(Body):
    """A code that the app shows."""

    code: GivenCode
    """The code, six digits."""


@router.get("/v1/auth/totp", response_model=Totp, summary="See the second factor")
async def get_totp(me: Me, bus: TheBus) -> Response:
    """Say whether a login needs a code of an app, and how many recovery codes are left."""
    return answer(await bus.ask(GetTotp(), me))


@router.post("/v1/auth/totp", response_model=TotpSecret, summary="Begin a second factor")
async def begin_totp(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Make a secret for an authenticator app. It counts once a code of the app confirms it."""
    return answer(await bus.ask(BeginTotp(), me, idempotency_key=key))


@router.post(
    "/v1/auth/totp/confirm",
    response_model=RecoveryCodes,
    responses=documented(409),
    summary="Turn the second factor on",
)
async def confirm_totp(body: Said[CodeOfApp], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Have the secret count, by a code of the app. The recovery codes are shown only now."""
    return answer(await bus.ask(ConfirmTotp(code=body.code), me, idempotency_key=key))


@router.post(
    "/v1/auth/totp/recovery-codes",
    response_model=RecoveryCodes,
    responses=documented(409),
    summary="Renew the recovery codes",
)
async def renew_recovery_codes(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Give ten other recovery codes; earlier ones count no more."""
    return answer(await bus.ask(RenewRecoveryCodes(), me, idempotency_key=key))


@router.delete("/v1/auth/totp", status_code=204, summary="Turn the second factor off")
async def drop_totp(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Have a login need the password alone again."""
    await bus.ask(DropTotp(), me, idempotency_key=key)
    return nothing()
