"""One habit: its strength and streaks, pictures, what comes next, and its history with an undo."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.analytics import GetHabitInsight, HabitInsight
from contracts.check_ins import Change, GetHistory, GetStreaks, Undo
from contracts.habit import Habit
from contracts.habits import DeleteHabit, GetHabit, RestoreHabit, UpdateHabit
from contracts.message import Refused
from contracts.quantity import in_words, write, write_number
from gateway.deps import TheBus
from gateway.language import known_language
from gateway.web.layout import go, show
from gateway.web.route import Posted, Visitor, pages

router = pages()

CHANGES = 20
"""Changes that the history shows."""

STREAKS = 5
"""Streaks that are listed, the longest first."""

PICTURES = {
    "heat_map": "The year, day by day",
    "score": "Strength",
    "weekdays": "Weekdays",
    "hours": "Hours of the day",
}
"""Pictures of a habit, and what they are called."""

STATES = {
    "done": "done",
    "partial": "begun",
    "skipped": "skipped",
    "failed": "failed",
}


def values_of(change: Change, habit: Habit, language: str) -> tuple[str, str]:
    """Write what a day was before a change and after it; empty: nothing was logged."""

    def written(value: float | None, state: str | None) -> str:
        if state is None or value is None:
            return ""
        if habit.measure == "yes_no" or state == "skipped":
            return STATES[state]
        return write(value, habit.measure, habit.unit, language)

    before, after = change.before, change.after
    return (
        written(before.value, before.state) if before else "",
        written(after.value, after.state) if after else "",
    )


@router.get("/habits/{habit_id}")
async def look(request: Request, habit_id: UUID, me: Visitor, bus: TheBus) -> Response:
    """Show a habit; without its pictures while analytics is away."""
    language = known_language(request.scope)
    habit = await bus.ask(GetHabit(habit_id=habit_id), me)
    streaks = await bus.ask(GetStreaks(habit_id=habit_id), me)
    history = await bus.ask(GetHistory(habit_id=habit_id, limit=CHANGES), me)
    try:
        asked = GetHabitInsight(habit_id=habit_id, language=language)
        insight: HabitInsight | None = await bus.ask(asked, me)
    except Refused:
        insight = None
    longest = sorted(streaks.streaks, key=lambda one: (-one.length, one.start))[:STREAKS]
    return show(
        request,
        "habit.html",
        habit=habit,
        streak=in_words(language, streaks.streak, streaks.streak_unit),
        best=in_words(language, streaks.best_streak, streaks.streak_unit),
        longest=[(one, in_words(language, one.length, one.unit)) for one in longest],
        insight=insight,
        strength=write_number(round(100 * insight.line.score), language) if insight else "",
        pictures=PICTURES if insight else {},
        changes=[(one, *values_of(one, habit, language)) for one in history.changes],
    )


@router.post("/habits/{habit_id}/undo")
async def undo(habit_id: UUID, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Take a change back."""
    await bus.ask(Undo.model_validate({"change_id": form.get("change_id"), "source": "web"}), me)
    return go(f"/habits/{habit_id}", said="saved")


@router.post("/habits/{habit_id}/archive")
async def archive(habit_id: UUID, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Lay a habit aside, or take it up again."""
    archived = form.get("archived") == "1"
    await bus.ask(UpdateHabit(habit_id=habit_id, archived=archived), me)
    return go(f"/habits/{habit_id}", said="saved")


@router.post("/habits/{habit_id}/delete")
async def delete(habit_id: UUID, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Throw a habit away; its page offers to bring it back."""
    await bus.ask(DeleteHabit(habit_id=habit_id), me)
    return go(f"/habits/{habit_id}")


@router.post("/habits/{habit_id}/restore")
async def restore(habit_id: UUID, form: Posted, me: Visitor, bus: TheBus) -> Response:
    """Bring a habit back from the bin."""
    await bus.ask(RestoreHabit(habit_id=habit_id), me)
    return go(f"/habits/{habit_id}", said="restored")
