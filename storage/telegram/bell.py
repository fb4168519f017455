"""The bell of the telegram room: who writes something down rings, so that nobody has to look."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

CHANNEL = "ritmo_telegram"

LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


async def ring(tx: AsyncConnection) -> None:
    """Ring when, and only if, this transaction commits."""
    await tx.execute(text(f"NOTIFY {CHANNEL}"))


@asynccontextmanager
async def listening(
    engine: AsyncEngine, rung: Callable[[], None]
) -> AsyncIterator[AsyncConnection]:
    """Call `rung` whenever somebody rings; yield the connection that hears it, to be looked after.

    Raises `ConnectionError` if it is lost before.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        driver = cast(asyncpg.Connection, (await connection.get_raw_connection()).driver_connection)

        def heard(*_: object) -> None:
            rung()

        try:
            await driver.add_listener(CHANNEL, heard)
        except LOST as error:
            raise ConnectionError("the database went away") from error
        try:
            yield connection
        finally:
            with suppress(*LOST):
                await driver.remove_listener(CHANNEL, heard)
