"""A day with the generated client, in its own environment; tells what it read, as JSON.

`python day.py ADDRESS EMAIL PASSWORD`. Everything here goes through models of the client: one that
the generator had dropped, or could not read, would end it.
"""

import json
import sys
from typing import TypeVar
from uuid import UUID

from ritmo_client import AuthenticatedClient, Client
from ritmo_client.api.accounts import register
from ritmo_client.api.check_ins import check_in, increment, list_all_check_ins, remove_check_in
from ritmo_client.api.habits import create_habit, get_habit, list_habits, update_habit
from ritmo_client.api.people import get_me
from ritmo_client.api.today import get_today
from ritmo_client.models import (
    Addition,
    CheckedIn,
    DayLog,
    EveryDay,
    EveryNDays,
    Habit,
    HabitChanges,
    HabitKind,
    HabitMeasure,
    Habits,
    MonthDays,
    NewAccount,
    NewHabit,
    NewHabitKind,
    NewHabitMeasure,
    NthWeekday,
    NthWeekdayNth,
    NthWeekdayWeekday,
    Opened,
    Person,
    Problem,
    Rule,
    Target,
    TargetAt,
    TargetPer,
    Times,
    Today,
    Weekdays,
    WeekdaysDaysItem,
    Yearly,
)

Model = TypeVar("Model")

COUNT = NewHabitMeasure.COUNT
AMOUNT, DURATION = NewHabitMeasure.AMOUNT, NewHabitMeasure.DURATION

HABITS = [
    NewHabit("Plain"),
    NewHabit("Read", schedule=EveryDay("day"), tags=["mind"], colour="#3366cc", question="Read?"),
    NewHabit("Water", measure=COUNT, target=Target(8)),
    NewHabit(
        "Run",
        measure=AMOUNT,
        unit="km",
        target=Target(15, per=TargetPer.WEEK),
        schedule=Weekdays("weekdays", [WeekdaysDaysItem.MON, WeekdaysDaysItem.THU]),
    ),
    NewHabit("Sit", measure=DURATION, target=Target(600), schedule=EveryNDays("n_days", 2)),
    NewHabit("Gym", schedule=Times("times", 3)),
    NewHabit("Rent", schedule=MonthDays("month_days", [1, -1])),
    NewHabit("Club", schedule=NthWeekday("nth_weekday", NthWeekdayWeekday.TUE, NthWeekdayNth(2))),
    NewHabit("Dentist", schedule=Yearly("year", 2, 29)),
    NewHabit("Report", schedule=Rule("rule", "FREQ=MONTHLY;BYMONTHDAY=-1")),
    NewHabit("No smoking", kind=NewHabitKind.QUIT),
    NewHabit(
        "Coffee",
        kind=NewHabitKind.QUIT,
        measure=COUNT,
        target=Target(14, at=TargetAt.MOST, per=TargetPer.ROLLING, days=7),
    ),
]
"""Every kind, every measure, every schedule, every sort of target."""


def is_a(kind: type[Model], found: object) -> Model:
    """Return what was answered if it is of this model; else end with it."""
    if not isinstance(found, kind):
        raise SystemExit(f"{kind.__name__} was due, but came {found}")
    return found


def main(address: str, email: str, password: str) -> dict[str, object]:
    """Register, make habits, list them, check in, read today and a problem."""
    opened = is_a(
        Opened,
        register.sync(
            client=Client(address), body=NewAccount(email, password, name="Ann", zone="Asia/Tokyo")
        ),
    )
    with AuthenticatedClient(address, opened.access_token) as client:
        made = [is_a(Habit, create_habit.sync(client=client, body=one)) for one in HABITS]
        listed = is_a(Habits, list_habits.sync(client=client)).habits
        again = [is_a(Habit, get_habit.sync(one.habit_id, client=client)) for one in listed]
        plain, read, water = (one.habit_id for one in made[:3])
        renamed = update_habit.sync(plain, client=client, body=HabitChanges(name="Walk"))
        bare = is_a(CheckedIn, check_in.sync(plain, "today", client=client))
        logged = check_in.sync(read, "today", client=client, body=DayLog(note="ten pages"))
        more = increment.sync(water, "today", client=client, body=Addition(3))
        is_a(CheckedIn, remove_check_in.sync(plain, "today", client=client))
        today = is_a(Today, get_today.sync(client=client))
        days = list_all_check_ins.sync(client=client, from_=today.day, to=today.day).check_ins
        missing = get_habit.sync_detailed(UUID(int=0), client=client)
        wrong = is_a(Problem, create_habit.sync(client=client, body=NewHabit("")))
        return {
            "me": is_a(Person, get_me.sync(client=client)).to_dict(),
            "made": [one.to_dict() for one in made],
            "listed": [one.to_dict() for one in listed],
            "again": [one.to_dict() for one in again],
            "schedules": [type(one.schedule).__name__ for one in listed],
            "kinds": sorted({str(HabitKind(one.kind)) for one in listed}),
            "measures": sorted({str(HabitMeasure(one.measure)) for one in listed}),
            "renamed": is_a(Habit, renamed).name,
            "bare": bare.to_dict(),
            "logged": is_a(CheckedIn, logged).to_dict(),
            "more": is_a(CheckedIn, more).to_dict(),
            "today": today.to_dict(),
            "days": [one.to_dict() for one in days],
            "missing": is_a(Problem, missing.parsed).to_dict(),
            "wrong": wrong.to_dict(),
        }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
