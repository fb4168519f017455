"""The first visit: time and language, first habits, a reminder; each step can be left out."""

from zoneinfo import available_timezones

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.deliveries import SendTest
from contracts.habit import Measure, Target
from contracts.habits import CreateHabit, ListHabits
from contracts.message import Invalid
from contracts.reminders import CreateReminder, minutes_of
from contracts.speech import say
from contracts.users import ChangeProfile, GetProfile
from gateway.deps import TheBus, door_of
from gateway.web.layout import NOTES, go, is_there, show
from gateway.web.route import Posted, Visitor, pages

router = pages()

NOTES["test_sent"] = "The test is on its way. In a moment it is where your reminders come."

SUGGESTED: dict[str, tuple[str, str, Measure, float | None]] = {
    "read": ("Read ten pages", "📖", "yes_no", None),
    "water": ("Drink water", "💧", "count", 8),
    "walk": ("Go for a walk", "🚶", "duration", 1800),
}
"""Habits to begin with: a name, an icon, what is counted, and how much."""

STEPS = ("1", "2", "3")


@router.get("/welcome")
async def look(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Show a step."""
    step = request.query_params.get("step", "1")
    if step not in STEPS:
        return go("/")
    return show(
        request,
        "welcome.html",
        step=int(step),
        profile=await bus.ask(GetProfile(), me),
        suggested=SUGGESTED,
        zones=sorted(available_timezones()) if step == "1" else (),
        can_import=is_there(request, "/settings/data"),
    )


@router.post("/welcome/time")
async def set_time(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Keep language, zone and begin of day."""
    try:
        change = ChangeProfile.model_validate(
            {
                "language": form.get("language"),
                "zone": form.get("zone") or None,
                "day_start": minutes_of(form.get("day_start") or "00:00"),
            }
        )
    except (ValidationError, ValueError):
        text = "Choose a language, a time zone of the list, and a time up to 12:00."
        raise Invalid("invalid", text) from None
    user = await bus.ask(change, me)
    door_of(request).languages.keep(user.user_id, user.language, user.version)
    return go("/welcome", step="2")


@router.post("/welcome/habits")
async def begin_habits(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Begin the habits that were chosen, unless they are there already."""
    language = (await bus.ask(GetProfile(), me)).language
    there = {one.name for one in (await bus.ask(ListHabits(), me)).habits}
    for key, (name, icon, measure, value) in SUGGESTED.items():
        said = say(language, name)
        if key in form and said not in there:
            target = None if value is None else Target(value=value)
            await bus.ask(CreateHabit(name=said, icon=icon, measure=measure, target=target), me)
    own = form.get("name", "").strip()
    if own and own not in there:
        try:
            await bus.ask(CreateHabit(name=own), me)
        except ValidationError:
            raise Invalid("invalid", "A name has 1 to 200 characters that can be seen.") from None
    return go("/welcome", step="3")


@router.post("/welcome/reminder")
async def remind(request: Request, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Send a test, or have Ritmo remind at a time of every habit that there is."""
    if "test" in form:
        await bus.ask(SendTest(channel="email"), me)
        return go("/welcome", step="3", said="test_sent")
    at = form.get("at", "")
    for habit in (await bus.ask(ListHabits(), me)).habits[:10]:
        try:
            command = CreateReminder.model_validate({"habit_id": habit.habit_id, "times": [at]})
        except ValidationError:
            raise Invalid("invalid", "Write a time of day as HH:MM, such as 04:00.") from None
        await bus.ask(command, me)
    return go("/", said="saved")
