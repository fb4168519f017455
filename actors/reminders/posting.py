"""From a delivery to its words: the template is found, and the links are written."""

import json
from dataclasses import dataclass
from uuid import UUID

from actors.reminders.digests import digest_in_words
from actors.reminders.letters import Words
from actors.reminders.links import Claim, Signing
from actors.reminders.occasions import LETTERS, Occasion
from contracts.auth import Language
from contracts.deliveries import Purpose
from contracts.mails import Digest
from storage.reminders.ledger import Delivery

DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Post:
    """What a delivery says; `leave` is where one unsubscribes, if one can."""

    words: Words
    leave: str | None = None


def language_of(row: Delivery) -> Language:
    """Return the language of a delivery."""
    return "ru" if row.language == "ru" else "en"


def post_of(row: Delivery, signing: Signing) -> Post:
    """Put a delivery into words.

    Raises LookupError or ValueError if there is no such template, or its data do not fit.
    """
    if row.template == DIGEST:
        return digest_post(Digest.model_validate_json(row.data), row.user_id, signing)
    write = LETTERS[row.template]
    links: dict[str, str] = {purpose: signing.to(claim) for purpose, claim in _claims(row).items()}
    occasion = Occasion(language_of(row), json.loads(row.data), signing.base, links)
    return Post(write(occasion))


def digest_post(digest: Digest, user_id: UUID, signing: Signing) -> Post:
    """Put a digest into words, with the link by which one leaves it."""
    claim = Claim("unsubscribe", user_id, digest.language, every=digest.every)
    leave = signing.to(claim)
    return Post(digest_in_words(digest, leave), leave)


def _claims(row: Delivery) -> dict[Purpose, Claim]:
    """Say which links a delivery carries: only what it is about can be answered."""
    claims: dict[Purpose, Claim] = {}
    language = language_of(row)
    if row.habit_id is not None and row.day is not None:
        done: tuple[Purpose, ...] = ("done", "skip")
        for purpose in done:
            claims[purpose] = Claim(purpose, row.user_id, language, row.habit_id, day=row.day)
    if row.reminder_id is not None:
        about: tuple[Purpose, ...] = ("snooze", "earlier", "later", "never")
        for purpose in about:
            claims[purpose] = Claim(
                purpose, row.user_id, language, row.habit_id, row.reminder_id, row.day
            )
    return claims
