"""Habits, as the room follows them, and their cues, of which no fact tells."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.habit import Kind, Measure
from contracts.keeping.promise import Promise
from storage.replica.rows import versions_of


class RemindedHabit(NamedTuple):
    """A habit: `promise` None while no fact has told what it is, `cue` None while nobody asked.

    `gone`: it was deleted, for good or into the bin.
    """

    habit_id: UUID
    gone: bool
    archived: bool
    name: str
    measure: str
    unit: str
    tags: tuple[str, ...]
    promise: Promise | None
    cue: str | None = None


def read_promise(kind: str, measure: str, start: date, versions: str | None) -> Promise | None:
    """Read a promise off its columns; None if there is none.

    One that cannot be read (any more) holds up nobody: it counts as gone.
    """
    if versions is None:
        return None
    try:
        return _promise(kind, measure, start, versions)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _promise(kind: str, measure: str, start: date, versions: str) -> Promise:
    return Promise(cast(Kind, kind), cast(Measure, measure), start, versions_of(versions))


_FIND = text(
    "SELECT h.*, c.cue FROM reminders.habits h LEFT JOIN reminders.cues c"
    " ON c.user_id = h.user_id AND c.habit_id = h.habit_id WHERE h.user_id = :user_id"
)
_SAVE_CUE = text(
    "INSERT INTO reminders.cues (user_id, habit_id, cue)"
    " SELECT user_id, habit_id, :cue FROM reminders.habits"
    " WHERE user_id = :user_id AND habit_id = :habit_id AND NOT deleted"
    " ON CONFLICT (user_id, habit_id) DO UPDATE SET cue = excluded.cue"
)


async def find_all(tx: AsyncConnection, user_id: UUID) -> dict[UUID, RemindedHabit]:
    """Return all habits of a person, those that are gone, too."""
    return {
        row.habit_id: RemindedHabit(
            row.habit_id,
            row.deleted or row.binned,
            row.archived,
            row.name or "",
            row.measure or "yes_no",
            row.unit or "",
            tuple(row.tags or ()),
            read_promise(row.kind, row.measure, row.start_day, row.versions),
            row.cue,
        )
        for row in await tx.execute(_FIND, {"user_id": user_id})
    }


async def save_cue(tx: AsyncConnection, user_id: UUID, habit_id: UUID, cue: str) -> None:
    """Note the cue of a habit that is known."""
    await tx.execute(_SAVE_CUE, {"user_id": user_id, "habit_id": habit_id, "cue": cue})
