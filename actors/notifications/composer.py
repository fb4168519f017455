"""From a delivery to its words: its template is filled as things stand, and its links are written.

What other rooms know is asked for as late as possible, on behalf of whoever is written to: how the
habit of a reminder stands, and what a digest tells. A reminder goes without it if it has to; a
digest waits.
"""

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import structlog

from actors.notifications.digest_text import cid_of, digest_in_words
from actors.notifications.letter import DigestWords, Inlaid, LetterWords
from actors.notifications.link_token import Claim, Signing
from actors.notifications.occasion import Data, Occasion
from actors.notifications.texts import LETTERS
from actors.runtime.delegation import RoomBus
from actors.runtime.mailed import LINK
from actors.runtime.settings import Settings
from contracts.bus import ASK, deadline_in
from contracts.digests import Digest, GetDigest
from contracts.language import Language
from contracts.links import Purpose
from contracts.message import Conflict, Invalid, NotFound, Query, Refused, Reply, Unanswered
from contracts.principal import Principal
from contracts.reminder_notices import DescribeReminder
from contracts.reminder_settings import GetReminderSettings
from storage.notifications.ledger import DeliveryRow

log = structlog.get_logger()

R = TypeVar("R", bound=Reply)

COMPOSING = 30.0
"""Seconds that it may take, at most, until a delivery is put into words."""

PAUSE = 0.5
"""Seconds before something is asked for again: a room that just ended says so at once."""

DIGEST = "digest"
"""The template that analytics fills."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A delivery in words, for a channel; `leave` is where one unsubscribes, if one can."""

    delivery: DeliveryRow
    words: LetterWords
    leave: str | None = None


def base_of(settings: Settings) -> str:
    """Return where people reach Ritmo, without a slash at the end."""
    return settings.base_url.rstrip("/") or settings.address()


def language_of(row: DeliveryRow) -> Language:
    """Return the language of a delivery."""
    return "ru" if row.language == "ru" else "en"


class Composer:
    """Puts deliveries into words."""

    def __init__(self, bus: RoomBus, base: str) -> None:
        """Ask other rooms over `bus`; links lead to `base`."""
        self._bus, self._base = bus, base

    def signing(self, key: bytes, now: datetime, secret: bytes = b"") -> Signing:
        """Return what writes links; `secret` is for those that other rooms have told of."""
        return Signing(self._base, key, now, secret)

    async def compose(self, row: DeliveryRow, signing: Signing) -> Notice | None:
        """Put a delivery into words; None if there is nothing to say.

        Raises LookupError or ValueError if there is no such template, or its data do not fit, and
        Refused for a digest that cannot be composed (now).
        """
        if row.template == DIGEST:
            return await self._digest(row, signing)
        write = LETTERS[row.template]
        data: Data = json.loads(row.data)
        if row.reminder_id is not None:
            data = {**data, **await self._bearings(row, row.reminder_id, data)}
        links: dict[str, str] = {
            purpose: signing.to(claim) for purpose, claim in _claims(row).items()
        }
        if LINK in data:
            links["open"] = signing.secret_link(UUID(str(data[LINK])))
        return Notice(row, write(Occasion(language_of(row), data, signing.base, links)))

    async def _bearings(self, row: DeliveryRow, reminder_id: UUID, data: Data) -> Data:
        """Say how things stand now, as far as that can be found out."""
        asked = DescribeReminder(
            reminder_id=reminder_id,
            day=row.day,
            language=language_of(row),
            snoozed=bool(data.get("snoozed")),
            tried=bool(data.get("test")),
        )
        try:
            said = await self._bus.ask(asked, on_behalf_of=row.user_id)
        except Refused as no:
            log.info("bearings unknown", delivery=str(row.id), why=no.code)
            return {}
        bearings: Data = said.bearings.model_dump(mode="json", exclude_none=True)
        return bearings

    async def _digest(self, row: DeliveryRow, signing: Signing) -> Notice | None:
        """Have a digest composed, unless its reader has left it, or there is nothing to tell."""
        said = json.loads(row.data)
        days = {name: said[name] for name in ("every", "first", "last")}
        asked = GetDigest(language=language_of(row), **days)
        who, by = row.user_id, deadline_in(COMPOSING)
        wanted = await patiently(self._bus, GetReminderSettings(), who, by)
        if asked.every not in wanted.digests:
            return None
        digest = await patiently(self._bus, asked, who, by)
        if not digest.summary.habits and not digest.moods.entries:
            return None
        words, leave = await digest_words(self._bus, digest, who, signing, by)
        return Notice(row, words, leave)


async def patiently(
    bus: RoomBus, query: Query[R], user_id: UUID, by: float, who: Principal | None = None
) -> R:
    """Ask by `who`, else on a person's behalf; again, until `by` (Unix time), if it took too long.

    What draws for the first time, or on a busy machine, is quicker the second time.
    """
    while True:
        try:
            return await bus.ask(query, who, on_behalf_of=None if who else user_id)
        except Unanswered:
            if time.time() + PAUSE + ASK > by:
                raise
        await asyncio.sleep(PAUSE)


async def digest_words(
    bus: RoomBus,
    digest: Digest,
    user_id: UUID,
    signing: Signing,
    by: float,
    who: Principal | None = None,
) -> tuple[DigestWords, str]:
    """Put a digest into words, with its pictures, and the link by which one leaves it.

    Pictures are asked for until `by` (Unix time), by `who` if they look themselves, else on their
    behalf. One that there is not is left out.
    """
    pictures = list[Inlaid]()
    for place, one in enumerate(digest.pictures):
        try:
            drawn = await patiently(bus, one.render, user_id, by, who)
        except (NotFound, Invalid, Conflict) as no:
            log.info("picture left out", picture=one.name, why=no.code)
            continue
        pictures.append(Inlaid(cid_of(place, one.name), one.alt, base64.b64decode(drawn.data)))
    leave = signing.to(Claim("unsubscribe", user_id, digest.language, every=digest.every))
    return digest_in_words(digest, leave, tuple(pictures)), leave


def _claims(row: DeliveryRow) -> dict[Purpose, Claim]:
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
