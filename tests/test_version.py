"""There is one version number, that of `pyproject.toml`; whoever is asked says it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from actors.runtime.identity import TokenVerifier
from actors.runtime.local import LocalBus
from actors.runtime.settings import Settings
from ops.asyncapi import document
from ops.door import open_door

ROOT = Path(__file__).parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_command_says_it() -> None:
    words = [sys.executable, "-m", "ops", "--version"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"ritmo {VERSION}\n"


def test_both_documents_say_it() -> None:
    bus = LocalBus()
    door = open_door(Settings(), bus, TokenVerifier(bus))
    assert door.openapi()["info"]["version"] == VERSION
    assert json.loads(document())["info"]["version"] == VERSION


def test_the_image_knows_it() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "!pyproject.toml" in ignored
