"""One history of the database, run at start in embedded mode and by `ritmo migrate` otherwise."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.session import open_engine

VERSIONS = Path(__file__).parent / "versions"


class SchemaTooNew(Exception):
    """The database was written by a newer Ritmo than this one."""


def known() -> list[str]:
    """List the revisions that this Ritmo knows, oldest first: file names begin with them."""
    return sorted(path.name.split("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def head() -> str:
    """Return the newest revision."""
    return known()[-1]


async def current(tx: AsyncConnection) -> str | None:
    """Return the revision of the database; None if it is empty."""
    try:
        async with tx.begin_nested():
            found = await tx.execute(text("SELECT version_num FROM public.alembic_version"))
    except ProgrammingError:
        return None
    return found.scalar_one_or_none()


async def migrate(engine: AsyncEngine, to: str | None = None) -> str:
    """Bring the database of an engine to a revision, by default the newest; return it. One process
    at a time; one that is further stays as it is.

    Raises SchemaTooNew rather than touch what a newer Ritmo wrote.
    """
    # On a connection of its own, which may wait for as long as it takes.
    patient = open_engine(engine.url.render_as_string(hide_password=False), 1, command=None)
    try:
        return await _migrate(patient, to or head())
    finally:
        await patient.dispose()


async def _migrate(engine: AsyncEngine, to: str) -> str:
    async with engine.begin() as tx:
        for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            await tx.execute(text(f"SET LOCAL {limit} = 0"))
        await tx.execute(text("SELECT pg_advisory_xact_lock(7264901)"))
        revision = await current(tx)
        if revision is not None and revision not in known():
            raise SchemaTooNew(
                f"The database is at revision {revision}, which is newer than this Ritmo "
                f"({head()}). Please start the newer version."
            )
        if revision is None or revision < to:
            await tx.run_sync(_upgrade, to)
            revision = to
    return revision


def _upgrade(connection: object, to: str) -> None:
    """Run alembic on an open connection; it is slow to import, and rarely needed."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
