"""Whatever a person writes, a spreadsheet that opens the table sees a text."""

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.analytics_upkeep import LoggedFact
from contracts.spreadsheet import csv_of, harmless
from gateway.sheets import Csv

RISKY = "=+-@"
WORDS = st.text(
    st.sampled_from("=+-@＝＋－＠﹣−;,\t\r\n\"' \u200b\ufeff\u00a0\u2028a1!|") | st.characters(),
    max_size=20,
)


def evaluated(cell: str) -> bool:
    """Tell whether a spreadsheet may take a cell for a formula, whatever it skips before it."""
    for letter in cell:
        seen = unicodedata.normalize("NFKC", letter)
        if seen.strip() and unicodedata.category(letter) not in ("Cf", "Cc", "Mn"):
            return seen[0] in RISKY + "−"
    return False


@given(WORDS)
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert not evaluated(harmless(text))


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_no_cell_does_however_the_lines_are_split(cells: list[str]) -> None:
    (line,) = csv.reader(io.StringIO(csv_of([["x", *cells, "y"]]), newline=""))
    assert not any(evaluated(cell) for cell in line)
    assert [cell.replace("'", "") for cell in line[1:-1]] == [c.replace("'", "") for c in cells]
    for cell in line:
        for part in cell.replace("\r", "\n").replace("\t", "\n").replace(";", "\n").split("\n"):
            assert not evaluated(part)


@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=20))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text or text != text.strip()


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1+1", " =1", "\u3000=1", "\x00=1"),
        *(
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
            "﹦1",
            "−1",
            "\ufeff=1",
            "\u200b=1",
            "\u2060\u00ad=1",
        ),
        *("\tx", "\nx", "\u2028=1", "\u3164=1", "\u2800+1", "\xa0=cmd|' /C calc'!A0"),
    ],
)
def test_what_is_risky_gets_an_apostrophe(text: str) -> None:
    assert harmless(text).startswith("'")


def test_numbers_truths_and_nothing_are_cells() -> None:
    assert csv_of([[-1, 0.5, True, False, None, "a,b"]]) == '-1,0.5,true,false,,"a,b"\r\n'


def test_json_in_a_cell_stays_json() -> None:
    said = {"fact": "habits.changed", "name": "a;=1", "tags": ["x;-1", "=2"], "habit_id": "1"}
    fact = LoggedFact.model_validate(
        {
            "fact": "habits.habit_changed",
            "fact_id": "01900000-0000-7000-8000-000000000000",
            "occurred_at": "2026-01-01T00:00:00Z",
            "version": 1,
            "body": said,
        }
    )
    lines = csv.DictReader(io.StringIO((Csv().head() + Csv().page([fact])).decode(), newline=""))
    (line,) = lines
    assert json.loads(line["tags"]) == said["tags"]
    assert json.loads(line["rest"])["name"] == "a;=1"
    assert ";" not in line["tags"] + line["rest"]
