"""What the room tells of habits and their days. Notes and other words of a person stay at home."""

from datetime import UTC, date, datetime
from typing import cast

from actors.habits.kept import versions_of
from contracts.check_ins import CheckInRemoved, HabitCheckedIn
from contracts.habit import CheckInState, Measure, Outline, Source, number_of
from contracts.habits import HabitArchived, HabitChanged
from contracts.message import Fact
from contracts.principal import Principal
from contracts.quantity import unit_of
from storage.check_ins import CheckInRow
from storage.habits import HabitRow


def outline_of(row: HabitRow) -> Outline:
    """Return what every room may know of a habit."""
    last = versions_of(row.versions)[-1]
    return Outline.model_validate(
        {
            "name": row.name,
            "kind": row.kind,
            "measure": row.measure,
            "unit": unit_of(cast(Measure, row.measure), row.unit),
            "target": last.target,
            "schedule": last.schedule,
            "tags": row.tags,
            "colour": row.colour,
            "icon": row.icon,
        }
    )


def facts_of(before: HabitRow, after: HabitRow) -> list[Fact]:
    """Tell how a habit changed."""
    facts: list[Fact] = [
        HabitChanged(
            user_id=after.user_id,
            version=after.version,
            habit_id=after.id,
            habit=outline_of(after),
            start_day=after.start_day,
            versions=versions_of(after.versions),
            order=after.position,
        )
    ]
    if before.archived != after.archived:
        facts.append(
            HabitArchived(
                occurred_at=after.archived_at or datetime.now(UTC),
                user_id=after.user_id,
                version=after.version,
                habit_id=after.id,
                archived=after.archived,
            )
        )
    return facts


def fact_of(
    who: Principal,
    row: HabitRow,
    day: date,
    before: CheckInRow | None,
    after: CheckInRow | None,
    zone: str,
    source: Source,
    *,
    version: int | None = None,
) -> Fact:
    """Tell what became of a day in a zone, and where it was if that is known better.

    `version`: the habit's next.
    """
    version = version or row.version + 1
    if after is not None:
        origin = after.origin
        at = origin.at if origin else None
        return HabitCheckedIn(
            occurred_at=at or datetime.now(UTC),
            at=at,
            user_id=who.user_id,
            version=version,
            habit_id=row.id,
            day=day,
            value=number_of(after.value),
            state=cast(CheckInState, after.state),
            previous_value=number_of(before.value) if before else None,
            previous_state=cast(CheckInState, before.state) if before else None,
            zone=origin.zone if origin else zone,
            source=source,
        )
    if before is None:
        raise ValueError("an empty day was emptied")
    return CheckInRemoved(
        user_id=who.user_id,
        version=version,
        habit_id=row.id,
        day=day,
        previous_value=number_of(before.value),
        previous_state=cast(CheckInState, before.state),
        source=source,
    )
