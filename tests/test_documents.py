"""Documents tell of all there is, and of nothing that is not: settings, commands, links."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from actors.runtime.settings import Settings
from ops.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
COMPOSE = set(re.findall(r"RITMO_[A-Z_]+", (ROOT / "compose.yaml").read_text()))
"""Settings of compose.yaml, some of which Ritmo itself never sees."""


def commands(group: object, before: str = "ritmo") -> Iterator[str]:
    """Name every command that does something."""
    below = getattr(group, "commands", {})
    for name, command in below.items():
        yield from commands(command, f"{before} {name}")
    if not below:
        yield before


def settings() -> set[str]:
    return {f"RITMO_{name.upper()}" for name in Settings.model_fields}


def test_the_readme_has_a_row_for_every_setting() -> None:
    rows = re.findall(r"^\| (`RITMO_.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"RITMO_[A-Z_]+", row)} == settings()


def test_no_page_names_a_setting_that_is_none() -> None:
    named = {
        (page.name, name)
        for page in PAGES
        for name in re.findall(r"RITMO_[A-Z_]+", page.read_text())
    }
    assert {(page, name) for page, name in named if name not in settings() | COMPOSE} == set()


def test_commands_are_told_of_one_by_one() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    told = set(re.findall(r"^\| `(ritmo .*?)` \|", page, re.MULTILINE))
    assert told == {*commands(typer.main.get_command(app))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) + re.findall(r'src="([^":]+)"', text)
    assert [one for one in targets if not (page.parent / one).exists()] == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


def test_the_glossary_has_the_words_of_the_project() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()
    words = ["room", "ask", "fact", "job", "refusal", "courier", "clock", "parked"]
    assert re.findall(r"^\| \*\*(\w+)\*\* \|", text, re.MULTILINE) == words


def test_the_picture_is_a_small_one() -> None:
    picture = (ROOT / "docs" / "habit.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) <= 100_000
