"""How a room that follows nouns is told what there was before: page by page, as it is now.

The owner of a noun is given a job (`TellPeople`, `TellHabits`, `TellEntries`) for one page, and
tells it in facts that one room hears (`state_for`), each of one person; then it gives itself the
job for the next page, until there is none. Versions are those that things have now, so it does not
matter what the room has heard before, or hears meanwhile.
"""

from functools import cache
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.accounts import Contact
from contracts.habit import KeptTag, Outline, Version
from contracts.journal import EntryOutline
from contracts.message import Fact, Job, Message
from contracts.time import Day
from contracts.users import Profile

NOBODY = UUID(int=0)
"""Whose a job is that is about everybody."""

NounName = Literal["people", "habits", "days", "breaks", "entries"]


class TellState(Job):
    """Tell a room a page of a noun, and go on with the next; `after`: where the page begins.

    `since`: only what is of that day or later.
    """

    user_id: UUID = NOBODY
    room: str
    noun: NounName
    since: Day | None = None
    after: tuple[UUID, UUID] | None = None


class TellPeople(TellState):
    """Tell a room how people live."""

    address: ClassVar[str] = "users.tell_state"


class TellHabits(TellState):
    """Tell a room of habits, of their days, or of breaks."""

    address: ClassVar[str] = "habits.tell_state"


class TellEntries(TellState):
    """Tell a room of the entries of diaries."""

    address: ClassVar[str] = "journal.tell_state"


class PersonState(Message):
    """How a person lives, and whether they may log in."""

    version: int
    profile: Profile
    email: Contact
    disabled: bool


class HabitState(Message):
    """A habit; `archived_at` None: it is in use. `binned`: it is in the bin."""

    version: int
    habit_id: UUID
    habit: Outline
    start_day: Day
    versions: tuple[Version, ...]
    order: int | None = None
    archived: bool = False
    archived_at: AwareDatetime | None = None
    binned: bool = False


Ordinals = Annotated[tuple[int, ...], Field(max_length=1000)]


class DaysState(Message):
    """Logged days of a habit, column by column: there may be thousands.

    `days` are ordinals (1 is 0001-01-01), `values` thousandths; `states` count from 1 as in
    `CheckInState`; `at` are microseconds since 1970, None where it is not known when.
    """

    version: int
    habit_id: UUID
    days: Ordinals
    values: Ordinals
    states: Ordinals
    at: tuple[int | None, ...]
    zones: tuple[str, ...]


class BreakState(Message):
    """A break: of a habit, of a tag, or (neither) of everything."""

    version: int
    break_id: UUID
    first: Day
    last: Day
    habit_id: UUID | None = None
    tag: KeptTag | None = None


class EntryState(EntryOutline):
    """An entry of a diary, without its words; `deleted`: it was thrown away."""

    version: int
    deleted: bool = False


class StateFact(Fact):
    """What there is of a person's, told to one room: of some noun, a page of it."""

    person: PersonState | None = None
    habits: tuple[HabitState, ...] = ()
    days: tuple[DaysState, ...] = ()
    breaks: tuple[BreakState, ...] = ()
    entries: tuple[EntryState, ...] = ()

    @property
    def rows(self) -> int:
        """Count what is told."""
        days = sum(len(one.days) for one in self.days)
        rest = len(self.habits) + len(self.breaks) + len(self.entries)
        return days + rest + (self.person is not None)


@cache
def state_for(owner: str, room: str) -> type[StateFact]:
    """Return the fact by which the owner of a noun tells one room what there is."""
    address = f"{owner}.state_for_{room}"
    made: type[StateFact] = type(
        "StateFact", (StateFact,), {"address": address, "__doc__": StateFact.__doc__}
    )
    return made
