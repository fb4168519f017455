"""What the words of a Loop Habit Tracker export mean. Pure: zips are opened in `loop_zip.py`.

Loop's sources (`HabitsCSVExporter.kt`, `Entry.kt`, `Frequency.kt`) decide. Two header generations
of `Habits.csv` exist: since 2.3.1 with a type for each habit, before that without. What the rows
of days say is in `loop_rows.py`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from pydantic import ValidationError

from actors.habits.fit import (
    MAX_DAYS,
    MAX_NAME,
    MAX_QUESTION,
    MAX_TARGET,
    MAX_TEXT,
    MAX_UNIT,
    Changed,
    line,
    lines,
)
from contracts.habit import Target
from contracts.habits import CreateHabit
from contracts.message import Invalid
from contracts.schedule import EveryDay, Schedule, Times

_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_POSITION = re.compile(r"\d{1,6}", re.ASCII)

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}", re.ASCII)

_TYPED = {"type", "frequencynumerator", "frequencydenominator", "target type", "target value"}

_UNTYPED = {"numrepetitions", "interval"}

KNOWN = {
    *("position", "name", "question", "description", "color", "unit", "archived?"),
    *_TYPED,
    *_UNTYPED,
}
"""Columns that are read; what stands in others is counted as left out."""


class Definition(NamedTuple):
    """A row of `Habits.csv`: its cells by the lower-case name of their column."""

    position: int
    name: str
    cells: dict[str, str]

    @property
    def archived(self) -> bool:
        """Tell whether it is laid aside."""
        return self.cells.get("archived?", "").strip().lower() == "true"

    @property
    def typed(self) -> bool:
        """Tell whether Loop says itself what is measured (since 2.3.1)."""
        return "type" in self.cells


def definitions(rows: Iterable[list[str]]) -> Iterator[Definition]:
    """Read `Habits.csv`. Refuses with `Invalid` if it is not Loop's, or a position is unusable."""
    listed = iter(rows)
    header = [cell.strip().lower() for cell in next(listed, [])]
    needed = {"position", "name"} | (_TYPED if "type" in header else _UNTYPED)
    if header and _POSITION.fullmatch(header[0]):
        text = (
            "The first row of Habits.csv is not its header row (Position, Name, …); put it back, "
            "or export the file once more."
        )
        raise Invalid("import_without_header", text)
    if not needed <= set(header):
        text = "Habits.csv does not have the columns of a Loop Habit Tracker export."
        raise Invalid("import_unreadable", text)
    seen: set[int] = set()
    for row, values in enumerate(listed, start=2):
        cells = dict(zip(header, values + [""] * (len(header) - len(values)), strict=False))
        position = cells["position"].strip()
        if not _POSITION.fullmatch(position) or int(position) in seen:
            text = "Row {row} of Habits.csv has no position, or one that was there before."
            raise Invalid("import_unreadable", text, row=row)
        seen.add(int(position))
        yield Definition(int(position), cells["name"].strip(), cells)


def habit_of(definition: Definition, *, amounts: bool) -> tuple[CreateHabit, tuple[Changed, ...]]:
    """Turn a definition into a habit; `amounts` tells what is measured if Loop does not say it.

    What does not fit is changed so that it does, and told. Refuses with `Invalid`
    (`import_habit_unfit`) where that would make another habit of it.
    """
    cells, changes = definition.cells, list[Changed]()
    words: dict[str, object] = {"measure": "amount" if amounts else "yes_no"}
    try:
        times, days = _frequency(cells, changes)
        if definition.typed:
            words = _measured(cells, times, days, changes)
        made = CreateHabit.model_validate(
            {
                **texts_of(definition, changes),
                "colour": colour_of(cells.get("color", "")),
                "schedule": schedule_of(times, days),
                **words,
            }
        )
    except ValueError as error:
        raise unfit(definition.position, error) from None
    return made, tuple(changes)


def unfit(position: int, error: ValueError) -> Invalid:
    """Say why a habit cannot be made."""
    field, why = "frequency or target", str(error)
    if isinstance(error, ValidationError):
        wrong = error.errors(include_url=False, include_context=False)[0]
        field, why = str(wrong["loc"][0] if wrong["loc"] else field), wrong["msg"]
    text = "Habit {position} cannot be imported because of its {field}: {why}."
    return Invalid("import_habit_unfit", text, position=position, field=field, why=why)


def colour_of(text: str) -> str:
    """Return a colour, or none if it is written in another way."""
    return text.strip() if _COLOUR.fullmatch(text.strip()) else ""


def texts_of(definition: Definition, changes: list[Changed]) -> dict[str, str]:
    """Return the words of a habit, so that they fit; tell of what is lost."""
    cells = definition.cells
    name = line(definition.name, MAX_NAME) or shown("", definition.position)
    if name != definition.name.strip():
        changes.append(Changed("name_changed", {"most": MAX_NAME}))
    question = line(cells.get("question", ""), MAX_QUESTION)
    description = lines(cells.get("description", ""), MAX_TEXT)
    for field, most in (("question", MAX_QUESTION), ("description", MAX_TEXT)):
        if len(cells.get(field, "").strip()) > most:
            changes.append(Changed(f"{field}_cut", {"most": most}))
    return {"name": name, "question": question, "description": description}


def _frequency(cells: dict[str, str], changes: list[Changed]) -> tuple[int, int]:
    """Return how many times in how many days. Raises `ValueError`."""
    times = cells.get("frequencynumerator") or cells.get("numrepetitions") or ""
    days = cells.get("frequencydenominator") or cells.get("interval") or ""
    if not _INTEGER.fullmatch(times.strip()) or not _INTEGER.fullmatch(days.strip()):
        raise ValueError("the frequency is not a number of times in a number of days")
    if int(times) < int(days) > MAX_DAYS:
        params: dict[str, str | int | float] = {"days": int(days), "most": MAX_DAYS}
        changes.append(Changed("frequency_changed", params))
        days = str(MAX_DAYS)
    return int(times), int(days)


def schedule_of(times: int, days: int) -> Schedule:
    """Turn Loop's frequency into a schedule; 30 days are a month. Raises `ValueError`.

    More often than daily is daily: a day is done or not. Loop's "1 in n days" asks for one day in
    any n, and is not a rhythm of every nth day. Loop calls 31 days a month as well, but reckons
    with 31: they stay 31 days, so that the score stays Loop's.
    """
    if times < 1 or days < 1:
        raise ValueError("a frequency is at least once in at least one day")
    if times >= days:
        return EveryDay()
    if days == 7:
        return Times(times=times, per="week")
    if days == 30:
        return Times(times=times, per="month")
    return Times(times=times, per="days", days=days)


def _measured(
    cells: dict[str, str], times: int, days: int, changes: list[Changed]
) -> dict[str, object]:
    """Read what is measured, and the unit and target of amounts. Raises `ValueError`.

    The target carries the length of the window, so that the schedule stays daily. Ritmo has no
    target of nothing: at most 0 is quitting, at least 0 is any amount.
    """
    kind = cells["type"].strip().upper()
    if kind not in ("YES_NO", "NUMERICAL"):
        raise ValueError("its type is neither YES_NO nor NUMERICAL")
    if kind == "YES_NO":
        return {"measure": "yes_no"}
    way = cells["target type"].strip().upper()
    try:
        value = float(cells["target value"])
    except ValueError:
        raise ValueError("the target is not a number") from None
    if way not in ("AT_LEAST", "AT_MOST"):
        raise ValueError("the target is neither AT_LEAST nor AT_MOST")
    if not abs(value) <= MAX_TARGET:
        raise ValueError("the target is not a number up to a thousand million")
    unit = line(cells.get("unit", ""), MAX_UNIT)
    if len(cells.get("unit", "").strip()) > MAX_UNIT:
        changes.append(Changed("unit_cut", {"most": MAX_UNIT}))
    if value < 0:
        changes.append(Changed("target_dropped"))
    words: dict[str, object] = {"measure": "amount", "unit": unit, "schedule": EveryDay()}
    # Below a thousandth nothing can be logged.
    if value < 0.0005:
        return words | {"kind": "quit" if way == "AT_MOST" else "build"}
    per = {1: "day", 7: "week", 30: "month"}.get(1 if times >= days else days)
    at: Literal["least", "most"] = "least" if way == "AT_LEAST" else "most"
    target = {"at": at, "value": value, "per": per or "rolling", "days": None if per else days}
    return words | {"target": Target.model_validate(target)}


def _bare(names: list[str]) -> str:
    """Join names as the header of the root table does, without what a spreadsheet changes."""
    return re.sub(r'["\s]', "", ",".join(names))


def columns_of(header: list[str], row: list[str], names: list[str]) -> tuple[int, list[int | None]]:
    """Find each habit's column of the root table by its header and first row: how many, and which.

    0: it has none; None: it is not certain. Names are not quoted, so that a comma in one shifts
    the header, but not the rows; a header of just all names in their order is certain anyway.
    """
    titles, cells = ([cell.strip() for cell in line[1:]] for line in (header, row))
    titles, cells = (line[:-1] if line[-1:] == [""] else line for line in (titles, cells))
    if _bare(titles) == _bare(names):
        return len(names), list(range(1, len(names) + 1))
    if len(cells) != len(titles):
        return len(titles), [None] * len(names)
    known = all(title in names for title in titles)
    found = Counter(titles)
    once = {title: at for at, title in enumerate(titles, start=1) if found[title] == 1}
    return len(titles), [once.get(n, 0 if known and not found[n] else None) for n in names]


def shown(name: str, position: int) -> str:
    """Return a name that can be shown whatever Loop wrote: at most 200 plain characters."""
    plain = "".join(c for c in name if c.isprintable())[:200].strip()
    return plain or f"{position:03d}"
