"""Telegram: /v1/telegram, how a chat is linked; and where Telegram brings updates."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field, JsonValue
from starlette.responses import Response

from contracts.bus import deadline_in
from contracts.message import Denied, NotFound
from contracts.networks import networks_of
from contracts.telegram import (
    MAX_INIT_DATA,
    MAX_UPDATE,
    ConfirmLink,
    DropTelegramLink,
    GetTelegramLink,
    OfferLink,
    SignIn,
    TakeUpdate,
    TelegramLink,
)
from gateway.answers import answer, nothing
from gateway.bodies import Body, Said, resource
from gateway.deps import FromDevice, Key, TheBus, TheVerifier, door_of, guest
from gateway.identity import Me
from gateway.limits import address_of
from gateway.problems import documented
from gateway.sessions import Opened, opened, profile_of

router = resource("telegram", "A chat in Telegram, and how it is linked to an account.")


class InitData(Body):
    """Who comes from Telegram, and how they prove it."""

    init_data: Annotated[str, Field(min_length=1, max_length=MAX_INIT_DATA)] = Field(repr=False)
    """`Telegram.WebApp.initData`, as it is."""
    otp: Annotated[str, Field(max_length=60)] | None = Field(default=None, repr=False)
    """A code of the authenticator app, or a recovery code; where it is missing, `otp_required`."""
    passkey: dict[str, JsonValue] | None = Field(default=None, repr=False)
    """In place of the code, what a device with a passkey of the account answered to
    `/v1/auth/passkeys/sign-in/options`."""


@router.get("/v1/telegram", response_model=TelegramLink, summary="Show the linked chat")
async def show_link(me: Me, bus: TheBus) -> Response:
    """Show whether a chat is linked, or a link waits to be opened or confirmed."""
    return answer(await bus.ask(GetTelegramLink(), me))


@router.delete("/v1/telegram", status_code=204, summary="Unlink the chat")
async def drop_link(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Unlink the chat, and void a link that waits."""
    await bus.ask(DropTelegramLink(), me, idempotency_key=key)
    return nothing()


@router.post("/v1/telegram/link", response_model=TelegramLink, summary="Make a link to a chat")
async def offer_link(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Make a link to be opened in Telegram, once, within ten minutes; confirm it then."""
    return answer(await bus.ask(OfferLink(), me, idempotency_key=key))


@router.post("/v1/telegram/confirm", response_model=TelegramLink, summary="Confirm the chat")
async def confirm_link(me: Me, bus: TheBus, key: Key = None) -> Response:
    """Confirm that whoever opened the link is the caller: the name in Telegram is shown before."""
    return answer(await bus.ask(ConfirmLink(), me, idempotency_key=key))


@router.post(
    "/v1/auth/telegram",
    response_model=Opened,
    dependencies=[Depends(guest)],
    responses=documented(401, 403, 409),
    summary="Log in from Telegram",
)
async def sign_in(
    body: Said[InitData], bus: TheBus, verifier: TheVerifier, device: FromDevice
) -> Response:
    """Log in by what Telegram tells a Mini App about who opened it.

    The account is the one to which their chat with the bot is linked, or which `/start` opened
    there. What Telegram says is taken once, within five minutes.
    """
    deadline = deadline_in()
    command = SignIn.model_validate({**body.model_dump(), "device": device})
    tokens = await bus.ask(command, deadline=deadline)
    user = await profile_of(bus, verifier, tokens, deadline, None)
    return answer(opened(user, tokens))


@router.post("/v1/telegram/updates", include_in_schema=False)
async def take_update(request: Request, bus: TheBus) -> Response:
    """Take in what Telegram brings; it is written down when this answers."""
    door = door_of(request)
    if door.limiter.is_spent(door.address, networks_of(address_of(request)).own):
        await guest(request)  # who guessed so often is not listened to
    secret = request.headers.get("x-telegram-bot-api-secret-token", "")
    if not secret or len(secret) > 256:
        await guest(request)
        raise NotFound("no_webhook", "Nothing is brought here.")
    body = (await request.body()).decode("utf-8", "replace")
    try:
        await bus.ask(TakeUpdate(secret=secret, body=body if len(body) <= MAX_UPDATE else ""))
    except (Denied, NotFound):
        # Telegram brings as much as people write; who guesses is counted.
        await guest(request)
        raise
    return nothing()
