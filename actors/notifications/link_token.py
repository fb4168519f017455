"""Links in mails: signed (HS256), each for one purpose, and not for ever.

A token names a person and what it is for; it holds nothing secret, and nothing else. Looking at a
link changes nothing: scanners of mails follow links, people press buttons.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast, get_args
from uuid import UUID

from actors.runtime.mailed import path_of, token_of
from contracts.digests import DigestEvery
from contracts.language import Language
from contracts.links import Purpose
from contracts.message import Gone, NotFound, new_id
from contracts.speech import LANGUAGES

AUDIENCE = "ritmo:link"

LIFE: Mapping[Purpose, timedelta] = {
    "done": timedelta(days=7),
    "skip": timedelta(days=7),
    "snooze": timedelta(days=1),
    "earlier": timedelta(days=30),
    "later": timedelta(days=30),
    "never": timedelta(days=400),
    "unsubscribe": timedelta(days=400),
}
"""How long a link acts. Who leaves a digest must find the way out of an old one, too."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token says."""

    purpose: Purpose
    user_id: UUID
    language: Language
    habit_id: UUID | None = None
    reminder_id: UUID | None = None
    day: date | None = None
    every: DigestEvery | None = None
    link_id: UUID | None = None
    expires_at: datetime | None = None


def sign(claim: Claim, key: bytes, now: datetime) -> str:
    """Make the token of a link."""
    import jwt

    given = {
        "aud": AUDIENCE,
        "exp": int((now + LIFE[claim.purpose]).timestamp()),
        "jti": (claim.link_id or new_id()).hex,
        "p": claim.purpose,
        "u": claim.user_id.hex,
        "l": claim.language,
        "h": claim.habit_id.hex if claim.habit_id else None,
        "r": claim.reminder_id.hex if claim.reminder_id else None,
        "d": claim.day.isoformat() if claim.day else None,
        "e": claim.every,
    }
    payload = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(payload, key, algorithm="HS256")


def read(token: str, key: bytes) -> Claim:
    """Read a token. Refuses with `NotFound` what we did not sign, with `Gone` what is over."""
    import jwt

    try:
        said: dict[str, object] = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            audience=AUDIENCE,
            options={"require": ["exp", "aud", "jti"]},
        )
        return _claim({name: str(value) for name, value in said.items()})
    except jwt.ExpiredSignatureError:
        raise Gone("link_expired", "This link has expired.") from None
    except (jwt.InvalidTokenError, KeyError, ValueError):
        raise NotFound("link_unknown", "This link is not one of ours.") from None


def _claim(said: Mapping[str, str]) -> Claim:
    """Read what a token says; ValueError or KeyError if it is not what we say."""
    if said["p"] not in get_args(Purpose) or said["l"] not in LANGUAGES:
        raise KeyError("p")
    return Claim(
        cast(Purpose, said["p"]),
        UUID(said["u"]),
        cast(Language, said["l"]),
        UUID(said["h"]) if "h" in said else None,
        UUID(said["r"]) if "r" in said else None,
        date.fromisoformat(said["d"]) if "d" in said else None,
        cast(DigestEvery, said["e"]) if "e" in said else None,
        UUID(said["jti"]),
        datetime.fromtimestamp(int(said["exp"]), UTC),
    )


@dataclass(frozen=True, slots=True)
class Signing:
    """Writes links: to `base` (without a slash at its end), signed with `key`."""

    base: str
    key: bytes
    now: datetime
    secret: bytes = b""
    """What the tokens of secret links are made with, which another room has told of."""

    def to(self, claim: Claim) -> str:
        """Write a link."""
        folder = "u" if claim.purpose == "unsubscribe" else "l"
        return f"{self.base}/{folder}/{sign(claim, self.key, self.now)}"

    def secret_link(self, link_id: UUID) -> str:
        """Write a secret link; see `actors.runtime.mailed`."""
        return f"{self.base}{path_of(token_of(self.secret, link_id))}"
