"""All that the analytics room knows of a person, for other programs, told as facts.

What it follows is kept as it is now, not how that came about: of each thing there is the one fact
that says what it is.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from contracts.message import Message, Query, Reply
from contracts.page import Cursor
from contracts.time import Day


class LoggedFact(Message):
    """What is known of something, as the fact that says so: `fact` is its address.

    `fact_id` stays the same as long as the thing is what it is.
    """

    fact_id: UUID
    fact: str
    occurred_at: AwareDatetime
    version: int
    body: dict[str, JsonValue]


class LoggedFacts(Reply):
    """A page of facts, noun by noun, perhaps an empty one; `next` asks for the next page."""

    facts: tuple[LoggedFact, ...]
    next: Cursor | None = None


class ListFacts(Query[LoggedFacts]):
    """List what is known of the caller, of some days; None is open. A profile is of every day.

    Refuses with `Invalid` (`range_reversed`, `wrong_cursor`).
    """

    address: ClassVar[str] = "analytics.list_facts"
    first: Day | None = None
    last: Day | None = None
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=2000)] = 500
