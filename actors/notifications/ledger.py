"""The ledger as its owner sees it: what was sent, what was not, and why, in words."""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.notifications.room import room
from actors.runtime.room import Transaction, Who
from contracts.backfill import NOBODY
from contracts.deliveries import Deliveries, Delivery, GetDelivery, ListDeliveries
from contracts.language import Language
from contracts.message import NotFound
from contracts.page import read_id
from contracts.speech import say
from storage.notifications import deliveries, links
from storage.notifications.ledger import OPEN
from storage.notifications.ledger import DeliveryRow as Row

_HTTP = re.compile(r"apprise_http_(\d\d\d)$")
_CODE = re.compile(r"smtp_(?:login_)?([45]\d\d)(?:_([0-9_.]+))?$")

KEEP = timedelta(days=180)
"""For how long it is remembered what was sent."""

KEEP_STRANGERS = timedelta(days=7)
"""For how long it is remembered what was sent to who has no account."""

MAX_CLEANED = 5000
"""Rows that are cleaned up in one transaction."""

STATES = {
    "pending": "It waits to be sent.",
    "sending": "It is being sent.",
    "sent": "It was sent.",
    "retry": "It did not work yet; it is tried again.",
    "failed": "It could not be sent.",
    "suppressed": "This address takes no mail. Send a test to try it again.",
    "expired": "It would have come too late to be of use.",
    "missed": "Ritmo was not running at its time.",
}
"""What is said of a state about which nothing more is known."""

DETAILS = {
    "eml": "It lies in the mail folder of Ritmo: no mail server is set.",
    "smtp_tls": "The mail server cannot prove who it is; its certificate is not trusted.",
    "smtp_no_utf8": "The mail server takes no such address.",
    "smtp_disconnected": "The mail server hung up.",
    "bad_address": "This is no address that mail can be sent to.",
    "bad_template": "There is no such letter, or something is missing from it.",
    "channel_gone": "There is no address any more for this channel.",
    "apprise_failed": "The service that was to take it did not.",
    "apprise_timeout": "The service that was to take it did not answer in time.",
    "apprise_private": "The address leads into a private network. Whoever runs Ritmo can allow "
    "that: RITMO_ALLOW_PRIVATE_WEBHOOKS=true.",
    "apprise_unknown": "Apprise does not know this address.",
    "apprise_not_allowed": "Ritmo does not use this service.",
    "apprise_parameter": "The address has a parameter that cannot be used here.",
    "apprise_partly": "Not all of those to whom the address leads took it. It is not sent again, "
    "or the others would get it twice.",
    "apprise_nowhere": "The address leads to nobody: nothing was sent.",
    "handed_on": "The Telegram bot has it, and sends it in its turn.",
    "telegram_blocked": "You have blocked the bot in Telegram, or left the chat.",
    "telegram_refused": "Telegram did not take it.",
    "telegram_away": "Telegram could not be reached for too long.",
    "restored": "Ritmo was restored from a backup; it may have been sent before that.",
    "unsure": "Nobody knows whether it arrived; it is not sent once more.",
}
"""What is said of a detail, whatever the state."""


def why_of(language: str, state: str, detail: str) -> str:
    """Say what became of a delivery."""
    text = STATES[state]
    if detail in DETAILS:
        return say(language, DETAILS[detail])
    if (status := _HTTP.match(detail)) is not None:
        said = say(language, "The service answered {code}.", {"code": status[1]})
        return f"{say(language, text)} {said}"
    code = _CODE.match(detail)
    if code is not None and state in ("retry", "failed", "suppressed", "expired"):
        answer = " ".join(part for part in (code[1], (code[2] or "").replace("_", ".")) if part)
        if detail.startswith("smtp_login"):
            said = say(
                language,
                "The mail server does not accept Ritmo's login ({code}).",
                {"code": answer},
            )
        else:
            said = say(language, "The mail server answered {code}.", {"code": answer})
        return f"{say(language, text)} {said}"
    if detail.startswith("smtp_") and state in ("retry", "failed", "expired"):
        return f"{say(language, text)} {say(language, 'The mail server cannot be reached.')}"
    return say(language, text)


def view(row: Row, language: Language | None = None) -> Delivery:
    """Show a delivery; words are in `language`, else in that of the delivery."""
    return Delivery(
        delivery_id=row.id,
        channel=row.channel,
        template=row.template,
        state=row.state,
        why=why_of(language or row.language, row.state, row.detail),
        detail=row.detail,
        attempts=row.attempts,
        created_at=row.created_at,
        again_at=row.due_at if row.state in OPEN else None,
        ended_at=row.ended_at,
        useful_until=row.useful_until,
        reminder_id=row.reminder_id,
        habit_id=row.habit_id,
        day=row.day,
    )


@room.answer
async def get_delivery(query: GetDelivery, who: Who, tx: Transaction) -> Delivery:
    """Show what became of a delivery."""
    row = await deliveries.find(tx, who.user_id, query.delivery_id)
    if row is None:
        text = "There is no delivery {delivery}."
        raise NotFound("delivery_not_found", text, delivery=str(query.delivery_id))
    return view(row, query.language)


@room.answer
async def list_deliveries(query: ListDeliveries, who: Who, tx: Transaction) -> Deliveries:
    """Show a page of what was sent to the caller; it looks one further for the next."""
    before, limit = read_id(query.cursor), query.limit + 1
    rows = await deliveries.page(tx, who.user_id, state=query.state, before=before, limit=limit)
    page = rows[: query.limit]
    return Deliveries(
        deliveries=tuple(view(row, query.language) for row in page),
        next=page[-1].id.hex if len(rows) > query.limit else None,
    )


@room.tick("notifications.clean_up", every="41 * * * *")
async def clean_up(tx: AsyncConnection) -> bool:
    """Drop deliveries and links that are long over; true if there may be more."""
    now = datetime.now(UTC)
    await links.forget(tx, now)
    strangers = await deliveries.forget(tx, now - KEEP_STRANGERS, MAX_CLEANED, NOBODY)
    if strangers >= MAX_CLEANED:
        return True
    return await deliveries.forget(tx, now - KEEP, MAX_CLEANED) >= MAX_CLEANED
