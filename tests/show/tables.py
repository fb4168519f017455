"""Answers of the API as tables that people like to read."""

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]

MARKS = {
    "done": Text("✓ done", "green"),
    "partial": Text("◐ partly", "yellow"),
    "failed": Text("✗ missed", "red"),
    "skipped": Text("→ skipped", "cyan"),
}


def account(habits: list[Json]) -> Table:
    """Lay out what became of the rows of every habit: read = imported + derived + skipped."""
    table = Table("Habit", "Outcome", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Read", "Imported", "Derived", "Skipped"):
        table.add_column(column, justify="right")
    table.add_column("Why")
    for habit in habits:
        skipped: dict[str, int] = habit["skipped"]
        counts = (habit["read"], habit["imported"], habit["derived"], sum(skipped.values()))
        why = ", ".join(f"{reason.replace('_', ' ')}: {n}" for reason, n in skipped.items())
        table.add_row(Text(habit["name"]), habit["outcome"], *map(str, counts), Text(why))
    return table


def day_table(habits: list[Json]) -> Table:
    """Lay out a day: what is asked, what is logged, how far it has come, and how each stands."""
    table = Table("Habit", "When", "Today", "So far", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Streak", "Best", "Strength"):
        table.add_column(column, justify="right")
    for habit in habits:
        table.add_row(
            Text(habit["name"]),
            when(habit["schedule"]),
            standing(habit),
            progress(habit),
            str(habit["streak"]),
            str(habit["best_streak"]),
            f"{habit['score']:.0%}",
        )
    return table


def standing(habit: Json) -> Text:
    """Say what is logged, or asked for, on the day."""
    if habit["state"] is not None:
        return MARKS[habit["state"]]
    if habit["on_break"]:
        return Text("resting", "cyan")
    if habit["kind"] == "quit":
        return Text("✓ so far", "green")
    return Text("to do", "bold") if habit["due"] else Text("–", "dim")


def progress(habit: Json) -> str:
    """Say how far the day, week or month that counts has come."""
    if habit["kind"] == "quit":
        slips = habit["value"] or 0
        return f"{slips:g} slips"
    if habit["measure"] == "duration":
        return f"{habit['done'] / 60:g} of {habit['needed'] / 60:g} min"
    return f"{habit['done']:g} of {habit['needed']:g} {habit['unit']}".rstrip()


def when(schedule: Json) -> str:
    """Say when a habit is due."""
    match schedule["every"]:
        case "day":
            return "daily"
        case "weekdays":
            return ", ".join(day.capitalize() for day in schedule["days"])
        case "n_days":
            return f"every {schedule['n']} days"
        case "times":
            return times(schedule)
        case "month_days":
            days = ", ".join("last" if day == -1 else str(day) for day in schedule["days"])
            return f"day {days}"
        case "rule":
            return "by a rule"
        case other:
            return str(other)


def times(schedule: Json) -> str:
    """Say how often in which time a habit is due."""
    if schedule["per"] == "days":
        return f"{schedule['times']} × in {schedule['days']} days"
    return f"{schedule['times']} × a {schedule['per']}"
