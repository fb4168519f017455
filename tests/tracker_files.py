"""Synthetic files of Beaver Habits, Habitica, Habitify, HabitTrove and Table Habit."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime

Row = tuple[object, ...]
HABITIFY = ("Habit", "Date", "Total log", "Unit", "Status", "Habit ID")


def json_of(value: object) -> bytes:
    """Write a document."""
    return json.dumps(value, ensure_ascii=False).encode()


def beaver(*habits: dict[str, object]) -> bytes:
    """Make an export of Beaver Habits."""
    about = {"user_email": "ada@example.org", "exported_at": "2024-03-05 10:00:00"}
    return json_of(about | {"habits": list(habits)})


def beaver_habit(name: str, *records: Row, **more: object) -> dict[str, object]:
    """Make a habit of it; a record is a day, a tick and a note."""
    listed = [dict(zip(("day", "done", "text"), one, strict=False)) for one in records]
    return {"name": name, "records": listed} | more


def habitica(
    dailys: Iterable[dict[str, object]] = (),
    habits: Iterable[dict[str, object]] = (),
    **more: object,
) -> bytes:
    """Make user data of Habitica, with the keys that it holds."""
    tasks = {"dailys": list(dailys), "habits": list(habits), "todos": [{}, {}], "rewards": [{}]}
    account = {"_id": "1", "achievements": {}, "apiToken": "hush", "auth": {"local": {}}}
    prefers = {"dayStart": 3, "timezoneOffset": -120, "language": "en"}
    return json_of(account | {"preferences": prefers, "tasks": tasks} | more)


def millis(text: str) -> int:
    """Return what stands for an instant of UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def habitify(rows: Iterable[Row], header: Row = HABITIFY) -> bytes:
    """Make a CSV export of Habitify."""
    held = io.StringIO(newline="")
    table = csv.writer(held)
    table.writerow(header)
    table.writerows(rows)
    return held.getvalue().encode("utf-8-sig")


def habittrove(*habits: dict[str, object]) -> bytes:
    """Make the habits of HabitTrove."""
    plain = {"description": "", "frequency": "FREQ=DAILY", "coinReward": 10, "completions": []}
    return json_of({"habits": [{"id": str(n), **plain, **one} for n, one in enumerate(habits)]})


def table_habit(*habits: dict[str, object], groups: Iterable[dict[str, object]] = ()) -> bytes:
    """Make an export of Table Habit."""
    plain = {"type": 1, "status": 1, "daily_goal": 1, "daily_goal_unit": "", "freq_type": 3}
    plain |= {"freq_custom": "[1,1]", "start_date": 19783, "target_days": 66}
    return json_of({"habits": [{**plain, **one} for one in habits], "groups": list(groups)})


def table_records(*records: Row) -> list[dict[str, object]]:
    """Make records of it; each is a day, a type, a value and a reason."""
    names = ("record_date", "record_type", "record_value", "reason")
    return [dict(zip(names, (_epoch(day), *rest), strict=False)) for day, *rest in records]


def _epoch(day: object) -> object:
    return (day - date(1970, 1, 1)).days if isinstance(day, date) else day
