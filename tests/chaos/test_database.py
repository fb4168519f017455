"""The database that Ritmo brings along dies, freezes, or dies for good, while people use it."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import text

from storage import embedded
from storage.session import open_engine
from tests.journeys.running import Up, register, until, up


def server_of(data: Path) -> psutil.Process:
    """Find the first process of the database."""
    return psutil.Process(
        int((data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    )


def kill_server(data: Path) -> None:
    server_of(data).kill()


def kill_backend(data: Path) -> None:
    """Kill one that serves a connection; PostgreSQL ends all others, too, and recovers."""
    serving = [one for one in server_of(data).children() if "[local]" in " ".join(one.cmdline())]
    serving[0].kill()


class Diary:
    """Somebody who adds habits, and keeps what was confirmed."""

    def __init__(self, running: Up) -> None:
        self.client = running.client
        self.headers = register(running.client, "ada@example.org")
        self.asked: list[str] = []
        self.confirmed: list[str] = []

    def add(self) -> httpx.Response:
        """Add a habit: it is confirmed, or refused for now with a time to come back."""
        name = f"Habit {len(self.asked)}"
        self.asked.append(name)
        answer = self.client.post("/v1/habits", json={"name": name}, headers=self.headers)
        if answer.status_code == 201:
            self.confirmed.append(name)
        else:
            assert answer.status_code in (503, 504), answer.text
            assert int(answer.headers["Retry-After"]) >= 1
        return answer

    def kept(self) -> list[str]:
        found: list[str] = []
        query: dict[str, str] = {}
        while True:
            page = self.client.get("/v1/habits", params=query, headers=self.headers).json()
            found += [habit["name"] for habit in page["habits"]]
            if not page.get("next"):
                return found
            query = {"cursor": page["next"]}


@pytest.mark.parametrize("die", [kill_server, kill_backend])
def test_a_database_that_dies_is_started_again(data: Path, die: Callable[[Path], None]) -> None:
    with up(data) as running:
        diary = Diary(running)
        assert diary.add().status_code == 201
        die(data)
        until(lambda: diary.add().status_code != 201, "it is noticed")
        until(lambda: diary.add().status_code == 201, "it is back")
        until(running.ready, "Ritmo is ready again")
        kept = diary.kept()
        assert len(set(kept)) == len(kept)
        assert set(diary.confirmed) <= set(kept) <= set(diary.asked)
        assert running.stop() == 0


def test_a_database_that_freezes_goes_on_when_it_thaws(data: Path) -> None:
    with up(data) as running:
        diary = Diary(running)
        family = [server := server_of(data), *server.children()]
        for one in family:
            one.suspend()
        assert diary.add().status_code == 504
        assert running.client.get("/readyz").json()["parts"]["database"] == "away"
        for one in family:
            one.resume()
        until(running.ready, "Ritmo is ready again")
        assert diary.add().status_code == 201


def test_a_database_that_cannot_be_started_ends_ritmo_with_a_sentence(data: Path) -> None:
    running = Up(data)
    try:
        until(running.ready, "Ritmo is ready")
        shutil.rmtree(data / "postgres" / "data" / "global")
        os.kill(server_of(data).pid, signal.SIGKILL)
        assert running.process.wait(60) == 1
    finally:
        running.stop()
    said = running.said.strip().splitlines()[-1]
    assert said.startswith("Ritmo: PostgreSQL ended 6 times in a row: ")
    assert said.endswith("postgres.log. Ritmo has stopped.")
    assert "Traceback" not in running.said


def test_a_database_that_takes_no_changes_says_so_until_it_does(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data) as running:
        diary = Diary(running)
        diary.add()
        set_read_only(data, "on")
        until(lambda: diary.add().status_code == 503, "it takes no changes")
        answer = diary.add()
        assert (answer.status_code, answer.json()["code"]) == (503, "database_read_only")
        assert diary.kept() == diary.confirmed  # it can still be read
        until(lambda: running.client.get("/readyz").status_code == 503, "it is not ready")
        seen = running.client.get("/readyz", headers={"Accept-Language": "en"})
        assert "The database takes no changes" in seen.text
        set_read_only(data, "off")
        until(lambda: diary.add().status_code == 201, "it takes changes")
        until(lambda: running.client.get("/readyz").status_code == 200, "it is ready")
        assert diary.kept() == diary.confirmed


def set_read_only(data: Path, value: str) -> None:
    """Have the database of a data folder take changes, or not, on every connection at once."""
    url = embedded.connect_url(data / "postgres")
    assert url is not None

    async def alter() -> None:
        engine = open_engine(url, 1)
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(
                text(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
            )
            await connection.execute(text("SELECT pg_reload_conf()"))
        await engine.dispose()

    asyncio.run(alter())
