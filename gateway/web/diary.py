"""The diary: entries are written, found again, changed and thrown away; a year in pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.bus import Bus
from contracts.journal import (
    CreateEntry,
    DeleteEntry,
    EntryTags,
    GetEntry,
    GetOnThisDay,
    JournalEntry,
    ListEntries,
    ListEntryTags,
    OnThisDay,
    RestoreEntry,
    UpdateEntry,
)
from contracts.message import Conflict, Invalid
from contracts.moods import CalendarDay, GetMoodCalendar, GetMoods, Moods
from contracts.principal import Principal
from contracts.prompts import GetPromptOfDay
from gateway.deps import TheBus
from gateway.web.given import number_given
from gateway.web.layout import go, show
from gateway.web.route import Posted, Visitor, pages, wrong_words

router = pages()

FACES = ("😞", "🙁", "😐", "🙂", "😄")
"""What a step of the scale looks like, unless its person has chosen otherwise."""

PAGE = 10
"""Entries on a page."""

CHIPS = 12
"""Tags that are offered to be tapped."""

FIELDS = "title text tags mood energy day question prompt_id version favourite answers"
"""Fields of the form of an entry."""

WEEKS = 53
"""Weeks of the year in pixels."""


@dataclass(frozen=True, slots=True)
class Pixel:
    """A day of the year in pixels: where it stands, and its mood from 1 to 5; 0: none was said."""

    day: date
    column: int
    row: int
    mood: int


def pixels_of(days: tuple[CalendarDay, ...], today: date) -> tuple[Pixel, ...]:
    """Lay out the year up to `today`: a column a week, a row a weekday, Monday at the top."""
    first = first_of_year(today)
    moods = {one.day: round(one.mood) for one in days if one.mood is not None}
    span = (first + timedelta(days=n) for n in range((today - first).days + 1))
    return tuple(
        Pixel(day, (day - first).days // 7, day.weekday(), moods.get(day, 0)) for day in span
    )


def first_of_year(today: date) -> date:
    """Return the Monday with which the year in pixels begins."""
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


@router.get("/diary")
async def look(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Show the diary: a place to write, and what was written; or what a search finds."""
    return await _diary(request, me, bus)


@router.post("/diary")
async def write(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Keep a new entry; what is wrong with it is said above the form, and nothing is lost."""
    try:
        await bus.ask(CreateEntry.model_validate(words_of(form)), me)
    except (ValidationError, Invalid) as error:
        return await _diary(request, me, bus, form, _wrong(request, error))
    return go("/diary", said="saved")


@router.get("/diary/{entry_id:uuid}")
async def look_at_entry(request: Request, entry_id: UUID, me: Visitor, bus: TheBus) -> Response:
    """Show an entry, to be changed."""
    entry = await bus.ask(GetEntry(entry_id=entry_id), me)
    return await _entry(request, me, bus, entry, entry_form(entry))


@router.post("/diary/{entry_id:uuid}")
async def change(
    request: Request, entry_id: UUID, form: Posted, me: Visitor, bus: TheBus
) -> Response:
    """Change an entry; if it was changed elsewhere meanwhile, both texts are shown."""
    version = number_given(form.get("version", "")) or 0  # none: nothing is written over
    given = {"entry_id": entry_id, "expected_version": version, **words_of(form)}
    try:
        await bus.ask(UpdateEntry.model_validate(given), me)
    except (ValidationError, Invalid, Conflict) as error:
        entry = await bus.ask(GetEntry(entry_id=entry_id), me)
        return await _entry(request, me, bus, entry, form, _wrong(request, error))
    return go("/diary", said="saved")


@router.post("/diary/{entry_id:uuid}/delete")
async def delete(entry_id: UUID, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Throw an entry away; the next page offers to bring it back."""
    await bus.ask(DeleteEntry(entry_id=entry_id), me)
    return go("/diary", said="entry_deleted", deleted=str(entry_id))


@router.post("/diary/{entry_id:uuid}/restore")
async def restore(entry_id: UUID, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Bring an entry back."""
    await bus.ask(RestoreEntry(entry_id=entry_id), me)
    return go("/diary", said="restored")


def words_of(form: Mapping[str, str]) -> dict[str, object]:
    """Read an entry off a form; what was left open is None."""
    tags = [tag.strip() for tag in form.get("tags", "").split(",")]
    chosen = [name.removeprefix("tag:") for name in form if name.startswith("tag:")]
    words: dict[str, object] = {
        "title": form.get("title", ""),
        "text": form.get("text", ""),
        "tags": tuple(dict.fromkeys(tag for tag in (*chosen, *tags) if tag)),
        "mood": _step(form.get("mood")),
        "energy": _step(form.get("energy")),
        "favourite": "favourite" in form,
        "question": form.get("question", "") if "answers" in form else "",
        "prompt_id": (form.get("prompt_id") or None) if "answers" in form else None,
    }
    if form.get("day"):
        words["day"] = form["day"]
    return words


def entry_form(entry: JournalEntry) -> dict[str, str]:
    """Fill the form with an entry."""
    filled = {
        "title": entry.title,
        "text": entry.text,
        "tags": ", ".join(entry.tags),
        "mood": str(entry.mood or ""),
        "energy": str(entry.energy or ""),
        "day": entry.day.isoformat(),
        "question": entry.question,
        "prompt_id": entry.prompt_id or "",
        "version": str(entry.version),
    }
    marks = {"favourite": entry.favourite, "answers": bool(entry.question)}
    return filled | {name: "1" for name, is_set in marks.items() if is_set}


def _step(given: str | None) -> int | None:
    return number_given(given or "")


def _wrong(request: Request, error: ValidationError | Invalid | Conflict) -> str:
    if isinstance(error, ValidationError):
        error = Invalid("invalid_form", "Something here cannot be kept; look it through.")
    return wrong_words(request, error)


async def _diary(
    request: Request,
    me: Principal,
    bus: Bus,
    form: Mapping[str, str] | None = None,
    wrong: str = "",
) -> Response:
    query = request.query_params
    mood = number_given(query.get("mood", ""))
    moods = await bus.ask(GetMoods(), me)
    past = await bus.ask(GetOnThisDay(), me)
    try:
        listing = ListEntries.model_validate(
            {
                "search": query.get("search", ""),
                "tag": query.get("tag") or None,
                "moods": () if mood is None else (mood,),
                "first": query.get("on") or None,
                "last": query.get("on") or None,
                "cursor": query.get("cursor") or None,
                "limit": PAGE,
            }
        )
    except ValidationError:
        listing = ListEntries(limit=PAGE)
    entries = await bus.ask(listing, me)
    tags = await bus.ask(ListEntryTags(), me)
    prompt = await bus.ask(GetPromptOfDay(), me)
    year = await bus.ask(GetMoodCalendar(first=first_of_year(past.day), last=past.day), me)
    return show(
        request,
        "diary.html",
        422 if wrong else 200,
        wrong=wrong,
        form=_filled(form or {"question": prompt.question, "prompt_id": prompt.prompt_id}),
        entries=entries.entries,
        next=entries.next,
        search=query.get("search", ""),
        searched={name: query[name] for name in ("search", "tag", "mood", "on") if query.get(name)},
        past=past,
        pixels=pixels_of(year.days, past.day),
        deleted=query.get("deleted", ""),
        **_known(moods, tags, past),
    )


async def _entry(
    request: Request,
    me: Principal,
    bus: Bus,
    entry: JournalEntry,
    form: Mapping[str, str],
    wrong: str = "",
) -> Response:
    moods = await bus.ask(GetMoods(), me)
    tags = await bus.ask(ListEntryTags(), me)
    changed = bool(wrong) and form.get("version") != str(entry.version)
    return show(
        request,
        "diary_entry.html",
        422 if wrong else 200,
        wrong=wrong,
        form=_filled({**form, "version": str(entry.version)}),
        entry=entry,
        theirs=entry.text if changed else "",
        **_known(moods, tags),
    )


def _filled(form: Mapping[str, str]) -> dict[str, str]:
    """Give a form every field that the template asks for."""
    return dict.fromkeys(FIELDS.split(), "") | dict(form)


def _known(moods: Moods, tags: EntryTags, past: OnThisDay | None = None) -> dict[str, object]:
    """Say what the form offers: the scale, tags that are used often, and the day."""
    faces = {
        one.mood: (one.emoji or face, one.name)
        for one, face in zip(moods.moods, FACES, strict=True)
    }
    return {
        "faces": faces,
        "chips": [one.tag for one in tags.tags[:CHIPS]],
        "today": past.day if past else None,
    }
