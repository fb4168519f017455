"""A database that does not answer at all: nothing waits for it for ever."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from actors.runtime.faults import refusal_of
from contracts.message import Unavailable
from storage import embedded
from storage.session import open_engine, transaction


@pytest.fixture
def server(tmp_path: Path) -> Iterator[embedded.Embedded]:
    """Run a PostgreSQL that may be frozen."""
    running = embedded.start(tmp_path / "postgres")
    yield running
    running.stop()


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Freeze all of a PostgreSQL, as if its machine had vanished."""
    first = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    family = [psutil.Process(first), *psutil.Process(first).children(recursive=True)]
    for process in family:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in family:
            process.send_signal(signal.SIGCONT)


async def test_a_frozen_database_is_away(server: embedded.Embedded, tmp_path: Path) -> None:
    engine = open_engine(server.url, 1, command=0.5)
    try:
        async with transaction(engine) as tx:
            await tx.execute(text("SELECT 1"))
        with frozen(tmp_path / "postgres"):
            # The first is stopped at its command, the second cannot even connect.
            for _ in range(2):
                with pytest.raises(OperationalError) as caught:
                    async with transaction(engine) as tx:
                        await tx.execute(text("SELECT 1"))
                no = refusal_of(caught.value)
                assert isinstance(no, Unavailable)
                assert no.retry_after
        async with transaction(engine) as tx:
            assert (await tx.execute(text("SELECT 1"))).scalar_one() == 1
    finally:
        await engine.dispose()
