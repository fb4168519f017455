"""What is shipped: the wheel holds all that Ritmo needs to run, and nothing that it does not."""

from pathlib import Path

import pytest

from tests.wheel import PACKAGES, ROOT, build, held

WORKSHOP = ("storage/migrations/script.py.mako",)
"""What only whoever works on Ritmo needs."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in a wheel, but for what describes it."""
    return {
        name for name in held(build(tmp_path_factory.mktemp("wheel"))) if ".dist-info/" not in name
    }


def kept(folder: str) -> set[str]:
    """What lies in a folder of the checkout."""
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_nothing_of_the_workshop_is_shipped(files: set[str]) -> None:
    assert {name.split("/")[0] for name in files} == set(PACKAGES)
    words = ("test", "bench", "baseline", "yardstick", "backends")
    assert not [name for name in files if any(word in Path(name).stem for word in words)]


def test_all_that_runs_is_shipped(files: set[str]) -> None:
    code = {name for folder in PACKAGES for name in kept(folder) if name.endswith(".py")}
    assert code - files == set()


@pytest.mark.parametrize(
    ("folder", "example"),
    [
        ("contracts", "contracts/locale/ru/LC_MESSAGES/ritmo.po"),
        ("gateway", "gateway/web/files/style.css"),
        ("actors", "actors/notifications/templates/letter.html"),
        ("storage", "storage/migrations/versions/0001_first_tables.py"),
    ],
)
def test_what_lies_beside_the_code_is_shipped(files: set[str], folder: str, example: str) -> None:
    assert example in files
    assert kept(folder) - files - {*WORKSHOP} == set()
