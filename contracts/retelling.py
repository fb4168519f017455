"""What a room answers when it is asked to tell once more all that it knows of a person.

For rooms that have lost what they heard, or were not there to hear it. What is told so is no news
to who has heard it: facts have the versions that things have now. The journal's is in `journal.py`.
"""

from typing import ClassVar
from uuid import UUID

from contracts.habit import Cursor
from contracts.message import Command, Reply


class Retold(Reply):
    """How many facts were told now; `next` asks for more of the same person, None: that is all."""

    told: int
    next: Cursor | None = None


class RetellProfiles(Command[Retold]):
    """Tell a person's profile once more."""

    address: ClassVar[str] = "users.retell_profiles"
    scope: ClassVar[str] = "admin"
    user_id: UUID
    cursor: Cursor | None = None


class RetellHabits(Command[Retold]):
    """Tell all habits, days and breaks of a person once more, some habits at a time.

    Days are told as imported ones, with the instant at which they were logged.
    """

    address: ClassVar[str] = "habits.retell_habits"
    scope: ClassVar[str] = "admin"
    user_id: UUID
    cursor: Cursor | None = None
