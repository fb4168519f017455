"""What the calendar room says of busy time: calendars that a person names by address.

They are looked at every hour. When they call somebody busy, smart reminders wait.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.habit import Line
from contracts.imports import CalendarAddress
from contracts.message import SECRET, Command, Done, Fact, Query, Reply
from contracts.scopes import ACCOUNT

BusyProblem = Literal["away", "forbidden", "gone", "private", "unreadable"]
"""Why a calendar was not read: no answer; not shown; not there; inside a private network; none."""


class BusyCalendar(Reply):
    """A calendar whose busy time is known here. Its address cannot be shown again."""

    calendar_id: UUID
    """Which calendar."""
    name: str
    """What its owner calls it; may be empty."""
    host: str
    """The host that it is fetched from."""
    read_at: AwareDatetime | None
    """When it was read last; null: not yet."""
    problem: BusyProblem | None
    """Why it was not read when it was due; null: it was."""


class BusyCalendars(Reply):
    """Calendars, in the order in which they were added."""

    calendars: tuple[BusyCalendar, ...]
    """The calendars, in the order in which they were added."""


class AddBusyCalendar(Command[BusyCalendar]):
    """Have smart reminders wait while a calendar calls its owner busy; it is tried at once.

    Refuses with `Invalid` as the import of a calendar does, or with `Conflict`
    (`too_many_calendars`).
    """

    address: ClassVar[str] = "calendar.add_busy_calendar"
    scope: ClassVar[str] = ACCOUNT
    url: Annotated[CalendarAddress, SECRET] = Field(repr=False)
    """Where it is: https:// or webcal://."""
    name: Line = ""
    """What to call it."""


class ListBusyCalendars(Query[BusyCalendars]):
    """List the caller's calendars of busy time."""

    address: ClassVar[str] = "calendar.list_busy_calendars"
    scope: ClassVar[str] = ACCOUNT


class RemoveBusyCalendar(Command[Done]):
    """Look at a calendar no more. Refuses with `NotFound` (`calendar_not_found`)."""

    address: ClassVar[str] = "calendar.remove_busy_calendar"
    scope: ClassVar[str] = ACCOUNT
    calendar_id: UUID


class BusyChanged(Fact):
    """When a person is busy has changed; `ListBusy` tells how."""

    address: ClassVar[str] = "calendar.busy_changed"
