"""Digests: one that is due enters the ledger by its days; one is shown before it is sent."""

import asyncio
import base64
from datetime import datetime

from actors.notifications.channels import WAYS
from actors.notifications.composer import DIGEST, base_of, digest_words
from actors.notifications.letter import DigestWords, Letter, write
from actors.notifications.link_token import Signing
from actors.notifications.mime import enclose, mailbox, sender_of
from actors.notifications.people import addressee
from actors.notifications.room import TheSettings, known, room
from actors.runtime.room import Now, TheBus, Transaction, Who
from actors.runtime.settings import Settings
from contracts.bus import deadline_in
from contracts.digests import DigestShown, GetDigest, PreviewDigest
from contracts.message import new_id
from contracts.notifications import ChannelName, SendDigest
from contracts.reminder_settings import GetReminderSettings
from storage.notifications import deliveries, links
from storage.notifications.ledger import NewDelivery


@room.do
async def send_digest(job: SendDigest, tx: Transaction, bus: TheBus, now: Now) -> None:
    """Enqueue a digest; who is gone gets none."""
    person = await addressee(tx, bus, job.user_id)
    if person is None:
        return
    wanted = await bus.ask(GetReminderSettings(), on_behalf_of=job.user_id)
    ways: dict[ChannelName, str | None] = {"email": person.email or None}
    if "telegram" in wanted.channels:
        ways["telegram"] = await WAYS["telegram"].recipient(tx, person)
    rows = [
        NewDelivery(
            user_id=job.user_id,
            channel=channel,
            recipient=recipient,
            dedupe_key=job.dedupe_key,
            template=DIGEST,
            language=job.language,
            data=job.model_dump_json(include={"every", "first", "last"}),
            due_at=now,
            useful_until=job.useful_until,
        )
        for channel, recipient in ways.items()
        if recipient is not None
    ]
    await deliveries.enqueue(tx, rows)


@room.answer
async def preview_digest(
    query: PreviewDigest, who: Who, tx: Transaction, bus: TheBus, given: TheSettings, now: Now
) -> DigestShown:
    """Show the caller's digest as it would be sent; nothing is."""
    person = await known.person(tx, bus, who, "stay")
    asked = GetDigest(every=query.every, language=query.language or person.language)
    digest = await bus.ask(asked, who)
    signing = Signing(base_of(given), await links.signing_key(tx), now)
    words, leave = await digest_words(bus, digest, who.user_id, signing, deadline_in(), who)
    shown = (words, digest.language, person.email, given, leave, now)
    return await asyncio.to_thread(_shown, *shown)


def _shown(
    words: DigestWords,
    language: str,
    email: str | None,
    settings: Settings,
    leave: str,
    now: datetime,
) -> DigestShown:
    letter = write(words, language)
    to = mailbox(email or "you@localhost")
    mail = enclose(letter, sender_of(settings.mail_from), to, new_id(), now, leave)
    return DigestShown(
        subject=letter.subject,
        html=_with_pictures(letter),
        text=letter.text,
        eml=mail.as_bytes().decode("ascii", "replace"),
    )


def _with_pictures(letter: Letter) -> str:
    """Put the pictures of a letter into its HTML, for who reads it outside a mail program."""
    html = letter.html
    for picture in letter.pictures:
        data = base64.b64encode(picture.data).decode()
        html = html.replace(f"cid:{picture.cid}", f"data:image/png;base64,{data}")
    return html
