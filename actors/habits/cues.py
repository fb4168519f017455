"""Cues are words of a person, so no fact tells of them: the reminders room is asked to note one."""

from uuid import UUID

import structlog

from contracts.bus import Bus, deadline_in
from contracts.message import Refused
from contracts.principal import Principal
from contracts.reminders import NoteCue

log = structlog.get_logger()

PATIENCE = 1.0
"""Seconds that a change of a habit waits for the reminders room, at most."""


async def pass_on(bus: Bus, who: Principal, habit_id: UUID, cue: str) -> None:
    """Let the mails of a habit show its new cue; where that does not work, they show the old."""
    try:
        command = NoteCue(habit_id=habit_id, cue=cue)
        await bus.ask(command, who, deadline=deadline_in(PATIENCE))
    except Refused as no:
        log.info("cue not passed on", habit=str(habit_id), why=no.code)
