"""Which habits of a file were imported before: by their names, and by what is in them."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.habits.found import FoundHabit
from actors.habits.match import Said, Trait, pairs_of
from actors.habits.rows import versions_of
from contracts.message import Invalid
from contracts.time import FIRST_DAY, LAST_DAY
from storage import check_ins
from storage.habits import HabitRow

Sorted = tuple[FoundHabit, str, HabitRow | None]
"""A habit of a file, the key under which it is kept, and the habit that it is already, if any."""


class KnownHabits:
    """The habits that a person has from a tracker, by the names that they had there."""

    def __init__(self, tx: AsyncConnection, tracker: str, rows: Sequence[HabitRow]) -> None:
        """Know these."""
        self._tx, self._tracker = tx, tracker
        self._rows: dict[str, list[HabitRow]] = defaultdict(list)
        self._numbers: dict[str, int] = defaultdict(int)
        for row in rows:
            tracker_of, _, rest = (row.imported_from or "").partition(":")
            name, _, number = rest.rpartition(":")
            if tracker_of == tracker and number.isdecimal():
                self._rows[name].append(row)
                self._numbers[name] = max(self._numbers[name], int(number))

    async def sorted(self, found: Sequence[FoundHabit]) -> list[Sorted]:
        """Say of each which it is; one of which that is not certain is refused."""
        groups: dict[str, list[int]] = defaultdict(list)
        for at, one in enumerate(found):
            groups[one.name].append(at)
        self._follow_renamed(groups)
        result: dict[int, Sorted] = {}
        for name, places in groups.items():
            rows = self._rows.get(name, [])
            for at, pair in zip(places, await self._pairs(found, places, rows), strict=True):
                one, row = found[at], None if pair is None or pair < 0 else rows[pair]
                if pair == -1 and one.refused is None:
                    one = replace(one, create=None, refused=_twin(name))
                if row is not None and row.binned_at is not None:
                    one, row = replace(one, create=None, refused=_binned(name)), None
                result[at] = one, (row.imported_from or "") if row else self._key(name), row
        return [result[at] for at in range(len(found))]

    def _follow_renamed(self, groups: dict[str, list[int]]) -> None:
        """Find habits that were renamed there and here alike, if no other has their old name."""
        old = {name: rows for name, rows in self._rows.items() if name not in groups}
        for name, rows in old.items():
            for row in rows:
                if row.name != name and row.name in groups and row.name not in self._rows:
                    self._rows[row.name] = [row]

    async def _pairs(
        self, found: Sequence[FoundHabit], places: list[int], rows: list[HabitRow]
    ) -> list[int | None]:
        if not rows or len(places) == len(rows) == 1:
            return [0 if rows else None] * len(places)
        there = [await asyncio.to_thread(_found_trait, found[at]) for at in places]
        here = [await self._kept_trait(row) for row in rows]
        return pairs_of(there, here)

    async def _kept_trait(self, row: HabitRow) -> Trait:
        entries = await check_ins.between(self._tx, row.id, FIRST_DAY, LAST_DAY)
        version = versions_of(row.versions)[-1]
        days: dict[date, Said] = {
            one.day: "skipped" if one.state == "skipped" else one.value for one in entries
        }
        words = (row.measure, version.schedule, version.target, row.unit, row.colour, row.question)
        return Trait(days, (*map(str, words), row.description, row.name))

    def _key(self, name: str) -> str:
        """Make the key of a new habit."""
        self._numbers[name] += 1
        return f"{self._tracker}:{name}:{self._numbers[name]}"


def _found_trait(one: FoundHabit) -> Trait:
    days: dict[date, Said] = {}
    for chunk in one.entries():
        for entry in chunk:
            said: Said | None = entry.state if entry.value is None else entry.value
            days[entry.day] = said or 0
    made = one.create
    if made is None:
        return Trait(days)
    words = (made.measure, made.schedule, made.target, made.unit, made.colour, made.question)
    return Trait(days, (*map(str, words), made.description, made.name))


def _binned(name: str) -> Invalid:
    text = "{name} lies in the bin. Bring it back, or delete it for good, and import once more."
    return Invalid("import_habit_binned", text, name=name)


def _twin(name: str) -> Invalid:
    text = (
        "Several habits are called {name}, and it is not certain which of them this one is. Give "
        "them different names, there and here alike, and import once more."
    )
    return Invalid("import_habit_twin", text, name=name)
