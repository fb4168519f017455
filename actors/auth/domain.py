"""The rules of accounts, sessions and tokens: pure, without clock and database."""

import hashlib
import hmac
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from contracts.message import Invalid, Wrong
from contracts.personal_tokens import LONGEST_DAYS, USUAL_DAYS

TOKEN_LIFE = timedelta(minutes=10)
"""Life of an access token."""

IDLE, ABSOLUTE = timedelta(days=30), timedelta(days=90)
"""A session ends when it was not used for so long, and in any case after so long."""

GRACE = timedelta(seconds=20)
"""Within this, using a refresh token again is impatience or a lost answer, not theft."""

DELEGATION_LIFE = timedelta(minutes=2)
"""Life of a token by which a room acts for a person: shorter than that of an access token."""

SIGNING_LAG = timedelta(minutes=1)
"""A process may go on signing with a retired key for this long: it remembers the active one."""

SHORTEST, LONGEST = 8, 128

SHORTEST_RUN = 3
_KEYS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    *("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol"),
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
)
ROWS = (*_KEYS, "0123456789", *(row[::-1] for row in _KEYS))
"""Keys beside and below each other, and letters in order, forwards and backwards."""


@dataclass(frozen=True, slots=True)
class TokenSubject:
    """Whom an access token names."""

    user_id: UUID
    session_id: UUID
    role: str
    proved_at: datetime


def clean_email(email: str) -> str | None:
    """Return an address in the one form in which it is kept; None if it is none."""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def checked_email(email: str) -> str:
    """Return the address as it is kept. Refuses with `Invalid`."""
    cleaned = clean_email(email)
    if cleaned is None:
        raise Invalid(
            "invalid_email",
            "This is not an e-mail address.",
            fields=(Wrong(pointer="/email", detail="Write it as name@example.org."),),
        )
    return cleaned


def same_form(password: str) -> str:
    """Return the password in the one form in which all keyboards type it (NFC, RFC 8265 §4.2)."""
    return unicodedata.normalize("NFC", password)


def bare(password: str) -> str:
    """Return what a password says to a reader: in plain letters (NFKC, Unicode Standard Annex 15),
    without what cannot be seen and spaces around it.
    """
    letters = unicodedata.normalize("NFKC", password)
    return "".join(one for one in letters if unicodedata.category(one) != "Cf").strip()


def weakness(password: str, email: str) -> str | None:
    """Say what is wrong with a password; None if nothing is. Composition is nobody's business.

    Whether many people use it is looked up elsewhere.
    """
    if len(password) < SHORTEST:
        return f"It needs at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"It may have at most {LONGEST} characters."
    if password.casefold() == email.casefold():
        return "It must differ from the e-mail address."
    if len(unit_of(password)) < SHORTEST or is_row_of_keys(password):
        return "It is too easy to guess: keys in a row, or the same again and again."
    return None


def unit_of(password: str) -> str:
    """Return what a password repeats, such as `abc` of `abcabcab`; all of it if nothing is."""
    for length in range(1, len(password) // 2 + 1):
        unit = password[:length]
        if (unit * (len(password) // length + 1))[: len(password)] == password:
            return unit
    return password


def is_row_of_keys(password: str) -> bool:
    """Tell whether a password is nothing but keys beside each other, three and more at a time."""
    rest = password.casefold()
    while rest:
        run = max((length for row in ROWS if (length := _run(rest, row))), default=0)
        if run < SHORTEST_RUN:
            return False
        rest = rest[run:]
    return True


def _run(word: str, row: str) -> int:
    """Count how many characters at the beginning of a word follow each other in a row."""
    place, length = row.find(word[0]), 0
    while 0 <= place + length < len(row) and word[length : length + 1] == row[place + length]:
        length += 1
    return length if place >= 0 else 0


def weak_password(why: str, pointer: str) -> Invalid:
    """Refuse a new password."""
    return Invalid(
        "weak_password",
        "Please choose another password.",
        fields=(Wrong(pointer=pointer, detail=why),),
    )


def expiry(began_at: datetime, now: datetime) -> datetime:
    """Return when a session that is used now ends by itself."""
    return min(now + IDLE, began_at + ABSOLUTE)


def digest(token: str) -> bytes:
    """Return what is kept of a refresh token."""
    return hashlib.sha256(token.encode()).digest()


def successor(token: str, salt: bytes) -> str:
    """Return the refresh token that follows `token`: HMAC-SHA256 keyed with 32 random bytes.

    Whoever has only the database knows the salt but not the token, and cannot make it; whoever
    asks twice with the same token gets the same one, so that sessions never fork.
    """
    made = hmac.digest(salt, token.encode(), "sha256")
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def scope_of(role: str) -> str:
    """Return the scopes of a role, as the claim `scope` (RFC 8693, section 4.2)."""
    return "user admin" if role == "admin" else "user"


def claims(bearer: TokenSubject, now: datetime, token_id: UUID) -> dict[str, Any]:
    """Return the claims of an access token (RFC 9068)."""
    seconds = int(now.timestamp())
    return {
        "iss": "ritmo",
        "aud": "ritmo",
        "sub": str(bearer.user_id),
        "sid": str(bearer.session_id),
        "jti": str(token_id),
        "iat": seconds,
        "exp": seconds + int(TOKEN_LIFE.total_seconds()),
        "auth_time": int(bearer.proved_at.timestamp()),
        "scope": scope_of(bearer.role),
    }


def delegated_claims(
    user_id: UUID, room: str, scopes: Iterable[str], now: datetime, token_id: UUID
) -> dict[str, Any]:
    """Return the claims of a token by which a room acts for a person (RFC 8693, section 4.1).

    It belongs to no session.
    """
    seconds = int(now.timestamp())
    return {
        "iss": "ritmo",
        "aud": "ritmo",
        "sub": str(user_id),
        "act": {"sub": room},
        "jti": str(token_id),
        "iat": seconds,
        "exp": seconds + int(DELEGATION_LIFE.total_seconds()),
        "scope": " ".join(sorted(scopes)),
    }


def personal_claims(
    user_id: UUID,
    personal_token: UUID,
    scopes: Iterable[str],
    now: datetime,
    until: datetime,
    token_id: UUID,
) -> dict[str, Any]:
    """Return the claims of a token that was exchanged for a personal one (`pat`).

    It belongs to no session.
    """
    return {
        "iss": "ritmo",
        "aud": "ritmo",
        "sub": str(user_id),
        "pat": str(personal_token),
        "jti": str(token_id),
        "iat": int(now.timestamp()),
        "exp": int(until.timestamp()),
        "scope": " ".join(sorted(scopes)),
    }


def expiry_of_token(wanted: datetime | None, now: datetime) -> datetime:
    """Return when a personal token is to expire. Refuses with `Invalid`."""
    if wanted is None:
        return now + timedelta(days=USUAL_DAYS)
    if not now < wanted <= now + timedelta(days=LONGEST_DAYS):
        raise Invalid(
            "expiry_out_of_range",
            "An access token expires after now, and within {days} days.",
            fields=(Wrong(pointer="/expires_at", detail="this time is out of range"),),
            days=LONGEST_DAYS,
        )
    return wanted
