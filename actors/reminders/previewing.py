"""A digest before it is sent: composed with the reader's own token, written as it would be."""

import asyncio
import base64
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import copies
from actors.reminders.envelope import enclose, mailbox, sender_of
from actors.reminders.letters import Letter, write
from actors.reminders.links import Signing
from actors.reminders.outside import base_of
from actors.reminders.posting import Post, digest_post
from actors.runtime.settings import Settings
from contracts.bus import Bus
from contracts.deliveries import DigestShown, GetDigest, PreviewDigest
from contracts.message import new_id
from contracts.principal import Principal
from storage.reminders import links


async def preview(
    tx: AsyncConnection, bus: Bus, who: Principal, settings: Settings, query: PreviewDigest
) -> DigestShown:
    """Show a digest; nothing is sent."""
    person = await copies.person_of(tx, bus, who)
    asked = GetDigest(every=query.every, language=query.language or person.language)
    digest = (await bus.ask(asked, who)).digest
    now = datetime.now(UTC)
    signing = Signing(base_of(settings), await links.signing_key(tx), now)
    post = digest_post(digest, who.user_id, signing)
    return await asyncio.to_thread(_shown, post, digest.language, person.email, settings, now)


def _shown(
    post: Post, language: str, email: str | None, settings: Settings, now: datetime
) -> DigestShown:
    letter = write(post.words, language)
    to = mailbox(email or "you@localhost")
    mail = enclose(letter, sender_of(settings.mail_from), to, new_id(), now, post.leave)
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
