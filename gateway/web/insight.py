"""Insight: a week, month or year in words first, charts behind, and what goes with what."""

from typing import Literal

from fastapi import Request
from starlette.responses import Response

from contracts.analytics import Associations, GetAssociations, GetSummary, Summary
from contracts.message import Refused
from contracts.quantity import in_words, write, write_number
from contracts.speech import count, say
from gateway.deps import TheBus
from gateway.language import known_language
from gateway.web.layout import is_there, show
from gateway.web.route import Visitor, pages

router = pages()

Period = Literal["week", "month", "year"]
PERIODS: dict[Period, str] = {"week": "This week", "month": "This month", "year": "This year"}
"""Periods that can be looked at, and what they are called."""

SHOWN = 8
"""Associations that are shown at most: those that are likely."""


def sentences(summary: Summary, language: str) -> list[str]:
    """Say what a summary says, in the order in which it matters."""

    def percent(share: float) -> str:
        return write_number(round(100 * share), language)

    said = []
    if summary.completion is None:
        said.append(say(language, "Nothing was asked of you yet."))
    else:
        many = "You kept {kept} of {n} promises: {percent} %."
        one = "You kept {kept} of {n} promise: {percent} %."
        params = {"kept": summary.kept, "percent": percent(summary.completion)}
        said.append(count(language, one, many, summary.asked, params))
    change = summary.before.completion_change
    if change is not None and round(100 * change):
        points = round(100 * abs(change))
        if change > 0:
            one, many = "{n} point more than before.", "{n} points more than before."
        else:
            one, many = "{n} point less than before.", "{n} points less than before."
        said.append(count(language, one, many, points))
    if summary.perfect_days:
        one, many = "{n} day was perfect.", "{n} days were perfect."
        said.append(count(language, one, many, summary.perfect_days))
    best, worst = summary.best, summary.worst
    if best is not None and best.rate:
        words = {"name": best.name, "percent": percent(best.rate)}
        said.append(say(language, "Best kept: {name}, {percent} %.", words))
    if worst is not None and worst.rate is not None and worst.rate < 1:
        words = {"name": worst.name, "percent": percent(worst.rate)}
        said.append(say(language, "Least kept: {name}, {percent} %.", words))
    if summary.mood is not None:
        words = {"mood": write_number(round(summary.mood, 1), language)}
        said.append(say(language, "Your mood was {mood} of 5 on average.", words))
    return said


def risks(summary: Summary, language: str) -> list[str]:
    """Say which streaks end today, and what saves each; a plain "done" needs no number."""
    said = []
    for one in summary.at_risk:
        text = "{name}: {streak} in a row; still to do today: {left}."
        if one.measure == "yes_no":
            text = "{name}: {streak} in a row."
        words = {
            "name": one.name,
            "streak": in_words(language, one.streak, one.streak_unit),
            "left": write(one.left, one.measure, one.unit, language),
        }
        said.append(say(language, text, words))
    return said


@router.get("/insight")
async def look(request: Request, me: Visitor, bus: TheBus) -> Response:
    """Show how it went; what goes with what is left out while analytics cannot say."""
    asked = request.query_params.get("period", "week")
    period: Period = next((one for one in PERIODS if one == asked), "week")
    language = known_language(request.scope)
    summary = await bus.ask(GetSummary(period=period, language=language), me)
    try:
        found: Associations | None = await bus.ask(GetAssociations(language=language), me)
    except Refused:
        found = None
    likely = [one.text for one in found.associations if one.likely][:SHOWN] if found else []
    return show(
        request,
        "insight.html",
        period=period,
        periods=PERIODS,
        summary=summary,
        sentences=sentences(summary, language),
        risks=risks(summary, language),
        likely=likely,
        tested=found.tested if found else 0,
        least=found.least if found else 0,
        streak_of=lambda line: in_words(language, line.streak, line.streak_unit),
        percent=lambda share: write_number(round(100 * share), language),
        has_habit_page=is_there(request, "/habits/{habit_id}"),
    )
