"""Patches: what is given is changed, whoever says it, of this version or the one before."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.habit import Target
from contracts.habits import UpdateHabit
from contracts.journal import UpdateEntry
from contracts.reminder_settings import QuietHours, UpdateReminderSettings
from contracts.reminders import UpdateReminder

ONE = UUID(int=1)


def test_what_is_not_given_stays_and_null_clears_what_it_may() -> None:
    patch = UpdateHabit(habit_id=ONE, name="Read", unit=None, target=None, expected_version=3)
    assert patch.changes() == {"name": "Read", "target": None}
    assert UpdateHabit(habit_id=ONE).changes() == {}


words = st.fixed_dictionaries(
    {},
    optional={
        "title": st.none() | st.just("T"),
        "mood": st.none() | st.integers(1, 5),
        "energy": st.none() | st.integers(1, 5),
        "prompt_id": st.none() | st.just("smile"),
        "favourite": st.none() | st.booleans(),
    },
)


@given(words)
def test_what_is_written_is_read_as_it_was(said: dict[str, object]) -> None:
    patch = UpdateEntry.model_validate({"entry_id": ONE, **said})
    again = UpdateEntry.model_validate_json(patch.model_dump_json())
    assert again == patch
    assert again.changes() == patch.changes()


BEFORE = {"habit_id": str(ONE), "name": None, "target": None, "archived": None}


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ({"drop_target": False}, {}),
        ({"drop_target": True}, {"target": None}),
        ({"drop_target": True, "name": "Read"}, {"target": None, "name": "Read"}),
    ],
)
def test_the_version_before_said_every_field(
    said: dict[str, object], changes: dict[str, object]
) -> None:
    assert UpdateHabit.model_validate_json(json.dumps(BEFORE | said)).changes() == changes


def test_the_version_before_listed_what_to_clear() -> None:
    said: dict[str, object] = dict.fromkeys(("mood", "energy", "prompt_id"))
    said |= {"entry_id": str(ONE), "clear": []}
    assert UpdateEntry.model_validate(said).changes() == {}
    said["clear"] = ["energy"]
    assert UpdateEntry.model_validate(said).changes() == {"energy": None}


def test_rooms_of_the_version_before_are_told_what_to_clear() -> None:
    target = UpdateHabit(habit_id=ONE, target=Target(value=3))
    assert target.model_dump(mode="json")["drop_target"] is False
    for patch, flag, raised in (
        (UpdateHabit(habit_id=ONE, target=None), "drop_target", True),
        (UpdateHabit(habit_id=ONE, name="Read"), "drop_target", False),
        (UpdateReminder(reminder_id=ONE, channels=None), "usual_channels", True),
        (UpdateReminderSettings(quiet_hours=None), "no_quiet_hours", True),
        (UpdateEntry(entry_id=ONE, mood=None, energy=2), "clear", ["mood"]),
    ):
        assert json.loads(patch.model_dump_json())[flag] == raised


def test_a_value_that_is_given_raises_no_flag() -> None:
    hours = QuietHours.model_validate({"from": "22:00", "to": "07:00"})
    patch = UpdateReminderSettings(quiet_hours=hours)
    again = UpdateReminderSettings.model_validate_json(patch.model_dump_json())
    assert again.changes() == {"quiet_hours": hours}
