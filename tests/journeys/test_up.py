"""Starting and stopping Ritmo, as people do it."""

import asyncio
import signal
import socket
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
from sqlalchemy import text

from ops.supervisor import PARTS
from storage import embedded as cluster
from storage.session import open_engine
from tests.backends import free_port
from tests.journeys.running import PASSWORD, Up, gone, register, ritmo, until, up


def sentence_of(error: str) -> str:
    """Return what a command that failed says, without its name; it is one sentence."""
    assert "Traceback" not in error
    name, _, said = error.strip().partition(" ")
    assert name == "Ritmo:"
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_the_first_start_and_the_next(data: Path) -> None:
    with up(data, real=True) as first:
        said = first.said
        family = first.family()
        register(first.client, "ada@example.org")
        assert first.stop() == 0
        assert "everything is saved" in first.said
        until(lambda: gone(family), "all have ended")
    assert f"http://127.0.0.1:{first.port}/docs" in said
    assert str(data) in said
    assert "curl -X POST" in said
    assert "Ctrl-C stops Ritmo" in said
    with up(data) as second:
        words = {"email": "ada@example.org", "password": PASSWORD}
        assert second.client.post("/v1/auth/login", json=words).status_code == 200
        assert second.stop(signal.SIGTERM) == 0


def test_what_it_says_to_try_next_works(embedded: Up) -> None:
    words = {"email": "you@example.org", "password": "a long one, please", "zone": "Europe/Berlin"}
    for part in words.values():
        assert part in embedded.said
    assert embedded.client.post("/v1/auth/register", json=words).status_code == 201


def test_a_folder_in_use_is_refused(embedded: Up) -> None:
    data = embedded.output.parent / "data"
    again = ritmo("up", "--port", str(free_port()), data=data)
    assert again.returncode == 1
    assert "Another Ritmo runs on" in sentence_of(again.stderr)
    assert embedded.ready()


def test_a_port_in_use_is_refused(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words in ((), ("--amqp", "amqp://127.0.0.1:1/")):
            again = ritmo("up", "--port", port, *words, data=data)
            assert again.returncode == 1
            assert "port is in use" in sentence_of(again.stderr)
    assert not data.exists()


def test_any_free_port_will_do(data: Path) -> None:
    running = Up(data, port=0)
    try:
        until(lambda: "Ritmo is up" in running.said or running.process.poll(), "it is up")
        address = next(word for word in running.said.split() if word.startswith("http://"))
        assert httpx.get(f"{address}livez", trust_env=False).status_code == 200
    finally:
        assert running.stop() == 0


def test_a_newer_database_is_refused(data: Path) -> None:
    assert ritmo("migrate", data=data, real=True).returncode == 0

    async def grow(url: str) -> None:
        engine = open_engine(url, 1)
        async with engine.begin() as tx:
            await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await engine.dispose()

    server = cluster.start(data / "postgres")
    try:
        asyncio.run(grow(server.url))
    finally:
        server.stop()
    for words in (("up", "--port", str(free_port())), ("migrate",), ("user", "list")):
        refused = ritmo(*words, data=data)
        assert refused.returncode == 1
        assert "newer than this Ritmo" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_setting_that_makes_no_sense_is_refused(data: Path) -> None:
    refused = ritmo("up", data=data, port="many")
    assert refused.returncode == 1
    assert "RITMO_PORT" in sentence_of(refused.stderr)


def test_parts_do_not_outlive_what_they_were_forked_from(data: Path) -> None:
    running = Up(data, "--amqp", "amqp://127.0.0.1:1/", real=True)
    family: list[psutil.Process] = []

    def parts() -> list[psutil.Process]:
        found = running.parts(PARTS)
        return found if len(found) == len(PARTS) else []

    try:
        until(parts, "every part has begun")
        first = parts()
        (server,) = {part.ppid() for part in first}
        assert server != running.process.pid
        psutil.Process(server).kill()
        until(lambda: gone(first), "the parts have ended with it")
        until(parts, "every part has begun anew")
        second, family = parts(), running.family()
        running.process.kill()
        until(lambda: gone(second), "the parts have ended with their supervisor")
    finally:
        running.process.kill()
        running.process.wait()
        for one in family:  # the database
            with suppress(psutil.NoSuchProcess):
                one.kill()
