"""/stats: pictures of a week, a month, a year of days, or one habit; and streaks to be shared.

A picture of a habit that came into the chat can be shared in others as Telegram has it; without
one, a streak is shared in words.
"""

from datetime import UTC, datetime, timedelta

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.screens.filters import Pressed
from actors.telegram.turn import PICTURE_PATIENCE, Turn, button, sharing
from contracts.analytics import GetHabitInsight, GetSummary
from contracts.habits import GetHabit, ListHabits
from contracts.pictures import RenderReport
from contracts.quantity import in_words
from storage.telegram import pictures

SHARED = 20
"""Streaks that can be shared, at most."""

FRESH = timedelta(days=1)
"""How old a picture may be that is shared."""

RANGES = {"week": "Week", "month": "Month", "year": "Year"}


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="insight")
    made.message.register(show, Command("stats"))
    made.callback_query.register(draw, Pressed("stat"))
    made.callback_query.register(choose, Pressed("stat_of"))
    made.inline_query.register(share)
    return made


async def show(message: Message, turn: Turn) -> None:
    """Send the picture of this week, with buttons for others."""
    turn.close()
    await send(turn, Press("stat", extra="week"))


async def draw(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Send a picture."""
    turn.answer(query.id)
    await send(turn, press)


async def send(turn: Turn, press: Press) -> None:
    """Draw, and send."""
    language = "ru" if turn.language == "ru" else "en"
    if press.id is not None:
        habit = await turn.ask(GetHabit(habit_id=press.id))
        insight = GetHabitInsight(habit_id=press.id, language=language)
        report, caption, purpose = RenderReport(of=insight), habit.name, f"picture:{press.id}"
        share_ = [sharing(f"↗ {turn.say('Share')}", habit.name)]
    else:
        name = press.extra if press.extra in RANGES else "week"
        period = {"week": "week", "month": "month", "year": "year"}[name]
        summary = GetSummary.model_validate({"period": period, "language": language})
        report, caption, purpose = RenderReport(of=summary), turn.say(RANGES[name]), ""
        share_ = []
    drawn = await turn.ask(report, PICTURE_PATIENCE)
    ranges = [button(turn.say(text), Press("stat", extra=name)) for name, text in RANGES.items()]
    keyboard = [ranges, [button(turn.say("One habit"), Press("stat_of")), *share_]]
    turn.picture(drawn.data, drawn.file_name, caption, keyboard, purpose)


async def choose(query: CallbackQuery, turn: Turn) -> None:
    """Ask which habit."""
    turn.answer(query.id)
    await offer(turn)


async def offer(turn: Turn) -> None:
    """Offer a picture of each habit."""
    found = await turn.ask(ListHabits(limit=30))
    keyboard = [
        [button(one.name, Press("stat", one.habit_id, extra="habit"))] for one in found.habits
    ]
    text = turn.say("Which habit?") if keyboard else turn.say("You have no habits yet.")
    turn.send(text, keyboard)


async def share(query: InlineQuery, turn: Turn) -> None:
    """Offer streaks to be shared in another chat; only what is chosen is seen there."""
    if turn.chat.user_id is None:
        turn.inline(query.id, [])
        return
    found = await turn.ask(ListHabits(limit=100))
    wanted = query.query.strip().lower()
    proud = [one for one in found.habits if one.streak > 0 and wanted in one.name.lower()]
    proud.sort(key=lambda one: -one.streak)
    drawn = await pictures.since(turn.tx, turn.user_id, turn.bot_id, datetime.now(UTC) - FRESH)
    results = list[dict[str, object]]()
    for one in proud[:SHARED]:
        streak = in_words(turn.language, one.streak, one.streak_unit)
        text = f"🔥 {one.name}: {streak}"
        if one.habit_id in drawn:
            photo = {"type": "photo", "id": f"p{one.habit_id.hex}", "caption": text}
            results.append({**photo, "photo_file_id": drawn[one.habit_id]})
        content = {"message_text": text}
        result = {"type": "article", "id": one.habit_id.hex, "title": one.name}
        results.append({**result, "description": streak, "input_message_content": content})
    turn.inline(query.id, results, turn.say("Share a picture"))
