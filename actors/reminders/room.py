"""The room that the parts register with, and what it follows: as far as reminders look back."""

from actors.reminders.domain import HISTORY
from actors.runtime.room import Room
from storage.replica.nouns import Breaks, Days, Entries, Habits, People

room = Room("reminders")
known = room.follow(
    People("email name language zone day_start week_start disabled"),
    Habits("name kind measure unit tags start_day versions archived"),
    Days(since=HISTORY),
    Breaks(),
    Entries("day", since=HISTORY),
)
