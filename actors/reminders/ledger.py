"""The ledger as its owner sees it: what was sent, what was not, and why, in words."""

import re
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.auth import Language
from contracts.cursor import read_id
from contracts.deliveries import Deliveries, Delivery, ListDeliveries
from contracts.message import NotFound
from contracts.speech import say
from storage.reminders import deliveries
from storage.reminders.ledger import OPEN
from storage.reminders.ledger import Delivery as Row

_HTTP = re.compile(r"apprise_http_(\d\d\d)$")
_CODE = re.compile(r"smtp_(?:login_)?([45]\d\d)(?:_([0-9_.]+))?$")

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


async def show(
    tx: AsyncConnection, user_id: UUID, delivery_id: UUID, language: Language | None
) -> Delivery:
    """Show one delivery. Refuses with `NotFound`."""
    row = await deliveries.find(tx, user_id, delivery_id)
    if row is None:
        raise NotFound(
            "delivery_not_found", "There is no delivery {delivery}.", delivery=str(delivery_id)
        )
    return view(row, language)


async def show_page(tx: AsyncConnection, user_id: UUID, query: ListDeliveries) -> Deliveries:
    """Show a page, and look one further to know whether there is another."""
    rows = await deliveries.page(
        tx, user_id, state=query.state, before=read_id(query.cursor), limit=query.limit + 1
    )
    page = rows[: query.limit]
    return Deliveries(
        deliveries=tuple(view(row, query.language) for row in page),
        next=page[-1].id.hex if len(rows) > query.limit else None,
    )
