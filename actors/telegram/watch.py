"""Facts of other rooms spoil the list of today in a chat; then it is looked at, and drawn again."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.delegation import RoomBus
from actors.telegram.room import room
from actors.telegram.today import drawn
from actors.telegram.turn import Turn
from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habits import (
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
)
from contracts.imports import CheckInsImported, HabitsImported
from contracts.message import Fact, Refused
from storage.session import transaction
from storage.telegram import chats

log = structlog.get_logger()

SPOILING = (
    *(HabitCheckedIn, CheckInRemoved, HabitCreated, HabitChanged, HabitArchived, HabitBinned),
    *(HabitRestored, HabitDeleted, BreakAdded, BreakRemoved, HabitsImported, CheckInsImported),
)
"""Facts after which the list of today may show something else."""


async def note_news(tx: AsyncConnection, facts: Sequence[Fact]) -> None:
    """Note whose list may show something else now."""
    for user_id in sorted({fact.user_id for fact in facts}):
        await chats.spoil(tx, user_id)


room.gather(SPOILING, note_news)


async def redraw(engine: AsyncEngine, bus: RoomBus) -> bool:
    """Look at one list that was spoilt, and change its message if it shows something else."""
    try:
        async with transaction(engine) as tx:
            chat = await chats.claim_stale(tx)
            if chat is None:
                return False
            if chat.user_id is None or chat.today_message is None:
                return True
            turn = Turn(tx, bus, chat, f"telegram:list:{chat.chat_id}:{datetime.now(UTC)}")
            text, keyboard, shown = await drawn(turn, chat.today_day)
            if shown != chat.today_shown:
                turn.edit(chat.today_message, text, keyboard, purpose="today")
                chat.today_shown = shown
                await chats.save(tx, chat)
                await turn.end()
    except Refused as no:
        log.info("list not drawn", why=no.code)
        return False
    return True
