"""Rows of habits as an archive has them, and what they must be to make sense here. Pure."""

import json
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError, field_validator

from actors.habits.domain import check_plan, check_unit
from actors.runtime.restores import ArchivedRow
from contracts.breaks import Rest
from contracts.habit import (
    CheckInState,
    Colour,
    Icon,
    KeptName,
    KeptTag,
    KeptTags,
    Kind,
    Line,
    Measure,
    Note,
    Source,
    Unit,
    Version,
    number_of,
)
from contracts.keeping.entry import logged
from contracts.keeping.promise import Promise
from contracts.message import Invalid
from contracts.time import Day, Zone

MAX_VERSIONS = 1_000
"""Schedules and targets of a habit, at most."""

Counted = Annotated[int, Field(ge=0, le=10**12, strict=True)]
"""Thousandths."""

_versions: TypeAdapter[tuple[Version, ...]] = TypeAdapter(
    Annotated[tuple[Version, ...], Field(min_length=1, max_length=MAX_VERSIONS)]
)


class ArchivedHabit(ArchivedRow):
    """A habit."""

    id: UUID
    position: Annotated[int, Field(ge=0, le=1_000_000)]
    name: KeptName
    kind: Kind
    measure: Measure
    unit: Unit
    tags: KeptTags
    colour: Colour
    icon: Icon
    cue: Line
    question: Line
    description: Note
    archived: bool
    start_day: Day
    start_given: bool
    imported_from: Annotated[str, Field(max_length=400)] | None
    versions: str
    created_at: AwareDatetime
    binned_at: AwareDatetime | None
    archived_at: AwareDatetime | None

    @field_validator("versions")
    @classmethod
    def _readable(cls, text: str) -> str:
        """Refuse what are no versions, or are out of order."""
        versions = _versions.validate_json(text)
        days = [one.effective_from for one in versions]
        if days != sorted(set(days)):
            raise ValueError("the versions are out of order")
        return text

    @property
    def plan(self) -> tuple[Version, ...]:
        """Return the schedules and targets."""
        return _versions.validate_json(self.versions)

    @property
    def promise(self) -> Promise:
        """Return the promise that the habit is."""
        return Promise(self.kind, self.measure, self.start_day, self.plan)

    def check(self) -> None:
        """Refuse with `Invalid` what does not go together."""
        check_unit(self.measure, self.unit)
        for version in self.plan:
            begin = max(version.effective_from, version.anchor)
            check_plan(self.kind, self.measure, version.target, version.schedule, begin)


class ArchivedBreak(ArchivedRow):
    """A break."""

    id: UUID
    first_day: Day
    last_day: Day
    habit_id: UUID | None
    tag: KeptTag | None
    reason: Line
    created_at: AwareDatetime

    def check(self) -> None:
        """Refuse with `Invalid` what does not go together."""
        said = {"from": self.first_day, "to": self.last_day, "habit_id": self.habit_id}
        try:
            Rest.model_validate({**said, "tag": self.tag, "reason": self.reason})
        except ValidationError:
            raise Invalid("row_unreadable", "This is no break.") from None


class ArchivedCheckIn(ArchivedRow):
    """A day of a habit."""

    habit_id: UUID
    day: Day
    value: Counted
    state: CheckInState
    note: Note
    at: AwareDatetime | None
    zone: Zone
    source: Source

    def check(self, promise: Promise) -> None:
        """Refuse with `Invalid` what could not have been logged."""
        if self.day < promise.start:
            raise Invalid("day_out_of_range", "The habit began later.")
        given: CheckInState | None = "skipped" if self.state == "skipped" else None
        said = logged(promise, self.day, number_of(self.value), given)
        if said != (self.value, self.state):
            raise Invalid("state_contradicts_value", "The day says something else.")


class ArchivedEntry(ArchivedRow):
    """What a day said before or after a change, as `rows.dump_entry` writes it."""

    value: Counted
    state: CheckInState
    note: Note
    at: AwareDatetime | None = None
    zone: Zone | None = None
    source: Source | None = None
    import_id: UUID | None = None


class ArchivedChange(ArchivedRow):
    """A change to a day."""

    id: UUID
    habit_id: UUID
    day: Day
    before: Annotated[str, Field(max_length=4_000)] | None
    after: Annotated[str, Field(max_length=4_000)] | None
    source: Source
    made_by: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    made_at: AwareDatetime
    undone: bool

    @field_validator("before", "after")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        """Refuse what no day says."""
        if text is not None:
            said = json.loads(text)
            if not isinstance(said, list) or not 3 <= len(said) <= 7:
                raise ValueError("this is no entry")
            ArchivedEntry.model_validate(dict(zip(ArchivedEntry.model_fields, said, strict=False)))
        return text
