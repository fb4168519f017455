"""The engine, and a transaction with the time limits of the ladder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from contracts.bus import ASK, LOCK, STATEMENT

COMMAND = 20.0
"""Seconds after which a database that does not answer at all counts as gone. PostgreSQL itself ends
a statement earlier, but not where its process is frozen or its machine has vanished."""

DEAD_CLIENT = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "client_connection_check_interval": "10s",
}
"""The other way round: what PostgreSQL does to notice that our machine has vanished, so that what
we held is free again."""


def open_engine(url: str, connections: int, command: float | None = COMMAND) -> AsyncEngine:
    """Open a pool of at most `connections`; none is made before it is needed.

    Statements wait at most `LOCK` seconds for a lock and run at most `STATEMENT` seconds. Whatever
    the state of the database, nothing waits longer than `command` seconds for it.
    """
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=STATEMENT,
        pool_use_lifo=True,
        pool_reset_on_return=None,  # every use is a transaction that ends
        hide_parameters=True,
        connect_args={
            "timeout": STATEMENT,
            "command_timeout": command,
            "server_settings": {
                "application_name": "ritmo",
                "timezone": "UTC",
                "jit": "off",
                "lock_timeout": f"{LOCK:.0f}s",
                "statement_timeout": f"{STATEMENT:.0f}s",
                "idle_in_transaction_session_timeout": f"{ASK:.0f}s",
                **DEAD_CLIENT,
            },
        },
    )
    event.listen(engine.sync_engine, "handle_error", _give_up)
    return engine


def _give_up(context: ExceptionContext) -> None:
    """Make a database that does not answer one that is away; the connection is of no use any more.

    asyncpg raises a bare TimeoutError, which SQLAlchemy would take for an error of ours.
    """
    error = context.original_exception
    if isinstance(error, TimeoutError):
        context.is_disconnect = True
        raise OperationalError("no answer", None, error, connection_invalidated=True)


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One message is one transaction: committed when the block ends well, else rolled back."""
    connected = False
    try:
        async with engine.connect() as connection:
            connected = True
            async with connection.begin():
                yield connection
    except TimeoutError as error:
        if connected:
            raise
        raise OperationalError("no answer", None, error, connection_invalidated=True) from error


async def is_read_only(tx: AsyncConnection) -> bool:
    """Tell whether the database takes no changes: it follows another, or somebody has set it so."""
    setting = text("SELECT current_setting('transaction_read_only') = 'on'")
    return bool((await tx.execute(setting)).scalar_one())
