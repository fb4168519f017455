"""Habits: /v1/habits, their order, their tags and their streaks."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from contracts.check_ins import GetStreaks, Streaks
from contracts.habit import EACH_TAG_ONCE, Habit, Tag, Words
from contracts.habits import (
    CreateHabit,
    DeleteHabit,
    GetHabit,
    Habits,
    ListHabits,
    ListTags,
    ReorderHabits,
    ReorderTags,
    RestoreHabit,
    TagCounts,
    UpdateHabit,
)
from contracts.time import Day
from gateway.answers import answer, created, etag_of, listed, nothing, versioned
from gateway.bodies import Body, Said, changes_of, given, resource
from gateway.deps import (
    NOT_MODIFIED,
    Expected,
    HabitId,
    IfNoneMatch,
    Key,
    PageCursor,
    TheBus,
    YesNo,
)
from gateway.identity import Me

router = resource("habits", "What is to be done, how much and when.")

ARCHIVED: dict[str, bool | None] = {"true": True, "false": False, "all": None}
Archived = Annotated[
    Literal["true", "false", "all"], Query(description="Habits laid aside, in use, or all.")
]


class NewHabit(Words):
    """A new habit. Only `name` is needed: yes or no, every day, from today."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "Read ten pages"},
                {
                    "name": "Run",
                    "measure": "amount",
                    "unit": "km",
                    "target": {"value": 15, "per": "week"},
                    "schedule": {"every": "times", "times": 3, "per": "week"},
                    "tags": ["health"],
                },
            ]
        },
    )
    start_day: Day | None = None
    """The first logical day that counts; today, if not given."""


if TYPE_CHECKING:
    HabitChanges = BaseModel
else:
    HabitChanges = changes_of(
        "HabitChanges",
        UpdateHabit,
        of=Habit,
        example={"name": "Read twenty pages", "schedule": {"every": "weekdays", "days": ["mon"]}},
    )


class Order(Body):
    """Habits in the order in which they are to stand."""

    habit_ids: tuple[UUID, ...] = Field(min_length=1, max_length=500)
    """Habits, in the order in which they are to stand."""


class TagOrder(Body):
    """Tags in the order in which they are to stand."""

    tags: Annotated[tuple[Tag, ...], EACH_TAG_ONCE] = Field(min_length=1, max_length=500)
    """Tags, in the order in which they are to stand."""


def etag(habit: Habit) -> dict[str, str]:
    """Write a habit's ETag."""
    return {"ETag": etag_of(habit.version, habit.model_dump_json())}


@router.get("/v1/habits", response_model=Habits, responses=NOT_MODIFIED, summary="List habits")
async def list_habits(
    me: Me,
    bus: TheBus,
    archived: Archived = "false",
    tag: Annotated[Tag | None, Query(description="Only habits that bear this tag.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 100,
    deleted: Annotated[YesNo, Query(description="Those in the bin, instead.")] = False,
    cursor: PageCursor = None,
    known: IfNoneMatch = None,
) -> Response:
    """List the caller's habits in their order."""
    query = ListHabits(
        archived=ARCHIVED[archived], tag=tag, deleted=deleted, limit=limit, cursor=cursor
    )
    return listed(await bus.ask(query, me), known)


@router.post("/v1/habits", status_code=201, response_model=Habit, summary="Begin a habit")
async def create_habit(body: Said[NewHabit], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Begin a habit."""
    habit = await bus.ask(CreateHabit(**given(body)), me, idempotency_key=key)
    return created(habit, f"/v1/habits/{habit.habit_id}", etag(habit)["ETag"])


@router.get(
    "/v1/habits/{habit_id}",
    response_model=Habit,
    responses=NOT_MODIFIED,
    summary="Get a habit",
)
async def get_habit(habit_id: HabitId, me: Me, bus: TheBus, known: IfNoneMatch = None) -> Response:
    """Get one habit, with its streaks, its score and all its versions."""
    habit = await bus.ask(GetHabit(habit_id=habit_id), me)
    return versioned(habit, habit.version, known, moves=True)


@router.patch("/v1/habits/{habit_id}", response_model=Habit, summary="Change a habit")
async def update_habit(
    habit_id: HabitId,
    body: Said[HabitChanges],
    me: Me,
    bus: TheBus,
    expected: Expected,
    key: Key = None,
) -> Response:
    """Change a habit. A new schedule or target holds from a day on; the past stays as it was."""
    command = UpdateHabit(habit_id=habit_id, expected_version=expected, **given(body))
    habit = await bus.ask(command, me, idempotency_key=key)
    return answer(habit, headers=etag(habit))


@router.delete("/v1/habits/{habit_id}", status_code=204, summary="Delete a habit")
async def delete_habit(
    habit_id: HabitId,
    me: Me,
    bus: TheBus,
    expected: Expected,
    forever: Annotated[YesNo, Query(description="At once and for good.")] = False,
    key: Key = None,
) -> Response:
    """Delete a habit with all that belongs to it. For 30 days it can be restored."""
    command = DeleteHabit(habit_id=habit_id, forever=forever, expected_version=expected)
    await bus.ask(command, me, idempotency_key=key)
    return nothing()


@router.post("/v1/habits/{habit_id}/restore", response_model=Habit, summary="Restore a habit")
async def restore_habit(habit_id: HabitId, me: Me, bus: TheBus, key: Key = None) -> Response:
    """Take a deleted habit out of the bin, as if it had never been there."""
    habit = await bus.ask(RestoreHabit(habit_id=habit_id), me, idempotency_key=key)
    return answer(habit, headers=etag(habit))


@router.get("/v1/habits/{habit_id}/streaks", response_model=Streaks, summary="List streaks")
async def list_streaks(habit_id: HabitId, me: Me, bus: TheBus) -> Response:
    """List all streaks of a habit, newest first."""
    return answer(await bus.ask(GetStreaks(habit_id=habit_id), me))


@router.put("/v1/habit-order", status_code=204, summary="Order habits")
async def reorder_habits(body: Said[Order], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Put these habits first, in this order; the others follow as they were."""
    await bus.ask(ReorderHabits(habit_ids=body.habit_ids), me, idempotency_key=key)
    return nothing()


@router.put("/v1/tag-order", status_code=204, summary="Order tags")
async def reorder_tags(body: Said[TagOrder], me: Me, bus: TheBus, key: Key = None) -> Response:
    """Put these tags first, in this order; the others follow by name."""
    await bus.ask(ReorderTags(tags=body.tags), me, idempotency_key=key)
    return nothing()


@router.get("/v1/tags", response_model=TagCounts, summary="List tags")
async def list_tags(me: Me, bus: TheBus) -> Response:
    """List the tags in use, in one's own order, and how many habits bear each."""
    return answer(await bus.ask(ListTags(), me))
