"""The parts of the analytics room, each of which registers what it answers and hears."""

from actors.analytics import digests, fact_list, files, own_rows, reports
from actors.analytics.room import room

__all__ = ["digests", "fact_list", "files", "own_rows", "reports", "room"]
