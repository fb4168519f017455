"""What the journal room says: entries of a diary with moods, and what became of them.

It also says what is in `moods.py`, `prompts.py` and `templates.py`. The words of an entry stay at
home: facts carry its day, mood, tags and links, never its text.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from contracts.habit import NO_CONTROLS_BUT_LINES, KeptTags, Line, Tag, Tags
from contracts.message import EACH_ONCE, Command, Done, Fact, Message, Query, Reply
from contracts.page import Cursor
from contracts.patch import Patch
from contracts.time import ChosenZone, Day, Zone

KEEP_DELETED = 30
"""Days for which a deleted entry can be brought back."""


def _plain_lines(text: str) -> str:
    """End lines in one way, and drop empty ones around the text; what is indented stays so."""
    return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").rstrip()


Mood = Annotated[int, Field(ge=1, le=5, strict=True)]
"""How it felt: 1 awful, 2 bad, 3 okay, 4 good, 5 great."""

Energy = Annotated[int, Field(ge=1, le=5, strict=True)]
"""How much strength there was: 1 none, 5 plenty."""

MAX_LINKS = 50
"""Habits that an entry is linked to, at most."""

Links = Annotated[tuple[UUID, ...], Field(max_length=MAX_LINKS), EACH_ONCE]
"""The habits that an entry speaks of, by id."""

Markdown = Annotated[
    str,
    StringConstraints(max_length=50_000, pattern=NO_CONTROLS_BUT_LINES),
    AfterValidator(_plain_lines),
]
"""A text in Markdown (CommonMark), perhaps empty."""

PROMPT_ID = r"^[a-z0-9_-]{1,40}$"
PromptId = Annotated[str, StringConstraints(pattern=PROMPT_ID)]
"""The id of an own prompt (a UUID), or the name of one that comes with Ritmo."""

Page = Annotated[int, Field(ge=1, le=100)]


class EntryWords(Message):
    """An entry in its writer's words. One of text, title, mood, energy and tags must be given."""

    title: Line = ""
    """The title; perhaps empty."""
    text: Markdown = Field(default="", repr=False, examples=["Ran *around the lake*."])
    """The text, as Markdown."""
    mood: Mood | None = None
    """From 1 (awful) to 5 (great); null: not said."""
    energy: Energy | None = None
    """From 1 (none) to 5 (full of it); null: not said."""
    tags: Tags = ()
    """Its tags, up to 20."""
    habit_ids: Links = ()
    """Habits that it is about."""
    prompt_id: PromptId | None = None
    """The prompt that it answers; null: none."""
    question: Line = ""
    """The question that it answers; perhaps empty."""
    favourite: bool = False
    """True: marked as a favourite."""


class JournalEntry(EntryWords, Reply):
    """An entry. `at` is when it was lived, `changed_at` when its words were written.

    `question` is what it answers, kept even if the prompt goes. `snippet`, in answers to a search,
    is HTML: words of the entry, with what was found in `<mark>`.
    """

    entry_id: UUID
    """Which entry."""
    day: Day
    """The logical day."""
    at: AwareDatetime
    """When it was lived."""
    zone: Zone
    """The IANA time zone."""
    created_at: AwareDatetime
    """When it was first written."""
    changed_at: AwareDatetime
    """When its words were written last."""
    deleted_at: AwareDatetime | None = None
    """When it was deleted; null: it is not."""
    version: int
    """Rises by one with each change; it stands in the ETag."""
    snippet: str = ""
    """HTML: what a search found, in `<mark>`; else empty."""


class CreateEntry(EntryWords, Command[JournalEntry]):
    """Write an entry: of now, unless `at` or `day` says otherwise; `zone` None: the caller's own.

    Refuses with `Invalid`: `entry_empty`, `day_out_of_range`, `at_not_on_day`, `unknown_habit`,
    `unknown_prompt`.
    """

    address: ClassVar[str] = "journal.create_entry"
    day: Day | None = None
    at: AwareDatetime | None = None
    zone: ChosenZone | None = None


class UpdateEntry(Patch[JournalEntry]):
    """Change an entry; null empties mood, energy and prompt.

    A new `day` alone keeps the time of day. Refuses with `NotFound`, as `CreateEntry` does, or
    with `Conflict` (`version_conflict`, `entry_deleted`).
    """

    address: ClassVar[str] = "journal.update_entry"
    about: ClassVar[frozenset[str]] = frozenset({"entry_id", "expected_version"})
    clears: ClassVar[frozenset[str]] = frozenset({"mood", "energy", "prompt_id"})
    flags: ClassVar[Mapping[str, str]] = dict.fromkeys(("mood", "energy", "prompt_id"), "clear")
    entry_id: UUID
    title: Line | None = None
    text: Markdown | None = Field(default=None, repr=False)
    mood: Mood | None = None
    energy: Energy | None = None
    tags: Tags | None = None
    habit_ids: Links | None = None
    prompt_id: PromptId | None = None
    question: Line | None = None
    favourite: bool | None = None
    day: Day | None = None
    at: AwareDatetime | None = None
    zone: ChosenZone | None = None


class DeleteEntry(Command[Done]):
    """Throw an entry away; for `KEEP_DELETED` days it can be brought back, unless `forever`.

    Refuses with `NotFound` or `Conflict`. Again is fine, too.
    """

    address: ClassVar[str] = "journal.delete_entry"
    entry_id: UUID
    forever: bool = False
    expected_version: int | None = None


class RestoreEntry(Command[JournalEntry]):
    """Bring a deleted entry back, or the words of an earlier version (`to_version`), or both.

    Refuses with `NotFound` (also for a version that its history does not have) or `Conflict`.
    """

    address: ClassVar[str] = "journal.restore_entry"
    entry_id: UUID
    to_version: int | None = Field(default=None, ge=1, le=2**31 - 1, strict=True)
    expected_version: int | None = None


class GetEntry(Query[JournalEntry]):
    """Get one entry, deleted or not. Refuses with `NotFound`."""

    address: ClassVar[str] = "journal.get_entry"
    entry_id: UUID


class EntryHtml(Reply):
    """An entry's text as HTML that is safe to show: what HTML it held is shown as text."""

    entry_id: UUID
    html: str = Field(repr=False)
    version: int


class RenderEntry(Query[EntryHtml]):
    """Get the text of an entry as HTML. Refuses with `NotFound`."""

    address: ClassVar[str] = "journal.render_entry"
    entry_id: UUID


class JournalEntries(Reply):
    """A page of entries; `next` asks for the next page. Long texts make pages shorter."""

    entries: tuple[JournalEntry, ...]
    """The entries, the latest first."""
    next: Cursor | None = None
    """The cursor of the next page; null: this is the last one."""


class ListEntries(Query[JournalEntries]):
    """List entries, the latest first; with `search`, the best found first.

    Words are found in all their forms, Russian and English; "in quotes" means side by side, `or`
    either, and - leaves out. `deleted`: those thrown away. Refuses with `Invalid`.
    """

    address: ClassVar[str] = "journal.list_entries"
    search: Line = ""
    moods: Annotated[tuple[Mood, ...], Field(max_length=5), EACH_ONCE] = ()
    tag: Tag | None = None
    habit_id: UUID | None = None
    first: Day | None = None
    last: Day | None = None
    favourite: bool | None = None
    deleted: bool = False
    cursor: Cursor | None = None
    limit: Page = 50


class EntryVersion(EntryWords):
    """An entry as it was in a version, written at `written_at`."""

    version: int
    """Rises by one with each change; it stands in the ETag."""
    day: Day
    """The logical day."""
    at: AwareDatetime
    """When it was lived."""
    zone: Zone
    """The IANA time zone."""
    written_at: AwareDatetime
    """When this version was written."""


class EntryHistory(Reply):
    """A page of an entry's versions, newest first: the present one begins the first page."""

    versions: tuple[EntryVersion, ...]
    """The versions, newest first."""
    next: Cursor | None = None
    """The cursor of the next page; null: this is the last one."""


class GetEntryHistory(Query[EntryHistory]):
    """List the versions of an entry that differ in their words. Refuses with `NotFound`."""

    address: ClassVar[str] = "journal.get_entry_history"
    entry_id: UUID
    cursor: Cursor | None = None
    limit: Page = 20


class OnThisDay(Reply):
    """Entries of the same day in earlier years, the latest first."""

    day: Day
    """The logical day whose earlier years are shown."""
    entries: tuple[JournalEntry, ...]
    """The entries, the latest first."""


class GetOnThisDay(Query[OnThisDay]):
    """Look back from a day (today): what was on it in earlier years.

    29 February shows on 28 February of years that have none.
    """

    address: ClassVar[str] = "journal.get_on_this_day"
    day: Day | None = None


class EntryTag(Message):
    """A tag, as it was written last, and how many entries bear it."""

    tag: Tag
    """The tag, as it was written last."""
    entries: int
    """How many entries bear it."""


class EntryTags(Reply):
    """All tags, the most used first."""

    tags: tuple[EntryTag, ...]
    """The tags, the most used first."""


class ListEntryTags(Query[EntryTags]):
    """List the tags of all entries."""

    address: ClassVar[str] = "journal.list_entry_tags"


class EntryOutline(Message):
    """What every room may know of an entry: all but its words. `at` is when it was lived."""

    entry_id: UUID
    day: Day
    at: AwareDatetime
    zone: Zone
    mood: Mood | None = None
    energy: Energy | None = None
    tags: KeptTags = ()
    habit_ids: Links = ()


class EntryWritten(EntryOutline, Fact):
    """An entry was written, changed or brought back: it is now this. `version` is the entry's."""

    address: ClassVar[str] = "journal.entry_written"


class EntryDeleted(Fact):
    """An entry was thrown away; it may be brought back (`EntryWritten`)."""

    address: ClassVar[str] = "journal.entry_deleted"
    entry_id: UUID


class EntriesImported(Fact):
    """Some entries of an import were written, each in its first version."""

    address: ClassVar[str] = "journal.entries_imported"
    import_id: UUID
    entries: Annotated[tuple[EntryOutline, ...], Field(max_length=500)]
