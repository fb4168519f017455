"""The page that tells what is what in an export, in the language of whose it is."""

from collections.abc import Mapping
from datetime import datetime

from contracts.language import Language
from contracts.speech import say

TITLE = "What Ritmo holds of you"
WHEN = "Written at {at}."
WHAT = (
    "Here is all that every part of Ritmo holds of you: also what lies in the bin and what is laid "
    "aside. Secrets are left out: passwords, tokens, addresses of feeds, and what they are sealed "
    "with."
)
DATA = (
    "`data`: rows as JSON, one a line. Ritmo reads them back: send this file to POST /v1/me/import."
)
TABLES = "`tables`: the same rows for spreadsheets, as CSV in UTF-8."
CHARTS = "`charts`: pictures of your habits and moods ({pictures})."
ROWS = "Rows by part of Ritmo"
LOOP = (
    "Habits alone can be had as Loop Habit Tracker writes them, and the diary as Daylio does: "
    "POST /v1/me/export with `format`: `loop` or `daylio`."
)


def readme(language: Language, at: datetime, rows: Mapping[str, int], pictures: int) -> bytes:
    """Write the page, as Markdown."""

    def said(text: str, **params: object) -> str:
        return say(language, text, params)

    lines = [
        f"# {said(TITLE)}",
        "",
        said(WHEN, at=f"{at:%Y-%m-%d %H:%M} UTC"),
        "",
        said(WHAT),
        "",
        f"- {said(DATA)}",
        f"- {said(TABLES)}",
        f"- {said(CHARTS, pictures=pictures)}",
        "",
        said(LOOP),
        "",
        f"## {said(ROWS)}",
        "",
        *(f"- {said(room)}: {count}" for room, count in rows.items() if count),
        "",
    ]
    return "\n".join(lines).encode()
