"""The table of ASVS in docs/security.md is whole, and names what is there."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()
SECTION = PAGE[PAGE.index("\n## ASVS") :]

CHAPTERS = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
    17: 7,
}
"""Requirements of levels 1 and 2 in each chapter of ASVS 5.0."""

LEVEL_1 = 70
APART = "–"
"""Stands for what does not apply."""


class Row(NamedTuple):
    """A row of the table."""

    numbers: list[str]
    level: str
    asked: str
    holds: str
    where: str
    test: str


def rows() -> list[Row]:
    """Read the table."""
    found = []
    for line in re.findall(r"^\| (\d.*) \|$", SECTION, re.MULTILINE):
        numbers, *others = (cell.strip() for cell in f"{line} ".split("|"))
        found.append(Row(numbers.split(", "), *others))
    return found


def test_every_requirement_has_its_row() -> None:
    numbers = [number for row in rows() for number in row.numbers]
    assert [number for number, times in Counter(numbers).items() if times > 1] == []
    assert Counter(int(number.split(".")[0]) for number in numbers) == CHAPTERS
    assert sum(len(row.numbers) for row in rows() if row.level == "1") == LEVEL_1
    assert {row.level for row in rows()} == {"1", "2"}


def test_every_row_says_where_or_why_not() -> None:
    for row in rows():
        assert row.holds in ("yes", "partly", "no", "operator", APART), row
        assert row.asked, row
        assert row.where, row
        assert row.holds != APART or not row.test, row


def test_every_file_that_is_named_is_there() -> None:
    named = {
        name
        for row in rows()
        for name in re.findall(r"`([\w./-]+/[\w./-]+)`", row.where + row.test)
        if not name.startswith("/")
    }
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_sum_is_that_of_the_rows() -> None:
    held: Counter[str] = Counter()
    for row in rows():
        held[row.holds] += len(row.numbers)
    applies = sum(held.values()) - held[APART]
    tested = sum(len(row.numbers) for row in rows() if "`tests/" in row.test)
    said = [int(number) for number in re.findall(r"\d+", SECTION.split("###")[0])]
    wanted = [sum(CHAPTERS.values()), applies, held["yes"], held["partly"], held["no"]]
    assert said[-7:] == [*wanted, held["operator"], tested]
