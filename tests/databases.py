"""Databases for tests: a cluster migrated once a run, a server per worker, a database per tier.

Nothing of it outlives the run, so nothing is ever waited for to be on disk.
"""

import asyncio
import fcntl
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import embedded
from storage.migrations import migrate
from storage.session import open_engine

EMPTY = """
DO $$
DECLARE name text; grown boolean;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true),
        set_config('client_min_messages', 'warning', true);
    FOR name, grown IN
        SELECT oid::regclass, pg_relation_size(oid) > 131072 FROM pg_class
        WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace::regnamespace::text
            NOT IN ('public', 'pg_catalog', 'information_schema')
            AND oid <> 'auth.installation'::regclass
    LOOP
        IF grown THEN
            EXECUTE format('TRUNCATE %s CASCADE', name);
        ELSE
            EXECUTE format('DELETE FROM %s', name);
        END IF;
    END LOOP;
END $$
"""
"""Deletes all rows, of whatever tables there are, but what the installation itself is.

TRUNCATE makes new files, which for a small table takes thirty times as long as DELETE; but a table
that has grown would keep its dead rows, and be planned for as if it were large. In a replica's role
no foreign key and no trigger asks for an order.
"""


def done(url: str, work: Callable[[AsyncEngine], Awaitable[object]]) -> None:
    """Do something with a database on one connection."""

    async def run() -> None:
        engine = open_engine(url, 1)
        try:
            await work(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())


async def empty(engine: AsyncEngine) -> None:
    """Delete all rows but the number of the revision, and that the installation was founded."""
    async with engine.begin() as tx:
        await tx.execute(text(EMPTY))


async def founded(engine: AsyncEngine) -> None:
    """Let nobody in the tests be an administrator for coming first."""
    async with engine.begin() as tx:
        await tx.execute(text("INSERT INTO auth.installation VALUES (1, now())"))


def migrated(shared: Path) -> Path:
    """Return the folder of a migrated, stopped cluster; whoever needs it first makes it.

    `shared` is a folder that all workers of a run know.
    """
    shared.mkdir(parents=True, exist_ok=True)
    folder = shared / "postgres"
    with (shared / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = shared / "making"
            server = embedded.start(making, durable=False)
            try:
                done(server.url, migrate)
                done(server.url, founded)
            finally:
                server.stop()
            making.rename(folder)
    return folder


def copy(cluster: Path, folder: Path) -> None:
    """Copy a stopped cluster, owners and all."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(cluster), str(folder)], check=True)


def prepared(cluster: Path, data: Path) -> Path:
    """Make a data folder of Ritmo with a database that is made and migrated already."""
    data.mkdir(mode=0o700)
    copy(cluster, data / "postgres")
    return data


@contextmanager
def server(cluster: Path, folder: Path) -> Iterator[embedded.Embedded]:
    """Run a copy of a cluster."""
    copy(cluster, folder)
    running = embedded.start(folder, durable=False)
    try:
        yield running
    finally:
        running.stop()


def create(url: str, name: str) -> str:
    """Copy the database at `url`, which nobody may be using; return the address of the copy."""
    template = make_url(url)

    async def run(engine: AsyncEngine) -> None:
        async with engine.connect() as plain:
            tx = await plain.execution_options(isolation_level="AUTOCOMMIT")
            await tx.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template.database}"'))

    done(template.set(database="postgres").render_as_string(hide_password=False), run)
    return template.set(database=name).render_as_string(hide_password=False)
