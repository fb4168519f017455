"""Certificates: begun when an account ends, filled by what each room confirms, read by a secret."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from actors import ROOMS
from actors.backup.room import room
from actors.runtime.room import Now, Transaction, Who
from contracts.erasures import (
    KEEP_CERTIFICATE_DAYS,
    ConfirmErasure,
    Erasure,
    ErasureTicket,
    GetErasure,
    OpenErasure,
    RoomErasure,
    TableErasure,
)
from contracts.message import Denied, NotFound
from contracts.speech import say
from storage.backup import erasures
from storage.backup.erasures import CertificateRow, ConfirmationRow

TOKEN_BYTES = 32
"""Bytes of a secret."""

KEPT = timedelta(days=KEEP_CERTIFICATE_DAYS)

BACKUPS = (
    "Backups from before the erasure hold what was there then, until they are dropped as the "
    "operator of this Ritmo has set it. Who restores one erases you from it once more."
)

_tables: TypeAdapter[tuple[TableErasure, ...]] = TypeAdapter(tuple[TableErasure, ...])


@room.answer
async def open_erasure(command: OpenErasure, who: Who, tx: Transaction, now: Now) -> ErasureTicket:
    """Begin a certificate."""
    user_id = command.user_id or who.user_id
    if user_id != who.user_id and not who.may("admin"):
        text = "You may not do this: it needs “{scope}”."
        raise Denied("denied", text, scope="admin")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = CertificateRow(_hash(token), person_of(user_id), now, now + KEPT)
    await erasures.add(tx, row)
    return ErasureTicket(token=token)


@room.do
async def confirm_erasure(job: ConfirmErasure, tx: Transaction) -> None:
    """Note what a room has erased."""
    said = _tables.dump_json(job.tables).decode()
    row = ConfirmationRow(job.room, said, job.occurred_at)
    await erasures.confirm(tx, person_of(job.user_id), row)


@room.answer
async def get_erasure(query: GetErasure, tx: Transaction, now: Now) -> Erasure:
    """Show a certificate."""
    row = await erasures.find(tx, _hash(query.token))
    if row is None or row.expires_at <= now:
        raise NotFound("erasure_not_found", "There is no such certificate, or it has expired.")
    rooms = tuple(
        RoomErasure(
            room=one.room, erased_at=one.erased_at, tables=_tables.validate_json(one.tables)
        )
        for one in await erasures.confirmed(tx, row.person_hash)
    )
    waiting = tuple(name for name in ROOMS if name not in {one.room for one in rooms})
    return Erasure(
        opened_at=row.opened_at,
        complete=not waiting,
        rooms=rooms,
        waiting=waiting,
        backups=say(query.language, BACKUPS),
        expires_at=row.expires_at,
    )


@room.tick("backup.drop_certificates", every="43 4 * * *")
async def drop_certificates(tx: AsyncConnection) -> bool:
    """Drop what is over; there is no more then."""
    now = datetime.now(UTC)
    await erasures.drop_expired(tx, now, now - KEPT)
    return False


def person_of(user_id: UUID) -> bytes:
    """Return by what a person is known who must not be known any more."""
    return hashlib.sha256(b"erased person " + user_id.bytes).digest()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
