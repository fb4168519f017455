"""Mails as files, for who has no mail server: `<delivery>.eml` in the folder of mails.

The names say nothing of people; whose file it is, the ledger of deliveries knows. A file is dropped
with its person, and after `KEEP` in any case. Each process tidies the folder that it writes to.
"""

import asyncio
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.notifications.domain import DeliveryOutcome
from actors.runtime.settings import Settings
from storage.notifications import deliveries
from storage.session import transaction

log = structlog.get_logger()

KEEP = timedelta(days=30)
"""For how long a mail is kept."""

TIDY_EVERY = 600.0
"""Seconds between two looks at what is to be dropped."""

MAX_LOOKED_UP = 1000
"""Files that are looked up in the ledger in one statement."""


@dataclass(frozen=True, slots=True)
class MailFolder:
    """The folder; it is made when the first mail is kept."""

    path: Path

    def keep(self, delivery_id: UUID, data: bytes) -> DeliveryOutcome:
        """Write a mail as a whole, or not at all; the same delivery is the same file."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.path / f".{delivery_id}.eml.part"
        part.write_bytes(data)
        os.replace(part, self._file(delivery_id))
        return DeliveryOutcome("sent", "eml")

    def drop(self, delivery_ids: Iterable[UUID]) -> None:
        """Remove mails, as far as they are there."""
        for delivery_id in delivery_ids:
            self._file(delivery_id).unlink(missing_ok=True)

    def listed(self, now: float) -> list[UUID]:
        """Remove what is too old or was never finished; list the mails that are left.

        `now` is in seconds, by the clock of the file system.
        """
        left = []
        for file in [*self.path.glob("*.eml"), *self.path.glob(".*.eml.part")]:
            try:
                delivery_id = UUID(file.name.lstrip(".").partition(".")[0])
                age = now - file.stat().st_mtime
                if age > KEEP.total_seconds() or (file.suffix == ".part" and age > TIDY_EVERY):
                    file.unlink()
                elif file.suffix == ".eml":
                    left.append(delivery_id)
            except (ValueError, FileNotFoundError):
                continue  # not a mail of ours, or gone by now
        return left

    def _file(self, delivery_id: UUID) -> Path:
        return self.path / f"{delivery_id}.eml"


def mail_folder(settings: Settings) -> MailFolder:
    """Return the folder where mails are kept if there is no mail server."""
    return MailFolder(settings.data.expanduser().resolve() / "mail")


async def tidy(engine: AsyncEngine, folder: MailFolder, now: float) -> None:
    """Remove mails that are too old, and those of which the ledger knows nothing (any more)."""
    left = await asyncio.to_thread(folder.listed, now)
    for at in range(0, len(left), MAX_LOOKED_UP):
        some = left[at : at + MAX_LOOKED_UP]
        async with transaction(engine) as tx:
            known = await deliveries.known(tx, some)
        await asyncio.to_thread(folder.drop, set(some) - known)


async def keep_tidy(engine: AsyncEngine, settings: Settings) -> None:
    """Tidy the folder from time to time, for as long as the room is open."""
    folder = mail_folder(settings)
    while True:
        try:
            await tidy(engine, folder, time.time())
        except (SQLAlchemyError, OSError) as error:
            log.warning("mail folder not tidied", why=type(error).__name__)
        await asyncio.sleep(TIDY_EVERY)
