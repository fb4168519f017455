"""Today, at `/`: what is due, and one tap for what is done; other days at `/?day=`."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.bus import Bus
from contracts.check_ins import CheckIn, GetToday, HabitToday, Increment, RemoveCheckIn, Undo
from contracts.habits import CreateHabit, ListTags
from contracts.journal import CreateEntry, JournalEntry, ListEntries, UpdateEntry
from contracts.message import Invalid, NotFound, Refused
from contracts.moods import GetMoods, Moods
from contracts.principal import Principal
from contracts.quantity import read
from contracts.time import day_of
from contracts.users import GetProfile
from gateway.deps import TheBus, guest
from gateway.language import known_language
from gateway.web.day_view import groups_of, rows_of
from gateway.web.given import day_given, day_posted, id_given, unread
from gateway.web.layout import go, is_there, show
from gateway.web.plain import wants_page
from gateway.web.route import Posted, Visitor, WebRoute, visitor
from gateway.web.status import greeted

router = APIRouter(include_in_schema=False, route_class=WebRoute)

SOURCE = "web"


@router.get("/")
async def look(request: Request, bus: TheBus) -> Response:
    """Show a day of whoever has signed in; a program is greeted."""
    if not wants_page(request):
        await guest(request)
        return await greeted(request)
    me = await visitor(request)
    day = day_given(request.query_params.get("day", ""))
    profile = await bus.ask(GetProfile(), me)
    now = datetime.now(UTC)
    today = day_of(now, profile.zone, profile.day_start)
    shown = await bus.ask(GetToday(day=day), me)
    tagged = any(habit.tags for habit in shown.habits)
    tags = [one.tag for one in (await bus.ask(ListTags(), me)).tags] if tagged else []
    moods, entry = await _mood(bus, me, shown.day)
    return show(
        request,
        "today.html",
        day=shown.day,
        today=today,
        before=shown.day - timedelta(days=1),
        after=shown.day + timedelta(days=1),
        rows=rows_of(shown.habits, tags, profile.language),
        grouped=groups_of,
        has_habit_page=is_there(request, "/habits/{habit_id}"),
        moods=moods,
        entry=entry,
        profile=profile,
        now=int(now.timestamp() * 1000),
        undo=request.query_params.get("undo", ""),
    )


async def _mood(bus: Bus, me: Principal, day: date) -> tuple[Moods | None, JournalEntry | None]:
    """Return the moods, and the entry of the day that says one; None: the diary is away."""
    try:
        moods = await bus.ask(GetMoods(), me)
        listed = await bus.ask(ListEntries(first=day, last=day, limit=20), me)
    except Refused:
        return None, None
    return moods, next((one for one in listed.entries if one.mood is not None), None)


@router.post("/today")
async def mark(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Log what a button of the day says, and show the day again."""
    habit_id, day = id_given(form.get("habit_id", "")), day_posted(form.get("day", ""))
    command = await _command(request, form, habit_id, day, bus, me)
    await bus.ask(command, me, idempotency_key=form.get("key") or None)
    return back(day, str(habit_id))


async def _command(
    request: Request,
    form: dict[str, str],
    habit_id: UUID,
    day: date | None,
    bus: Bus,
    me: Principal,
) -> CheckIn | Increment | RemoveCheckIn:
    """Read what a button means."""
    do, note = form.get("do", ""), form.get("note", "").strip() or None
    try:
        if form.get("by") or do == "slip":
            by = float(form.get("by") or 1)
            return Increment(habit_id=habit_id, day=day, by=by, source=SOURCE)
        if do == "clear":
            return RemoveCheckIn(habit_id=habit_id, day=day, source=SOURCE)
        words = {"habit_id": habit_id, "day": day, "note": note, "source": SOURCE}
        if do in ("skipped", "failed"):
            return CheckIn.model_validate({**words, "state": do})
        if do == "yesterday":
            shown = (await bus.ask(GetToday(day=day), me)).day
            return CheckIn.model_validate({**words, "day": shown - timedelta(days=1)})
        typed, value = form.get("value", "").strip()[:40], None
        if typed:
            shown_day = await bus.ask(GetToday(day=day), me)
            habit = next((one for one in shown_day.habits if one.habit_id == habit_id), None)
            if habit is None:
                text = "There is no habit {habit_id}."
                raise NotFound("habit_not_found", text, habit_id=str(habit_id))
            value = number_read(habit, typed, known_language(request.scope))
        return CheckIn.model_validate({**words, "value": value})
    except (ValueError, ValidationError):
        raise unread() from None


def number_read(habit: HabitToday, typed: str, language: str) -> float:
    """Read what was typed, in the habit's measure. Refuses with `Invalid`."""
    found = read(typed, habit.measure, [language], habit.unit)
    if len(found) == 1:
        return float(found[0])
    if habit.measure == "duration":
        raise Invalid("not_a_duration", "Write a time with its unit, such as 30 min or 1:30.")
    raise Invalid("not_a_number", "Write a number, such as 5 or 2.5.")


@router.post("/today/new")
async def begin_habit(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Begin a habit of which only the name is known yet."""
    try:
        habit = await bus.ask(CreateHabit(name=form.get("name", "")), me)
    except ValidationError:
        raise Invalid("invalid", "A name has 1 to 200 characters that can be seen.") from None
    return go(f"/#h-{habit.habit_id}")


@router.post("/today/undo")
async def undo(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Take back the last change to a habit."""
    await bus.ask(Undo(habit_id=id_given(form.get("habit_id", "")), source=SOURCE), me)
    return back(day_posted(form.get("day", "")))


@router.post("/today/mood")
async def feel(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Note a mood: in the entry of the day that says one, or in a new one."""
    day, mood = day_posted(form.get("day", "")), form.get("mood", "")
    if mood not in ("1", "2", "3", "4", "5"):
        raise unread()
    if form.get("entry_id"):
        await bus.ask(UpdateEntry(entry_id=id_given(form["entry_id"]), mood=int(mood)), me)
    else:
        await bus.ask(CreateEntry(mood=int(mood), day=day), me)
    return back(day)


def back(day: date | None, habit_id: str = "") -> Response:
    """Go back to the day, where what was done can be undone."""
    query = {"day": day.isoformat()} if day else {}
    if not habit_id:
        return go("/", **query)
    response = go("/", **query, undo=habit_id)
    response.headers["Location"] += f"#h-{habit_id}"
    return response
