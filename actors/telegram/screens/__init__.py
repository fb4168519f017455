"""Screens: what the bot shows and asks, a router each; loaded with aiogram."""

from typing import TYPE_CHECKING

from actors.runtime.settings import Settings
from actors.telegram.outside import load

if TYPE_CHECKING:
    from aiogram import Dispatcher


def dispatcher(settings: Settings) -> "Dispatcher":
    """Put the screens together; the first that wants an update answers it."""
    load()
    from aiogram import Dispatcher

    from actors.telegram.screens import (
        account,
        additions,
        breaks,
        diary,
        gate,
        habit_list,
        insight,
        preferences,
        reminders,
        today,
        unclear,
    )

    made = Dispatcher(disable_fsm=True)
    screens = (
        *(gate, account, today, additions, habit_list, diary, insight, reminders),
        *(breaks, preferences, unclear),
    )
    for screen in screens:
        made.include_router(screen.router(settings))
    return made
