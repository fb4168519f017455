"""Names that nobody can see: refused of whoever gives one, read where they were given before."""

from uuid import UUID

import pytest
from pydantic import ValidationError

from contracts.analytics import AtRisk
from contracts.breaks import AddBreak, BreakAdded
from contracts.habits import CreateHabit, HabitChanged, HabitCreated
from contracts.import_account import HabitReport
from contracts.journal import CreateEntry, EntriesImported, EntryWritten
from contracts.visible import shown, visible

UNSEEN = ["\u200b", "\u0301", "\ufe0f\u2800", "\u0301" * 50, "\u200b" * 40 + "\u0308" * 10]
ANN = {"user_id": UUID(int=1)}
DAYS = {"from": "2026-01-01", "to": "2026-01-02"}


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
@pytest.mark.parametrize("kind", [HabitCreated, HabitChanged])
def test_facts_about_habits_from_before_are_read(
    kind: type[HabitCreated | HabitChanged], unseen: str
) -> None:
    outline = {"name": unseen * 4, "tags": [unseen, "sport"]}
    said = {**ANN, "habit_id": UUID(int=2), "start_day": "2026-01-01", "versions": []}
    read = kind.model_validate({**said, "habit": outline})
    assert read.habit.name == shown(unseen * 4, 200)
    assert read.habit.tags == (shown(unseen, 50), "sport")
    assert visible(read.habit.name) == read.habit.name
    assert kind.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_other_facts_and_reports_from_before_are_read(unseen: str) -> None:
    tag = shown(unseen, 50)
    lived = {"day": "2026-01-01", "at": "2026-01-01T12:00:00Z", "zone": "UTC"}
    entry = {"entry_id": UUID(int=3), **lived, "tags": [unseen]}
    counted = {"read": 1, "imported": 1, "derived": 0, "outcome": "created"}
    rest = BreakAdded.model_validate({**ANN, "break_id": UUID(int=4), **DAYS, "tag": unseen})
    written = EntryWritten.model_validate({**ANN, **entry})
    batch = EntriesImported.model_validate({**ANN, "import_id": UUID(int=5), "entries": [entry]})
    assert rest.tag == tag
    assert written.tags == batch.entries[0].tags == (tag,)
    assert HabitReport.model_validate({"name": unseen, **counted}).name == shown(unseen, 200)
    risk = {"habit_id": UUID(int=6), "name": unseen, "streak": 3, "left": 1}
    assert AtRisk.model_validate(risk).name == shown(unseen, 200)


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_nobody_names_anything_so(unseen: str) -> None:
    for kind, said in (
        (CreateHabit, {"name": unseen}),
        (CreateHabit, {"name": "Walk", "tags": (unseen,)}),
        (AddBreak, {**DAYS, "tag": unseen}),
        (CreateEntry, {"tags": (unseen,)}),
    ):
        with pytest.raises(ValidationError):
            kind.model_validate(said)
