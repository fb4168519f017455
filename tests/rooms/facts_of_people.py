"""Facts as the rooms would tell them, of people who exist only here; and what they add up to."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.breaks import BreakAdded, BreakRemoved
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habit import Outline, Target, Version
from contracts.habits import (
    HabitArchived,
    HabitBinned,
    HabitChanged,
    HabitCreated,
    HabitDeleted,
    HabitRestored,
)
from contracts.imports import CheckInsImported, ImportedDay
from contracts.journal import EntriesImported, EntryDeleted, EntryOutline, EntryWritten
from contracts.message import Fact, new_id
from contracts.users import Profile, ProfileChanged

START = date(2031, 1, 1)
NOW = datetime(2031, 5, 5, 12, tzinfo=UTC)
STATES = ("done", "partial", "skipped", "failed")


@dataclass
class Kept:
    """A habit as its room keeps it."""

    habit_id: UUID
    version: int = 1
    name: str = "Read"
    tags: tuple[str, ...] = ()
    target: float | None = None
    archived: bool = False
    binned: bool = False
    days: dict[date, tuple[float, str, datetime | None]] = field(default_factory=dict)


@dataclass
class Teller:
    """Tells the facts of one person, in order; `habits` and the others are what is true now."""

    user_id: UUID = field(default_factory=new_id)
    facts: list[Fact] = field(default_factory=list)
    profile: Profile | None = None
    profiles: int = 0
    habits: dict[UUID, Kept] = field(default_factory=dict)
    breaks: dict[UUID, tuple[int, int, int, UUID | None, str | None]] = field(default_factory=dict)
    entries: dict[UUID, tuple[int, EntryOutline]] = field(default_factory=dict)
    thrown: dict[UUID, int] = field(default_factory=dict)

    def tell(self, kind: type[Fact], **said: Any) -> None:
        at = NOW + timedelta(seconds=len(self.facts))
        self.facts.append(kind.model_validate({"user_id": self.user_id, "occurred_at": at, **said}))

    def live(self, zone: str) -> None:
        self.profiles += 1
        self.profile = Profile(zone=zone, language="ru" if self.profiles % 2 else "en")
        self.tell(ProfileChanged, version=self.profiles, profile=self.profile)

    def begin(self) -> None:
        habit = Kept(new_id())
        self.habits[habit.habit_id] = habit
        self._outline(HabitCreated, habit)

    def _outline(self, kind: type[Fact], habit: Kept) -> None:
        target = Target(value=habit.target) if habit.target else None
        self.tell(
            kind,
            version=habit.version,
            habit_id=habit.habit_id,
            habit=Outline(name=habit.name, measure="count", tags=habit.tags, target=target),
            start_day=START,
            order=habit.version * 7 % 5,
            versions=(Version(effective_from=START, anchor=START, target=target),),
        )

    def habit(self, number: int) -> Kept:
        if not self.habits:
            self.begin()
        return list(self.habits.values())[number % len(self.habits)]

    def change(self, number: int, much: int) -> None:
        habit = self.habit(number)
        habit.version += 1 + much % 2
        habit.name = f"Read {much}"
        habit.tags = ("calm",) if much % 3 else ()
        habit.target = 1.0 + much if much % 2 else None
        self._outline(HabitChanged, habit)

    def archive(self, number: int) -> None:
        habit = self.habit(number)
        habit.version += 1
        habit.archived = not habit.archived
        self._outline(HabitChanged, habit)
        self._archived(habit)

    def _archived(self, habit: Kept) -> None:
        self.tell(
            HabitArchived,
            version=habit.version,
            habit_id=habit.habit_id,
            archived=habit.archived,
        )

    def bin(self, number: int) -> None:
        """Put a habit into the bin, or take it out."""
        habit = self.habit(number)
        habit.version += 1
        habit.binned = not habit.binned
        kind: type[Fact] = HabitBinned if habit.binned else HabitRestored
        self.tell(kind, version=habit.version, habit_id=habit.habit_id)

    def delete(self, number: int) -> None:
        habit = self.habit(number)
        del self.habits[habit.habit_id]
        self.tell(HabitDeleted, version=habit.version + 1, habit_id=habit.habit_id)

    def log(self, number: int, back: int, value: int) -> None:
        habit, day = self.habit(number), START + timedelta(days=back)
        habit.version += 1
        state = STATES[value % 4]
        self.tell(
            HabitCheckedIn,
            version=habit.version,
            habit_id=habit.habit_id,
            day=day,
            value=value / 4,
            state=state,
            zone="Europe/Berlin",
            source="api",
        )
        habit.days[day] = (value / 4, state, self.facts[-1].occurred_at)

    def empty(self, number: int, back: int) -> None:
        habit, day = self.habit(number), START + timedelta(days=back)
        if day not in habit.days:
            return
        habit.version += 1
        value, state, _ = habit.days.pop(day)
        self.tell(
            CheckInRemoved,
            version=habit.version,
            habit_id=habit.habit_id,
            day=day,
            previous_value=value,
            previous_state=state,
            source="api",
        )

    def fill(self, number: int, first: int, many: int) -> None:
        habit = self.habit(number)
        days = [START + timedelta(days=first + one) for one in range(many)]
        filled = {day: (1.0, "done", None) for day in days if day not in habit.days}
        if filled:
            habit.version += 1
            habit.days |= filled
            self._days(habit, list(filled))

    def _days(self, habit: Kept, days: list[date]) -> None:
        told = [
            ImportedDay(day=day, value=habit.days[day][0], state=habit.days[day][1], at=at)
            for day in days
            for at in [habit.days[day][2]]
        ]
        self.tell(
            CheckInsImported,
            version=habit.version,
            habit_id=habit.habit_id,
            zone="Europe/Berlin",
            check_ins=told,
        )

    def rest(self, first: int, many: int, scope: int) -> None:
        habit_id = self.habit(scope).habit_id if scope % 3 == 1 else None
        tag = "Calm" if scope % 3 == 2 else None
        self._rest(new_id(), 1, first, first + many, habit_id, tag)

    def move(self, number: int, first: int, many: int) -> None:
        if self.breaks:
            break_id = list(self.breaks)[number % len(self.breaks)]
            version, _, _, habit_id, tag = self.breaks[break_id]
            self._rest(break_id, version + 1, first, first + many, habit_id, tag)

    def _rest(
        self, break_id: UUID, version: int, first: int, last: int, habit_id: UUID | None, tag: Any
    ) -> None:
        self.breaks[break_id] = (version, first, last, habit_id, tag)
        span = {"from": START + timedelta(days=first), "to": START + timedelta(days=last)}
        about = {"break_id": break_id, "habit_id": habit_id, "tag": tag, "reason": "ill"}
        self.tell(BreakAdded, version=version, **span, **about)

    def unrest(self, number: int) -> None:
        if self.breaks:
            break_id = list(self.breaks)[number % len(self.breaks)]
            version = self.breaks.pop(break_id)[0]
            self.tell(BreakRemoved, version=version + 1, break_id=break_id)

    def write(self, number: int, back: int, mood: int) -> None:
        """Write an entry, or change one, or bring one back."""
        known = [*self.entries, *self.thrown]
        entry_id = known[number % len(known)] if known and number % 2 else new_id()
        version = self.thrown.pop(entry_id, 0) or self.entries.get(entry_id, (0,))[0]
        outline = self._entry(entry_id, back, mood)
        self.entries[entry_id] = (version + 1, outline)
        self.tell(EntryWritten, version=version + 1, **outline.model_dump())

    def _entry(self, entry_id: UUID, back: int, mood: int) -> EntryOutline:
        return EntryOutline(
            entry_id=entry_id,
            day=START + timedelta(days=back),
            at=NOW - timedelta(hours=back),
            zone="Asia/Tokyo",
            mood=mood or None,
            tags=("work", "rain")[:mood],
            habit_ids=tuple(self.habits)[:mood],
        )

    def bring(self, first: int, many: int) -> None:
        outlines = [self._entry(new_id(), first + one, one % 6) for one in range(many)]
        if outlines:
            self.entries |= {outline.entry_id: (1, outline) for outline in outlines}
            self.tell(EntriesImported, import_id=new_id(), entries=outlines)

    def throw(self, number: int) -> None:
        if self.entries:
            entry_id = list(self.entries)[number % len(self.entries)]
            version = self.entries.pop(entry_id)[0] + 1
            self.thrown[entry_id] = version
            self.tell(EntryDeleted, version=version, entry_id=entry_id)
