"""Marks: days that a person logs where they were reminded, in a mail or a chat.

Whoever shows the reminder asks on the person's behalf. A mark may be older than what is logged: it
lowers or erases nothing unless its owner saw it.
"""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.habit import Amount, CheckInState, Measure
from contracts.message import Command, Job, Message, Query, Reply
from contracts.time import Day

MarkSource = Literal["mail", "telegram", "link"]
"""Where a person answered a reminder."""

MarkOutcome = Literal["done", "as_it_was", "asks"]
"""What a mark did. `done`: the day says so now; `as_it_was`: nothing, it is so already, or there is
nothing of a mark's to take back; `asks`: nothing, for it would take away from what is logged.
"""


class Logged(Message):
    """What is logged for a day of a habit: `value` in its measure (seconds, if it is timed)."""

    value: Amount
    state: CheckInState


class Marked(Reply):
    """What a mark did, and what is logged for its day now; `wanted`: what the mark says."""

    outcome: MarkOutcome
    logged: Logged | None
    wanted: Logged | None = None


class MarkDay(Command[Marked]):
    """Log a day as its owner answered a reminder: done, or skipped.

    `value` None: the habit's own idea of done. What is logged is lowered or erased only if it is
    `replaces`, which its owner saw and said to replace. Refuses as `CheckIn` does.
    """

    address: ClassVar[str] = "habits.mark_day"
    habit_id: UUID
    day: Day
    state: Literal["done", "skipped"]
    value: float | None = None
    replaces: Logged | None = None
    source: MarkSource = "mail"


class WithdrawMark(Command[Marked]):
    """Take back what a mark logged, if nobody has changed the day since.

    Refuses with `NotFound`.
    """

    address: ClassVar[str] = "habits.withdraw_mark"
    habit_id: UUID
    day: Day
    source: MarkSource = "mail"


class MarkShown(Reply):
    """What a mark would be of: its habit, and what its day says. Nothing else about the account.

    `number`: it takes a number in `measure` (in `unit`; seconds, if it is timed), of which `usual`
    stands for done. `logged`: what the day says; `wanted`: what the mark makes of it if no number
    is given. None: nothing, or only a number can tell.
    """

    habit: str
    archived: bool = False
    number: bool = False
    measure: Measure = "yes_no"
    unit: str = ""
    usual: float | None = None
    logged: Logged | None = None
    wanted: Logged | None = None


class LookAtMark(Query[MarkShown]):
    """Say what `MarkDay` would be of, and change nothing. Refuses with `NotFound`."""

    address: ClassVar[str] = "habits.look_at_mark"
    habit_id: UUID
    day: Day
    state: Literal["done", "skipped"]


class LogDay(Job):
    """What `MarkDay` was when it was a job: done while one may wait from the version before.

    Nobody asks for it any more; the next version does without it.
    """

    address: ClassVar[str] = "habits.log_day"
    habit_id: UUID
    day: Day
    state: Literal["done", "skipped"]
    value: float | None = None
    replaces: Logged | None = None
    source: MarkSource = "mail"


class WithdrawDay(Job):
    """What `WithdrawMark` was when it was a job: done while one may wait from the version before.

    Nobody asks for it any more; the next version does without it.
    """

    address: ClassVar[str] = "habits.withdraw_day"
    habit_id: UUID
    day: Day
    source: MarkSource = "mail"
