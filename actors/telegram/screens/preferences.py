"""/settings: language, time zone, reminders into this chat; /export: habits and their days."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiogram import Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from actors.runtime.settings import Settings
from actors.telegram.domain import Press
from actors.telegram.screens.filters import InDialog, Pressed, message_of, text_of
from actors.telegram.turn import Turn, button, zone_keyboard
from actors.telegram.zones import REGIONS, zones_at, zones_in
from contracts.check_ins import ListCheckIns
from contracts.habits import ListHabits
from contracts.reminder_settings import GetReminderSettings, UpdateReminderSettings
from contracts.users import ChangeProfile, GetProfile

MAX_PAGES = 200
"""Pages of a hundred check-ins that an export holds, at most."""

LANGUAGES = {"en": "English", "ru": "Русский"}


def router(settings: Settings) -> Router:
    """Make the screen."""
    made = Router(name="preferences")
    made.message.register(show, Command("settings"))
    made.message.register(export, Command("export"))
    made.message.register(clock_written, InDialog("clock"))
    made.callback_query.register(speak, Pressed("lang"))
    made.callback_query.register(ask_clock, Pressed("clock"))
    made.callback_query.register(ask_region, Pressed("regions"))
    made.callback_query.register(region_chosen, Pressed("region"))
    made.callback_query.register(zone_chosen, Pressed("zone"))
    made.callback_query.register(switch_here, Pressed("here"))
    return made


async def show(message: Message, turn: Turn) -> None:
    """Show what can be set."""
    turn.close()
    await send(turn, None)


async def send(turn: Turn, message_id: int | None) -> None:
    """Show what can be set, and how it is."""
    me = await turn.ask(GetProfile())
    here = "telegram" in (await turn.ask(GetReminderSettings())).channels
    clock = datetime.now(UTC).astimezone(ZoneInfo(me.zone)).strftime("%H:%M")
    text = turn.say("Your time zone is {zone}: it is {time} there now.", zone=me.zone, time=clock)
    keyboard = [
        *zone_keyboard(turn.language),
        [
            button(f"{'✅' if me.language == code else '○'} {name}", Press("lang", extra=code))
            for code, name in LANGUAGES.items()
        ],
        [button(f"{'✅' if here else '○'} {turn.say('Reminders come here')}", Press("here"))],
    ]
    if message_id is None:
        turn.send(text, keyboard)
    else:
        turn.edit(message_id, text, keyboard)


async def speak(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Speak another language from now on."""
    if press.extra not in LANGUAGES:
        return
    await turn.ask(ChangeProfile.model_validate({"language": press.extra}))
    turn.chat.language = press.extra
    turn.answer(query.id)
    await send(turn, message_of(query))


async def switch_here(query: CallbackQuery, turn: Turn) -> None:
    """Have reminders come into this chat, or not."""
    channels = [*(await turn.ask(GetReminderSettings())).channels]
    left = [one for one in channels if one != "telegram"]
    given = {"channels": left if "telegram" in channels else [*channels, "telegram"]}
    await turn.ask(UpdateReminderSettings.model_validate(given))
    turn.answer(query.id)
    await send(turn, message_of(query))


async def ask_clock(query: CallbackQuery, turn: Turn) -> None:
    """Ask what the clock says: that tells the zone."""
    turn.answer(query.id)
    turn.open("clock")
    turn.question(turn.say("What does your clock say? Or write your zone."), "14:30")


async def clock_written(message: Message, turn: Turn, dialog: dict[str, str]) -> None:
    """Offer the zones in which the clock says so now, or take the one that was written."""
    found = zones_at(text_of(message), datetime.now(UTC))
    if not found:
        turn.send(turn.say("Please write a time such as 14:30, or a zone such as Europe/Berlin."))
        return
    turn.close()
    if len(found) == 1:
        await take_zone(turn, found[0])
        await send(turn, None)
        return
    offer(turn, found, None)


def offer(turn: Turn, zones: list[str], message_id: int | None) -> None:
    """Offer zones, two in a row."""
    turn.open("zones", zones=zones)
    some = [
        button(name.partition("/")[2].replace("_", " "), Press("zone", extra=str(place)))
        for place, name in enumerate(zones)
    ]
    keyboard = [some[place : place + 2] for place in range(0, len(some), 2)]
    text = turn.say("Which is nearest to you?")
    if message_id is None:
        turn.send(text, keyboard)
    else:
        turn.edit(message_id, text, keyboard)


async def ask_region(query: CallbackQuery, turn: Turn) -> None:
    """Ask for the part of the world."""
    turn.answer(query.id)
    turn.close()
    keyboard = [
        [button(turn.say(name), Press("region", extra=region))]
        for region, (name, _) in REGIONS.items()
    ]
    message_id, text = message_of(query), turn.say("Which part of the world?")
    if message_id is None:
        turn.send(text, keyboard)
    else:
        turn.edit(message_id, text, keyboard)


async def region_chosen(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Offer the zones of the part that was chosen."""
    if press.extra in REGIONS:
        turn.answer(query.id)
        offer(turn, zones_in(press.extra), message_of(query))


async def zone_chosen(query: CallbackQuery, press: Press, turn: Turn) -> None:
    """Take the zone that was chosen."""
    zones = turn.dialog().get("zones", [])
    if not press.extra.isdigit() or int(press.extra) >= len(zones):
        turn.answer(query.id, turn.say("This is over. /settings begins anew."))
        return
    turn.close()
    await take_zone(turn, zones[int(press.extra)])
    turn.answer(query.id)
    await send(turn, message_of(query))


async def take_zone(turn: Turn, zone: str) -> None:
    """Set the zone."""
    await turn.ask(ChangeProfile.model_validate({"zone": zone}))


async def export(message: Message, turn: Turn) -> None:
    """Send all habits with their days as a file."""
    turn.close()
    habits, days = [], []
    cursor = None
    for _ in range(MAX_PAGES):
        found = await turn.ask(ListHabits(archived=None, cursor=cursor))
        habits += [one.model_dump(mode="json") for one in found.habits]
        if (cursor := found.next) is None:
            break
    cursor = None
    for _ in range(MAX_PAGES):
        page = await turn.ask(ListCheckIns(cursor=cursor))
        days += [one.model_dump(mode="json") for one in page.check_ins]
        if (cursor := page.next) is None:
            break
    data = json.dumps({"habits": habits, "check_ins": days}, ensure_ascii=False, indent=1)
    name = f"ritmo-{datetime.now(UTC):%Y-%m-%d}.json"
    turn.document(data.encode(), name, turn.say("Your habits, and all their days."))
