"""The engine, and a transaction with the time limits of the ladder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from contracts.bus import ASK, LOCK, STATEMENT


def open_engine(url: str, connections: int) -> AsyncEngine:
    """Open a pool of at most `connections`; none is made before it is needed.

    Statements wait at most `LOCK` seconds for a lock and run at most `STATEMENT` seconds.
    """
    return create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=STATEMENT,
        pool_use_lifo=True,
        pool_reset_on_return=None,  # every use is a transaction that ends
        hide_parameters=True,
        connect_args={
            "timeout": STATEMENT,
            "server_settings": {
                "application_name": "ritmo",
                "timezone": "UTC",
                "jit": "off",
                "lock_timeout": f"{LOCK:.0f}s",
                "statement_timeout": f"{STATEMENT:.0f}s",
                "idle_in_transaction_session_timeout": f"{ASK:.0f}s",
            },
        },
    )


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One message is one transaction: committed when the block ends well, else rolled back."""
    async with engine.begin() as tx:
        yield tx
