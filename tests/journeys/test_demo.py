"""The demo, as people run it."""

import io
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from ops.faults import CannotRun
from tests.journeys.running import PATIENCE, Up, gone, until
from tests.loop_zip import SKIP, YES_AUTO, YES_MANUAL, SomeHabit, loop_zip, some_days
from tests.show.running import settings
from tests.show.story import Story

ROOT = Path(__file__).parent.parent.parent
WIDE = {"COLUMNS": "160", "LANG": "C.UTF-8"}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of two habits, one of them not in Latin letters."""
    last = date(2026, 7, 4)
    habits = [
        SomeHabit("Chess", some_days(40, [YES_MANUAL, YES_AUTO, SKIP], last)),
        SomeHabit(
            "Чай",
            some_days(10, [1500, 2000], last),
            numeric=True,
            target=("AT_MOST", 2.0),
            unit="л",
        ),
    ]
    file = tmp_path / "export.zip"
    file.write_bytes(loop_zip(habits, own=True, root=True).read())
    return file


def test_both_shows_agree(export: Path) -> None:
    done = subprocess.run(
        [str(ROOT / "ops" / "demo"), str(export)],
        env=settings() | WIDE,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert said.count("Ritmo has stopped.") == 2
    for word in ("Chess", "Чай", "Drink water", "3 of 6 glasses", "embedded", "RabbitMQ"):
        assert word in said
    assert "Both shows agree" in said


def test_a_file_that_is_no_export_ends_the_story(embedded: Up) -> None:
    story = Story(embedded.client, Console(file=io.StringIO()), "UTC", email="ada@demo.example.org")
    with pytest.raises(CannotRun, match=r"^POST /v1/import: 422"):
        story.tell(b"dear diary")


def test_what_goes_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.show", str(tmp_path / "missing.zip")],
        env=settings() | WIDE,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "Demo: [Errno 2] No such file or directory" in done.stderr


APART = "from tests.show.__main__ import main; raise SystemExit(main([], both=False))"
"""The second half of the show, which leaves most to clean up."""


@pytest.mark.timeout(4 * PATIENCE)
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as writing:
        demo = subprocess.Popen(
            [sys.executable, "-c", APART],
            env=settings() | WIDE | {"TMPDIR": str(tmp_path)},
            stdout=writing,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: "Up at" in output.read_text() or demo.poll() is not None, "it is up")
        assert demo.poll() is None, output.read_text()
        family = psutil.Process(demo.pid).children(recursive=True)
        assert len(family) > 8
        demo.send_signal(signal.SIGINT)
        assert demo.wait(120) == 130, output.read_text()
    finally:
        demo.kill()
        demo.wait()
    until(lambda: gone(family), "all have ended")
    assert "nothing is left running" in output.read_text()
    assert [*tmp_path.iterdir()] == [output]
