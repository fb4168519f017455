"""Telegram: /v1/telegram, how a chat is linked; and where Telegram brings updates."""

from fastapi import Request
from starlette.responses import Response

from contracts.message import Denied, NotFound
from contracts.telegram import (
    MAX_UPDATE,
    ConfirmLink,
    DropTelegramLink,
    GetTelegramLink,
    OfferLink,
    TakeUpdate,
    TelegramLink,
)
from gateway.answers import answer, nothing
from gateway.bodies import resource
from gateway.deps import Key, TheBus, guest
from gateway.identity import Me

router = resource("telegram", "A chat in Telegram, and how it is linked to an account.")


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


@router.post("/v1/telegram/updates", include_in_schema=False)
async def take_update(request: Request, bus: TheBus) -> Response:
    """Take in what Telegram brings; it is written down when this answers."""
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
