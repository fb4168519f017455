"""The import rules hold for whatever is added: a made-up room is judged without being named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("contracts", "storage", "actors", "gateway", "ops")

CLEAN = {
    "actors/goals/__init__.py": '"""Goals."""\n',
    "actors/goals/domain.py": "from datetime import date\nfrom contracts.message import Refused\n",
    "actors/goals/handlers.py": (
        "from actors.goals import domain\n"
        "from actors.runtime.room import Room\n"
        "from contracts.message import Fact\n"
        "from storage import goals\n"
        "from storage.session import transaction\n"
    ),
    "storage/goals.py": "from sqlalchemy import text\nfrom storage.base import metadata\n",
    "gateway/goals.py": "from fastapi import APIRouter\nfrom contracts.message import Reply\n",
}
"""A made-up room that keeps to the rules: which file holds what."""

WRONGS = (
    # A room imports another, a file of another, another inside a function; a room imports it.
    ("actors/goals/handlers.py", "from actors.habits import plans", "actors.habits.plans"),
    ("actors/goals/reports.py", "import actors.users.domain", "actors.users.domain"),
    (
        "actors/goals/late.py",
        "def f():\n    from actors.auth import password_hashes",
        "actors.auth.password_hashes",
    ),
    ("actors/users/goals.py", "from actors.goals import handlers", "actors.goals.handlers"),
    ("actors/runtime/shortcut.py", "from actors.goals import domain", "actors.goals.domain"),
    # One package knows RabbitMQ.
    ("actors/goals/app.py", "from faststream import FastStream", "faststream"),
    ("actors/goals/queue.py", "import aio_pika.abc", "aio_pika"),
    ("actors/runtime/extra.py", "import faststream", "faststream"),
    ("storage/queue.py", "import faststream", "faststream"),
    ("gateway/queue.py", "from aio_pika import connect", "aio_pika"),
    # Domains are pure, be they a file or a package.
    ("actors/goals/domain.py", "from storage import goals", "storage.goals"),
    ("actors/plans/domain/rule.py", "import sqlalchemy", "sqlalchemy"),
    # Each layer knows those below.
    ("gateway/goals.py", "from storage import goals", "storage.goals"),
    ("gateway/plans.py", "from actors.goals import domain", "actors.goals.domain"),
    ("storage/goals.py", "from actors.goals import reports", "actors.goals.reports"),
    ("contracts/goals.py", "from storage import base", "storage.base"),
    ("contracts/plans.py", "import fastapi", "fastapi"),
    ("actors/goals/tools.py", "from ops import cli", "ops.cli"),
)
"""What may be wrong: in which file, with which line, and what is imported."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code, with a clean made-up room in it."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__", "locale", "*.md")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, text in CLEAN.items():
        write(tmp_path / name, text)
    return tmp_path


def write(path: Path, text: str) -> None:
    """Add to a file; make it, and the packages around it, where they are missing."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(exist_ok=True)
        folder.joinpath("__init__.py").touch()
    with path.open("a") as file:
        file.write(f"{text}\n")


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Check the import rules of a tree."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_clean_made_up_room_passes(tree: Path) -> None:
    done = lint(tree)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_what_is_wrong_is_seen(tree: Path) -> None:
    for name, line, _ in WRONGS:
        write(tree / name, line)
    said = lint(tree)
    assert said.returncode == 1
    broken = " ".join(said.stdout.split())
    assert "0 kept" in broken, said.stdout
    unseen = [
        f"{name}: {line}"
        for name, line, imported in WRONGS
        if f"{name.removesuffix('.py').replace('/', '.')} -> {imported} " not in broken
    ]
    assert not unseen, said.stdout
