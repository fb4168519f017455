"""The parts of the telegram room, each of which registers what it answers, hears and does."""

from actors.telegram import accounts, attendance, intake, links, notices, own_rows, watch
from actors.telegram.room import room

__all__ = ["accounts", "attendance", "intake", "links", "notices", "own_rows", "room", "watch"]
