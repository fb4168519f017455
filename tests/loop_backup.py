"""Synthetic backups of Loop Habit Tracker, in every schema from 12 on, and exports of HabitBull."""

import csv
import io
import sqlite3
from collections.abc import Iterable
from datetime import date, timedelta

from tests.loop_zip import YES_MANUAL, SomeHabit

_DAY = 24 * 3600 * 1000
HABITBULL = (
    *("HabitName", "HabitDescription", "HabitCategory"),
    *("CalendarDate", "Value", "CommentText"),
)


def millis(day: date) -> int:
    """Return what stands for a day: the milliseconds until it began in UTC."""
    return (day - date(1970, 1, 1)) // timedelta(days=1) * _DAY


def loop_database(
    habits: list[SomeHabit], schema: int = 25, colours: Iterable[int] = (), *more: str
) -> bytes:
    """Make a backup of a schema; `colours` are written as they are, `more` is executed last."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    upper = schema < 20  # names were written in either case
    table = str.title if upper else str.lower
    columns = ["id integer primary key", "archived", "color", "description", "freq_den"]
    columns += ["freq_num", "highlight", "name", "position", "reminder_hour", "reminder_min"]
    columns += ["reminder_days"]
    columns += ["type"] if schema >= 16 else []
    columns += ["target_type", "target_value", "unit"] if schema >= 18 else []
    columns += ["question"] if schema >= 23 else []
    columns += ["uuid"] if schema >= 24 else []
    if upper:
        columns[0] = "Id integer primary key"
    days = ["habit", "timestamp"] + ["value"] * (schema >= 16) + ["notes"] * (schema >= 25)
    connection.execute(f"CREATE TABLE {table('habits')} ({', '.join(columns)})")
    connection.execute(f"CREATE TABLE {table('repetitions')} (id integer, {', '.join(days)})")
    painted = dict(enumerate(colours, start=1))
    for position, one in enumerate(habits, start=1):
        cells: dict[str, object] = {
            "id": position * 7,
            "archived": int(one.archived),
            "color": painted.get(position, 0),
            "description": one.description if schema >= 23 else one.question,
            "freq_num": one.frequency[0],
            "freq_den": one.frequency[1],
            "name": one.name,
            "position": position - 1,
            "type": int(one.numeric),
            "target_type": int(one.target[0] == "AT_MOST"),
            "target_value": one.target[1],
            "unit": one.unit,
            "question": one.question,
        }
        names = [column.split()[0] for column in columns]
        values = [cells.get(name.lower()) for name in names]
        marks = ", ".join("?" * len(names))
        connection.execute(f"INSERT INTO habits ({', '.join(names)}) VALUES ({marks})", values)
        for day in sorted({*one.values, *one.notes}):
            code = one.values.get(day, -1)
            if schema < 16 and code != YES_MANUAL:
                continue
            said = {"habit": position * 7, "timestamp": millis(day), "value": code}
            said["notes"] = one.notes.get(day, "")  # type: ignore[assignment]
            row = [said[name] for name in days]
            marks = ", ".join("?" * len(days))
            connection.execute(f"INSERT INTO repetitions ({', '.join(days)}) VALUES ({marks})", row)
    for statement in more:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {schema}")
    data = connection.serialize()
    connection.close()
    return data


def habitbull(rows: Iterable[tuple[object, ...]], header: tuple[str, ...] = HABITBULL) -> bytes:
    """Make an export of HabitBull: name, description, category, date, value, comment."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
