"""The steps of README.md by which a room is added, followed word by word."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from storage.migrations import head

ROOT = Path(__file__).parent.parent.parent
SECTION = re.compile(r"^### Add a room in four steps\n(.*?)^## ", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^\*\*(\d)\. ", re.MULTILINE)
BLOCK = re.compile(r"^([^\n]+):\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""What a block is for, what is in it, and its text."""

WRITE = re.compile(r"Write `([^`]+)`.*")
APPEND = re.compile(r"At the end of `([^`]+)`")
BELOW = re.compile(r"Below `([^`]+)` in `([^`]+)`")
RUN = re.compile(r"Then .*")


def section() -> str:
    """Return what README.md says of adding a room."""
    found = SECTION.search((ROOT / "README.md").read_text())
    assert found is not None, "README.md says how to add a room"
    return found[1]


def copied(folder: Path) -> Path:
    """Copy the project without what is hidden; what was compiled comes along."""
    tree = folder / "ritmo"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info"))
    (tree / ".venv").symlink_to(sys.prefix)
    return tree


def follow(tree: Path) -> list[str]:
    """Do in a copy of the project what the steps say, and no more; return the files written."""
    text = section()
    assert STEP.findall(text) == ["1", "2", "3", "4"]
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("```") // 2, "every block says what it is for"
    return [path for block in blocks for path in done(tree, *block)]


def done(tree: Path, purpose: str, kind: str, text: str) -> list[str]:
    """Do what one block says; return the file that was written, if one was."""
    text = text.replace("NNNN", f"{int(head()) + 1:04}").replace("MMMM", head())
    if found := WRITE.fullmatch(purpose):
        path = tree / found[1].replace("NNNN", f"{int(head()) + 1:04}")
        assert not path.exists()
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return [str(path.relative_to(tree))]
    if found := APPEND.fullmatch(purpose):
        path = tree / found[1]
        path.write_text(f"{path.read_text()}\n{text}")
    elif found := BELOW.fullmatch(purpose):
        path = tree / found[2]
        before, line, after = path.read_text().partition(f"\n{found[1]}\n")
        assert line, purpose
        path.write_text(f"{before}{line}{text}{after}")
    else:
        assert RUN.fullmatch(purpose), purpose
        assert kind == "sh", purpose
        for command in text.splitlines():
            run(tree, *command.split())
    return []


def run(tree: Path, *words: str, well: bool = True) -> str:
    """Run a command in a copy of the project; return what it says."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("RITMO_")}
    told = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False, env=env)
    assert (told.returncode == 0) is well, f"{' '.join(words)}\n{told.stdout}\n{told.stderr}"
    return told.stdout


def pytest(tree: Path, *words: str, well: bool = True) -> str:
    """Run tests of a copy of the project; return what they say."""
    quiet = ("-n0", "-q", "-p", "no:cacheprovider")
    return run(tree, sys.executable, "-m", "pytest", *quiet, *words, well=well)
