"""What the analytics room says about its upkeep: the log of facts, and the rebuild from it.

The log is all that the room has heard of a person, except of habits that were deleted. Everything
else that it knows is folded from there, and can be folded anew.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from contracts.habit import Cursor
from contracts.message import Command, Job, Message, Query, Reply
from contracts.time import Day

RebuildPhase = Literal["waiting", "running", "done"]


class LoggedFact(Message):
    """A fact as it was heard: `fact` is its address, `body` all that is not told beside it."""

    fact_id: UUID
    fact: str
    occurred_at: AwareDatetime
    version: int
    body: dict[str, JsonValue]


class LoggedFacts(Reply):
    """A page of facts in the order in which they were heard; `next` asks for the next page."""

    facts: tuple[LoggedFact, ...]
    next: Cursor | None = None


class ListFacts(Query[LoggedFacts]):
    """List what was heard of the caller. Days are those on which it happened; None is open.

    Refuses with `Invalid` (`range_reversed`, `wrong_cursor`).
    """

    address: ClassVar[str] = "analytics.list_facts"
    first: Day | None = None
    last: Day | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=2000)] = 500


class LoggedPerson(Message):
    """A person of whom facts were heard, how many, and when the last one was."""

    user_id: UUID
    facts: int
    last: AwareDatetime | None = None


class LoggedPeople(Reply):
    """A page of people; `next` asks for the next one."""

    people: tuple[LoggedPerson, ...]
    next: Cursor | None = None


class ListLoggedPeople(Query[LoggedPeople]):
    """List everybody of whom facts were heard, for an administrator."""

    address: ClassVar[str] = "analytics.list_people"
    scope: ClassVar[str] = "admin"
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Rebuild(Reply):
    """How far a rebuild is: facts folded of `total`."""

    user_id: UUID
    phase: RebuildPhase
    folded: int = 0
    total: int = 0


class RebuildPerson(Command[Rebuild]):
    """Fold anew all that is known of a person, as soon as somebody has the time.

    The room goes on meanwhile: what it hears of this person waits until that is done. Refuses
    with `NotFound` if nothing was ever heard of them.
    """

    address: ClassVar[str] = "analytics.rebuild"
    scope: ClassVar[str] = "admin"
    user_id: UUID


class GetRebuild(Query[Rebuild]):
    """Get how far the last rebuild of a person is. Refuses with `NotFound`."""

    address: ClassVar[str] = "analytics.get_rebuild"
    scope: ClassVar[str] = "admin"
    user_id: UUID


class FoldPerson(Job):
    """Fold a person's history anew."""

    address: ClassVar[str] = "analytics.fold_person"
