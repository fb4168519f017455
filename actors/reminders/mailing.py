"""What other rooms want to have delivered: mails and digests enter the ledger here."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders.mail_folder import MailFolder
from contracts.mails import SendDigest, SendMail
from contracts.message import NotFound
from storage.reminders import channels, copies, deliveries, links, rules
from storage.reminders.ledger import NewDelivery

KEEP = timedelta(days=180)
"""For how long it is remembered what was sent."""

CLEAN = 5000
"""Rows that are cleaned up in one transaction."""


async def send_mail(tx: AsyncConnection, job: SendMail) -> None:
    """Enqueue a mail; who is gone gets none."""
    person = await copies.meet(tx, job.user_id)
    if person is None:
        return
    address = job.email or person.email
    if address is None:
        raise NotFound("address_not_known", "Your address is not known yet.")
    row = NewDelivery(
        user_id=job.user_id,
        channel="email",
        recipient=address,
        dedupe_key=job.dedupe_key,
        template=job.template,
        language=job.language or person.language,
        data=json.dumps(job.data, ensure_ascii=False),
        due_at=datetime.now(UTC),
        useful_until=job.useful_until,
    )
    await deliveries.enqueue(tx, [row])


async def send_digest(tx: AsyncConnection, job: SendDigest) -> None:
    """Enqueue a digest, unless its reader is gone or has left it meanwhile."""
    person = await copies.meet(tx, job.user_id)
    if person is None or person.email is None:
        return
    if job.digest.every not in {row.every for row in await rules.find_digests(tx, job.user_id)}:
        return
    row = NewDelivery(
        user_id=job.user_id,
        channel="email",
        recipient=person.email,
        dedupe_key=job.dedupe_key,
        template="digest",
        language=job.digest.language,
        data=job.digest.model_dump_json(),
        due_at=datetime.now(UTC),
        useful_until=job.useful_until,
    )
    await deliveries.enqueue(tx, [row])


async def clean_up(tx: AsyncConnection) -> bool:
    """Drop deliveries and links that are long over; true if there may be more."""
    now = datetime.now(UTC)
    await links.forget(tx, now)
    return await deliveries.forget(tx, now - KEEP, CLEAN) >= CLEAN


async def erase(tx: AsyncConnection, user_id: UUID, folder: MailFolder) -> None:
    """Erase all that was sent to a user or was to be, and how to reach them.

    A file that is being written right now is taken back by its sender, and one in the folder of
    another process goes when that is tidied.
    """
    files = await deliveries.kept_as_files(tx, user_id)
    await asyncio.to_thread(folder.drop, files)
    await deliveries.erase(tx, user_id)
    await links.erase(tx, user_id)
    await channels.drop_apprise(tx, user_id)
