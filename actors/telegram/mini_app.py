"""What Telegram tells a Mini App about who opened it (`initData`), and whether that is true. Pure.

The rule is Telegram's: a line `name=value` of each field but `hash`, in the order of their names,
is signed with the bot's token (https://core.telegram.org/bots/webapps, "Validating data received
via the Mini App").
"""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qsl

from contracts.message import Unauthenticated

LIFE = timedelta(minutes=5)
"""How old the data may be."""

SLACK = timedelta(minutes=1)
"""How far Telegram's clock may run ahead of this one."""

MAX_FIELDS = 30


class OpenedBy(NamedTuple):
    """Who opened a Mini App, by their number in Telegram, and the hash of what says so."""

    telegram_id: int
    hash: bytes
    expires_at: datetime


def opened_by(init_data: str, token: str, now: datetime) -> OpenedBy:
    """Return who opened a Mini App. Refuses with `Unauthenticated` what is not so, or too old."""
    try:
        pairs = parse_qsl(
            init_data, keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise forged() from None
    fields = dict(pairs)
    said = fields.pop("hash", "")
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", token.encode(), hashlib.sha256)
    right = hmac.digest(key, lines.encode(errors="replace"), hashlib.sha256)
    same = hmac.compare_digest(said.encode(errors="replace"), right.hex().encode())
    if not same or len(fields) + 1 != len(pairs):
        raise forged()
    try:
        at = datetime.fromtimestamp(int(fields["auth_date"]), UTC)
        number = json.loads(fields["user"])["id"]
    except (KeyError, ValueError, TypeError, OverflowError, OSError):
        raise forged() from None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
        raise forged()
    if not now - LIFE <= at <= now + SLACK:
        text = "What Telegram said is too old. Close the app in Telegram, and open it again."
        raise Unauthenticated("init_data_too_old", text)
    return OpenedBy(number, right, at + LIFE + SLACK)


def forged() -> Unauthenticated:
    """Refuse what does not come from Telegram."""
    return Unauthenticated("invalid_init_data", "This does not come from Telegram.")
