"""Processes that are forked from one that has loaded everything."""

import asyncio
import multiprocessing
import multiprocessing.util
import os
import tempfile
from pathlib import Path

import pytest

from ops import fork
from tests.show.running import settings


async def test_the_loop_goes_on_while_a_part_starts() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    process = await fork.start(("--version",), os.environ)
    assert turns > 1
    assert await fork.ended(process) == 0
    turning.cancel()


async def test_a_part_whose_start_is_called_off_ends() -> None:
    before = {*multiprocessing.active_children()}
    environment = settings(port="0", amqp_url="amqp://127.0.0.1:1/")
    starting = asyncio.create_task(fork.start(("gateway",), environment))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with asyncio.timeout(60):
        while {*multiprocessing.active_children()} - before:
            await asyncio.sleep(0.01)


def test_a_long_folder_for_temporary_files_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, seen = str(tmp_path / ("x" * fork.LONGEST_FOLDER)), list[str]()
    make = multiprocessing.util.get_temp_dir

    def look() -> str:
        seen.append(tempfile.gettempdir())
        return str(make())

    monkeypatch.setattr(multiprocessing.util, "get_temp_dir", look)
    monkeypatch.setattr(tempfile, "tempdir", chosen)
    process = fork.context().Process(target=int)
    fork.launch(process)
    assert fork.bury(process) == 0
    assert seen[0] == "/tmp"
    assert tempfile.gettempdir() == chosen
