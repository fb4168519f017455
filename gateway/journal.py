"""The diary: /v1/journal/entries, their history, their HTML; tags; and what was on this day."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from contracts.habit import Line, Tag
from contracts.journal import (
    CreateEntry,
    DeleteEntry,
    EntryHistory,
    EntryTags,
    EntryWords,
    GetEntry,
    GetEntryHistory,
    GetOnThisDay,
    JournalEntries,
    JournalEntry,
    ListEntries,
    ListEntryTags,
    OnThisDay,
    RenderEntry,
    RestoreEntry,
    UpdateEntry,
)
from contracts.time import ChosenZone, Day
from gateway.answers import answer, created, etag_of, listed, nothing, unless_known, versioned
from gateway.bodies import Body, Said, changes_of, given, resource
from gateway.deps import (
    NOT_MODIFIED,
    Expected,
    From,
    IfNoneMatch,
    Key,
    PageCursor,
    TheBus,
    To,
    YesNo,
)
from gateway.identity import Me

router = resource("journal", "The diary: entries, moods, prompts and templates.")

EntryId = Annotated[
    UUID, Path(description="Which entry.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]
HTML = "text/html; charset=utf-8"


class NewEntry(EntryWords):
    """A new entry: of now, unless `at` or `day` says otherwise."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "Ran *around the lake*.", "mood": 4, "tags": ["outside"]},
                {"mood": 3, "day": "2026-03-01"},
            ]
        },
    )
    day: Day | None = None
    """The logical day; that of `at`, if not given."""
    at: AwareDatetime | None = None
    """When it was lived; now, if not given."""
    zone: ChosenZone | None = None
    """The IANA time zone; the person's own, if not given."""


if TYPE_CHECKING:
    EntryChanges = BaseModel
else:
    EntryChanges = changes_of(
        "EntryChanges",
        UpdateEntry,
        of=JournalEntry,
        example={"text": "Ran *around both lakes*.", "mood": 5},
    )


class ToRestore(Body):
    """What to bring back: a deleted entry, or what it said in `version`, or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"version": 1}]})
    version: int | None = Field(default=None, ge=1, le=2**31 - 1, strict=True)
    """The version whose words come back; the present ones, if not given."""


def etag(entry: JournalEntry) -> dict[str, str]:
    """Write an entry's ETag; links go with their habits, while the entry stays at its version."""
    return {"ETag": etag_of(entry.version, entry.model_dump_json())}


@router.get(
    "/v1/journal/entries",
    response_model=JournalEntries,
    responses=NOT_MODIFIED,
    summary="List or search entries",
)
async def list_entries(
    me: Me,
    bus: TheBus,
    search: Annotated[
        Line,
        Query(
            alias="q",
            description='Words, in all their forms; "side by side", or, -without.',
            examples=["running -rain"],
        ),
    ] = "",
    moods: Annotated[
        list[Annotated[int, Field(ge=1, le=5)]],
        Query(alias="mood", max_length=5, description="Of this mood; of any of several."),
    ] = [],  # noqa: B006 - FastAPI copies it
    tag: Annotated[Tag | None, Query(description="That bear this tag.")] = None,
    habit: Annotated[UUID | None, Query(description="That speak of this habit.")] = None,
    first: From = None,
    last: To = None,
    favourite: Annotated[YesNo | None, Query(description="Favourites only, or all others.")] = None,
    deleted: Annotated[YesNo, Query(description="Those thrown away, instead.")] = False,
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 50,
    cursor: PageCursor = None,
    known: IfNoneMatch = None,
) -> Response:
    """List the caller's entries, the latest first; with `q`, the best found first."""
    query = ListEntries(
        search=search,
        moods=tuple(moods),
        tag=tag,
        habit_id=habit,
        first=first,
        last=last,
        favourite=favourite,
        deleted=deleted,
        limit=limit,
        cursor=cursor,
    )
    return listed(await bus.ask(query, me), known)


@router.post(
    "/v1/journal/entries", status_code=201, response_model=JournalEntry, summary="Write an entry"
)
async def create_entry(body: Said[NewEntry], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Write an entry."""
    entry = await bus.ask(CreateEntry(**given(body)), me, idempotency_key=key)
    return created(entry, f"/v1/journal/entries/{entry.entry_id}", etag(entry)["ETag"])


@router.get(
    "/v1/journal/entries/{entry_id}",
    response_model=JournalEntry,
    responses=NOT_MODIFIED,
    summary="Get an entry",
)
async def get_entry(entry_id: EntryId, me: Me, bus: TheBus, known: IfNoneMatch = None) -> Response:
    """Get one entry; one that was deleted, too, for 30 days."""
    entry = await bus.ask(GetEntry(entry_id=entry_id), me)
    return versioned(entry, entry.version, known, moves=True)


@router.patch(
    "/v1/journal/entries/{entry_id}", response_model=JournalEntry, summary="Change an entry"
)
async def update_entry(
    entry_id: EntryId,
    body: Said[EntryChanges],
    me: Me,
    bus: TheBus,
    expected: Expected,
    key: Key = None,
) -> Response:
    """Change an entry. What it said before is kept in its history."""
    command = UpdateEntry(entry_id=entry_id, expected_version=expected, **given(body))
    entry = await bus.ask(command, me, idempotency_key=key)
    return answer(entry, headers=etag(entry))


@router.delete("/v1/journal/entries/{entry_id}", status_code=204, summary="Delete an entry")
async def delete_entry(
    entry_id: EntryId,
    me: Me,
    bus: TheBus,
    expected: Expected,
    forever: Annotated[YesNo, Query(description="At once and for good.")] = False,
    key: Key = None,
) -> Response:
    """Throw an entry away. For 30 days it can be restored."""
    command = DeleteEntry(entry_id=entry_id, forever=forever, expected_version=expected)
    await bus.ask(command, me, idempotency_key=key)
    return nothing()


@router.post(
    "/v1/journal/entries/{entry_id}/restore",
    response_model=JournalEntry,
    summary="Restore an entry",
)
async def restore_entry(
    entry_id: EntryId,
    body: Said[ToRestore],
    me: Me,
    bus: TheBus,
    expected: Expected,
    key: Key = None,
) -> Response:
    """Bring back a deleted entry, or what an entry said in an earlier version."""
    command = RestoreEntry(entry_id=entry_id, to_version=body.version, expected_version=expected)
    entry = await bus.ask(command, me, idempotency_key=key)
    return answer(entry, headers=etag(entry))


@router.get(
    "/v1/journal/entries/{entry_id}/history",
    response_model=EntryHistory,
    summary="List an entry's versions",
)
async def get_entry_history(
    entry_id: EntryId,
    me: Me,
    bus: TheBus,
    limit: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 20,
    cursor: PageCursor = None,
) -> Response:
    """List what an entry says and said, newest first."""
    query = GetEntryHistory(entry_id=entry_id, limit=limit, cursor=cursor)
    return answer(await bus.ask(query, me))


@router.get(
    "/v1/journal/entries/{entry_id}/html",
    response_class=Response,
    responses={**NOT_MODIFIED, 200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
    summary="Get an entry as HTML",
)
async def render_entry(
    entry_id: EntryId, me: Me, bus: TheBus, known: IfNoneMatch = None
) -> Response:
    """Get the text of an entry as a piece of HTML that is safe to show."""
    entry = await bus.ask(RenderEntry(entry_id=entry_id), me)
    return unless_known(entry.html, etag_of(entry.version, entry.html), known, HTML)


@router.get("/v1/journal/on-this-day", response_model=OnThisDay, summary="Look back")
async def get_on_this_day(
    me: Me,
    bus: TheBus,
    day: Annotated[
        Day | None,
        Query(description="The caller's today if not given.", examples=["2026-03-01"]),
    ] = None,
) -> Response:
    """Get the entries of the same day in earlier years."""
    return answer(await bus.ask(GetOnThisDay(day=day), me))


@router.get("/v1/journal/tags", response_model=EntryTags, summary="List tags of entries")
async def list_entry_tags(me: Me, bus: TheBus) -> Response:
    """List the tags of entries, the most used first."""
    return answer(await bus.ask(ListEntryTags(), me))
