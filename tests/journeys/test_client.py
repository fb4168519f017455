"""A client that is generated from the OpenAPI document works with a real Ritmo."""

import json
import shutil
import subprocess
import sys
import venv
import zlib
from pathlib import Path

import pytest

from tests.journeys.running import PASSWORD, Up
from tests.show.running import settings

HERE = Path(__file__).parent / "client"
LOCK = HERE / "requirements.lock"


def run(*words: object, folder: Path | None = None) -> str:
    """Run a program in a folder, from which Python also imports; return all that it says."""
    done = subprocess.run(
        [str(word) for word in words],
        env=settings() | {"PYTHONPATH": str(folder or "")},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


@pytest.fixture(scope="module")
def python() -> Path:
    """Make the environment of the generator, once for each lock, and return its Python."""
    folder = Path(sys.prefix) / f"client-{zlib.crc32(LOCK.read_bytes()):08x}"
    ready, python = folder / "ready", folder / "bin" / "python"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = (python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input")
        run(*pip, "--require-hashes", "-r", LOCK)
        ready.touch()
    return python


@pytest.mark.timeout(600)
def test_a_generated_client_has_a_day(embedded: Up, python: Path, tmp_path: Path) -> None:
    address = str(embedded.client.base_url)
    (tmp_path / "openapi.json").write_bytes(embedded.client.get("/openapi.json").content)
    said = run(
        python.parent / "openapi-python-client",
        *("generate", "--path", "openapi.json", "--output-path", "generated"),
        *("--config", HERE / "config.yml", "--fail-on-warning"),
        folder=tmp_path,
    )
    assert "warning" not in said.lower()

    words = (HERE / "day.py", address, "generated@example.org", PASSWORD)
    told = json.loads(run(python, *words, folder=tmp_path / "generated"))

    assert (told["me"]["zone"], told["me"]["day_start"]) == ("Asia/Tokyo", "00:00")
    assert told["listed"] == told["made"] == told["again"]
    assert told["schedules"] == [
        *("EveryDay", "EveryDay", "EveryDay", "Weekdays", "EveryNDays", "Times", "MonthDays"),
        *("NthWeekday", "Yearly", "Rule", "EveryDay", "EveryDay"),
    ]
    assert told["kinds"] == ["build", "quit"]
    assert told["measures"] == ["amount", "count", "duration", "yes_no"]
    assert told["renamed"] == "Walk"
    assert told["bare"]["state"] == told["logged"]["state"] == "done"
    assert (told["more"]["value"], told["more"]["state"]) == (3, "partial")
    shown = {one["name"]: one for one in told["today"]["habits"]}
    assert shown["Walk"]["state"] is None
    assert shown["Read"]["note"] == "ten pages"
    assert (shown["Water"]["done"], shown["Water"]["needed"]) == (3, 8)
    assert sorted(one["value"] for one in told["days"]) == [1, 3]
    assert (told["missing"]["status"], told["missing"]["code"]) == (404, "habit_not_found")
    assert [one["pointer"] for one in told["wrong"]["errors"]] == ["/name"]
