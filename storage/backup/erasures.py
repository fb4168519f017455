"""Certificates of erasures: what rooms have confirmed, of whom nobody can tell by the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

certificates = Table(
    "certificates",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person_hash", LargeBinary, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    schema="backup",
)

confirmations = Table(
    "confirmations",
    metadata,
    Column("person_hash", LargeBinary, primary_key=True),
    Column("room", Text, primary_key=True),
    Column("tables", Text, nullable=False),
    Column("erased_at", DateTime(timezone=True), nullable=False, index=True),
    schema="backup",
)


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate: hashes of its secret and of whose it is."""

    token_hash: bytes
    person_hash: bytes
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmationRow:
    """What a room has confirmed; `tables` is JSON."""

    room: str
    tables: str
    erased_at: datetime


async def add(tx: AsyncConnection, row: CertificateRow) -> None:
    """Keep a new certificate."""
    values = {name: getattr(row, name) for name in CertificateRow.__slots__}
    await tx.execute(certificates.insert().values(**values))


async def find(tx: AsyncConnection, token_hash: bytes) -> CertificateRow | None:
    """Return a certificate."""
    statement = select(certificates).where(certificates.c.token_hash == token_hash)
    row = (await tx.execute(statement)).first()
    return CertificateRow(*row) if row else None


async def confirm(tx: AsyncConnection, person_hash: bytes, row: ConfirmationRow) -> None:
    """Keep what a room has confirmed; the first time counts."""
    values = {name: getattr(row, name) for name in ConfirmationRow.__slots__}
    statement = insert(confirmations).values(person_hash=person_hash, **values)
    await tx.execute(statement.on_conflict_do_nothing())


async def confirmed(tx: AsyncConnection, person_hash: bytes) -> Sequence[ConfirmationRow]:
    """Return what rooms have confirmed."""
    columns = (confirmations.c[name] for name in ConfirmationRow.__slots__)
    statement = select(*columns).where(confirmations.c.person_hash == person_hash)
    rows = await tx.execute(statement.order_by(confirmations.c.room))
    return [ConfirmationRow(*row) for row in rows]


async def drop_expired(tx: AsyncConnection, now: datetime, oldest: datetime) -> None:
    """Drop certificates that are over, and what was confirmed before `oldest`."""
    await tx.execute(certificates.delete().where(certificates.c.expires_at <= now))
    await tx.execute(confirmations.delete().where(confirmations.c.erased_at <= oldest))
