"""The bot itself: what Telegram calls it, and which commands it was told to show."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

bots = Table(
    "bots",
    metadata,
    Column("bot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False),
    Column("commands", Text, nullable=False, server_default=""),
    Column("quiet_until", DateTime(timezone=True)),
    schema="telegram",
)


class Bot(NamedTuple):
    """A bot; `commands` is the sum of those that it shows.

    `quiet_until`: Telegram asked not to be called before.
    """

    bot_id: int
    username: str
    commands: str = ""
    quiet_until: datetime | None = None


async def find(tx: AsyncConnection, bot_id: int) -> Bot | None:
    """Return what is known of a bot."""
    columns = tuple(bots.c[name] for name in Bot._fields)
    found = (await tx.execute(select(*columns).where(bots.c.bot_id == bot_id))).first()
    return Bot(*found) if found else None


async def save(tx: AsyncConnection, bot: Bot) -> None:
    """Note what is known of a bot."""
    given = bot._asdict()
    statement = insert(bots).values(given)
    await tx.execute(statement.on_conflict_do_update(index_elements=["bot_id"], set_=given))


async def hush(tx: AsyncConnection, bot_id: int, until: datetime) -> None:
    """Note that Telegram asked not to be called before a time."""
    await tx.execute(update(bots).where(bots.c.bot_id == bot_id).values(quiet_until=until))
