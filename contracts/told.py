"""The facts that people are told of their own: as live updates, and at the message broker."""

from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habits import (
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
    StreakReached,
)
from contracts.imports import CheckInsImported, HabitsImported
from contracts.journal import EntriesImported, EntryDeleted, EntryWritten
from contracts.message import Fact
from contracts.notifications import ChannelsChanged
from contracts.scopes import read_scope
from contracts.users import ProfileChanged

TOLD: tuple[type[Fact], ...] = (
    HabitCreated,
    HabitChanged,
    HabitArchived,
    HabitBinned,
    HabitRestored,
    HabitDeleted,
    HabitCheckedIn,
    CheckInRemoved,
    StreakReached,
    HabitsImported,
    CheckInsImported,
    BreakAdded,
    BreakRemoved,
    EntryWritten,
    EntryDeleted,
    EntriesImported,
    ChannelsChanged,
    ProfileChanged,
)
"""The facts that people are told of their own."""


def scope_of_fact(fact: type[Fact]) -> str:
    """Return the scope by which somebody is told of such facts."""
    area = fact.address.partition(".")[0]
    return read_scope("profile" if area == "users" else area)
