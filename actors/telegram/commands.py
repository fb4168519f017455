"""The commands that Telegram shows beside the field for words, in each language."""

import hashlib
import json
from typing import TYPE_CHECKING

from contracts.speech import LANGUAGES, say

if TYPE_CHECKING:
    from aiogram import Bot

COMMANDS = {
    "today": "What is to be done today",
    "add": "Begin a habit",
    "done": "Log a habit as done",
    "habits": "All your habits",
    "mood": "How are you?",
    "journal": "Write into your diary, or search it",
    "stats": "Pictures: week, month, year",
    "remind": "Reminders",
    "digest": "Summaries by day, week or month",
    "break": "Take a break",
    "settings": "Language and time zone",
    "export": "Take your data with you",
    "link": "Is this chat linked?",
    "help": "What this bot can do",
}
"""Each command and what it is for."""

ABOUT = "Habits, diary and moods, kept on a machine that you trust."
"""What the bot says of itself before it is started."""


async def teach(bot: "Bot", known: str) -> str:
    """Tell Telegram the commands in each language, unless it knows them; return their sum."""
    from aiogram.types import BotCommand

    said = {
        language: [(name, say(language, text)) for name, text in COMMANDS.items()]
        for language in LANGUAGES
    }
    abouts = {language: say(language, ABOUT) for language in LANGUAGES}
    told = hashlib.sha256(json.dumps([said, abouts]).encode()).hexdigest()[:24]
    if told == known:
        return known
    for language in LANGUAGES:
        code = None if language == "en" else language
        listed = [BotCommand(command=name, description=text) for name, text in said[language]]
        await bot.set_my_commands(listed, language_code=code)
        await bot.set_my_description(abouts[language], language_code=code)
        await bot.set_my_short_description(abouts[language], language_code=code)
    return told
