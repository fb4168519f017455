"""The first command in a fresh clone: for root and for anybody, in folders closed to others."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.journeys.running import until

ROOT = Path(__file__).parent.parent.parent
NOBODY = 65534
PEOPLE = [None, NOBODY] if os.geteuid() == 0 else [None]
"""Whoever runs the tests; and if that is root, a plain person, too."""

SHIPPED = (
    "actors",
    "contracts",
    "gateway",
    "ops",
    "storage",
    "Makefile",
    "pyproject.toml",
    "requirements.lock",
)


@dataclass(frozen=True)
class Home:
    """A folder that is closed to others, with a clone in it; `user` None is who runs the tests."""

    folder: Path
    user: int | None
    python: Path

    @property
    def clone(self) -> Path:
        return self.folder / "ritmo"

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command in the clone, with what a bare login has in its environment."""
        path = f"{self.python.parent}:/usr/bin:/bin:/usr/sbin:/sbin"
        return subprocess.Popen(
            words,
            cwd=self.clone,
            env={"PATH": path, "HOME": str(self.folder), "LANG": "C.UTF-8"},
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "output").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def said(self) -> str:
        return (self.folder / "output").read_text(errors="replace")


def take(source: str, target: str) -> str:
    """Link a file where that can be done and read, else copy it."""
    try:
        if Path(source).stat().st_mode & 0o004:
            os.link(source, target, follow_symlinks=False)
            return target
    except OSError:
        pass
    shutil.copy2(source, target)
    Path(target).chmod(0o755)
    return target


def python_for(user: int | None) -> Path:
    """Find a Python of the version that runs this, which this person may run."""
    wanted = f"{sys.version_info[0]}.{sys.version_info[1]}"
    show = "import sys; print('%d.%d' % sys.version_info[:2])"
    for found in (Path(sys.executable).resolve().parent / "python3", Path("/usr/bin/python3")):
        try:
            told = subprocess.run(
                [found, "-c", show], user=user, group=user, cwd="/", capture_output=True, text=True
            )
        except OSError:
            continue
        if told.stdout.strip() == wanted:
            return found
    pytest.skip(f"there is no Python {wanted} that a plain user may run")


def packages(clone: Path, python: Path) -> None:
    """Put the packages of this environment into the clone, as `ops/setup` would have them."""
    there = clone / ".venv"
    subprocess.run([python, "-m", "venv", "--without-pip", there], check=True)
    (site,) = there.glob("lib/python*/site-packages")
    site.rmdir()
    here = sysconfig.get_path("purelib")
    shutil.copytree(here, site, copy_function=take, ignore=shutil.ignore_patterns("ritmo.pth"))
    (site / "ritmo.pth").write_text(f"{clone}\n")
    ritmo = there / "bin" / "ritmo"
    ritmo.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m ops "$@"\n')
    ritmo.chmod(0o755)
    mark = f'"{python}" -c "import sys; print(sys.version)"; cksum < requirements.lock; pwd'
    told = subprocess.run(mark, shell=True, cwd=clone, capture_output=True, text=True, check=True)
    (there / "ritmo-requirements.lock").write_text(" ".join(told.stdout.splitlines()) + "\n")


@pytest.fixture(params=PEOPLE, ids=lambda user: "as I am" if user is None else "plain user")
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="ritmo-home-"))
    try:
        found = Home(folder, request.param, python_for(request.param))
        found.clone.mkdir()
        for name in SHIPPED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, found.clone / name)
        packages(found.clone, found.python)
        if found.user is not None:
            for path in (folder, *folder.rglob("*")):
                if path.is_dir() and not path.is_symlink():
                    os.chown(path, found.user, found.user)
        yield found
    finally:
        shutil.rmtree(folder)


def test_the_first_command_works_in_a_closed_folder(home: Home) -> None:
    assert home.folder.stat().st_mode & 0o077 == 0, "nobody else may enter"
    process = home.start("make", "up", "ARGS=--port 0")
    try:
        until(lambda: "Ritmo is up" in home.said or process.poll() is not None, "it is up")
        assert "Ritmo is up" in home.said, home.said
        address = next(word for word in home.said.split() if word.startswith("http://"))
        assert httpx.get(f"{address}readyz", trust_env=False).json()["status"] == "ready"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    assert "everything is saved" in home.said
    data = home.folder / ".local" / "share" / "ritmo"
    assert (data / "postgres" / "data" / "PG_VERSION").exists()
