"""What the calendar room says: feeds, which other programs read as calendars.

A feed is found by the secret in its address; who holds it sees what the feed shows, and nothing
else. The secret is told once, when the feed is made or its address is changed; only its hash is
kept.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.habit import Tag
from contracts.message import SECRET, Command, Done, Message, Query, Reply
from contracts.scopes import ACCOUNT

FeedShows = Literal["habits", "journal", "history"]
"""What a feed shows: due days of habits, days of the diary, or what was done."""

FeedForm = Literal["events", "todos"]
"""Events, which every calendar shows; or to-dos, for Thunderbird, Tasks.org and Nextcloud."""

FeedSecret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""256 random bits, in base64url without padding."""


class FeedWords(Message):
    """What a feed shows, and how. Without `habit_id` and `tag`: all habits."""

    shows: FeedShows = "habits"
    """What it shows."""
    habit_id: UUID | None = None
    """Of this habit alone; null: of all. Not with `journal`."""
    tag: Tag | None = None
    """Of the habits that bear this tag; null: of all. Not with `journal` or `habit_id`."""
    form: FeedForm = "events"
    """As events, or as to-dos."""
    timed: bool = False
    """True: a habit with a reminder stands at its first time; false: every event is a whole day."""
    alarms: bool = True
    """True: the calendar rings at the times of the reminders."""


class Feed(FeedWords, Reply):
    """A feed as it stands; its address cannot be shown again."""

    feed_id: UUID
    """Which feed."""
    created_at: AwareDatetime
    """When it was made."""
    used_at: AwareDatetime | None
    """When a program looked at it last, to the hour; null: none has yet."""


class NewFeed(Feed):
    """A feed that was just made, or given another address, with the secret of that address."""

    secret: Annotated[FeedSecret, SECRET] = Field(repr=False)
    """What its address ends with."""


class Feeds(Reply):
    """Feeds, in the order in which they were made."""

    feeds: tuple[Feed, ...]
    """The feeds, in the order in which they were made."""


class CreateFeed(FeedWords, Command[NewFeed]):
    """Make a feed.

    Refuses with `NotFound` for an unknown habit, with `Invalid` (`feed_contradicts_itself`), or
    with `Conflict` (`too_many_feeds`).
    """

    address: ClassVar[str] = "calendar.create_feed"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True


class RotateFeed(Command[NewFeed]):
    """Give a feed another address; the old one leads nowhere from now on.

    Refuses with `NotFound` (`feed_not_found`).
    """

    address: ClassVar[str] = "calendar.rotate_feed"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True
    feed_id: UUID


class RevokeFeed(Command[Done]):
    """End a feed. Refuses with `NotFound` (`feed_not_found`)."""

    address: ClassVar[str] = "calendar.revoke_feed"
    scope: ClassVar[str] = ACCOUNT
    feed_id: UUID


class ListFeeds(Query[Feeds]):
    """List the caller's feeds."""

    address: ClassVar[str] = "calendar.list_feeds"
    scope: ClassVar[str] = ACCOUNT


class CalendarFile(Reply):
    """A feed as a file (iCalendar, RFC 5545). `file` None: it is as `etag` of the query says."""

    etag: str
    """Rises with each change of the file."""
    changed_at: AwareDatetime
    """When the file became what it is."""
    file: str | None = Field(default=None, repr=False)
    """The file."""
    name: str = ""
    """What the calendar is called, in its owner's language."""
    language: Literal["en", "ru"] = "en"
    """The language of its owner."""


class ReadFeed(Query[CalendarFile]):
    """Read a feed by its secret.

    Refuses with `NotFound` (`feed_not_found`), whatever is wrong with the secret or its owner.
    """

    address: ClassVar[str] = "calendar.read_feed"
    public: ClassVar[bool] = True
    secret: Annotated[str, StringConstraints(max_length=100), SECRET] = Field(repr=False)
    etag: str | None = Field(default=None, max_length=100)
    """What the program knows already; it is not sent again."""
    peek: bool = False
    """True: nobody reads it, a page beside it is shown; it does not count as a look."""
