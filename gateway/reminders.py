"""Reminders: /v1/reminders, what they propose and why they come, and how one wants them."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from contracts.reminder_proposals import AcceptProposal, ExplainReminder, GetProposal, Proposal, Why
from contracts.reminder_settings import (
    GetReminderSettings,
    ReminderSettings,
    SetReminderSettings,
    SettingsWords,
    UpdateReminderSettings,
)
from contracts.reminders import (
    CreateReminder,
    DeleteReminder,
    GetReminder,
    GiveFeedback,
    ListReminders,
    Reminder,
    Reminders,
    ReminderWords,
    Snooze,
    SnoozeReminder,
    UpdateReminder,
)
from contracts.schedule import Weekday
from gateway.answers import answer, created, etag_of, listed, nothing, versioned
from gateway.bodies import Body, Said, changes_of, given, resource
from gateway.deps import NOT_MODIFIED, Expected, IfNoneMatch, Key, TheBus
from gateway.identity import Me
from gateway.language import profile_language
from gateway.problems import documented

router = resource(
    "reminders", "When to be reminded and why, on which ways, and what became of each message."
)

ReminderId = Annotated[
    UUID, Path(description="Which reminder.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]
OfHabit = Annotated[UUID | None, Query(description="Only reminders of this habit.")]


class NewReminder(ReminderWords):
    """A new reminder, of a habit or of what its text says."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "Write a line", "times": ["21:00"], "unless_written": True},
                {
                    "habit_id": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "times": ["08:00", "20:00"],
                    "weekdays": ["mon", "wed", "fri"],
                },
                {
                    "habit_id": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "kind": "at_risk",
                    "times": ["20:30"],
                    "streak": 7,
                },
            ]
        },
    )


if TYPE_CHECKING:
    ReminderChanges = BaseModel
else:
    ReminderChanges = changes_of(
        "ReminderChanges",
        UpdateReminder,
        of=Reminder,
        example={"times": ["07:30"], "enabled": True},
    )


class SnoozeFor(Snooze):
    """For how long a reminder is to be silent: so many minutes, or until tomorrow."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"minutes": 30}]})


class Feedback(Body):
    """What to say to a reminder; `weekday` goes with `never`: only that day is meant."""

    feedback: Literal["earlier", "later", "never"]
    """Earlier, later, or never again."""
    weekday: Weekday | None = None
    """The only day of the week that `never` is meant for."""


if TYPE_CHECKING:
    SettingsChanges = BaseModel
else:
    SettingsChanges = changes_of(
        "SettingsChanges",
        UpdateReminderSettings,
        of=ReminderSettings,
        example={"digests": ["week"]},
    )


class NewSettings(SettingsWords):
    """How to be reminded; what is not given is as for somebody new."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "quiet_hours": {"from": "22:00", "to": "07:00"},
                    "channels": ["email"],
                    "digests": ["week"],
                    "digest_at": "08:00",
                }
            ]
        },
    )


def etag(reminder: Reminder) -> dict[str, str]:
    """Write a reminder's ETag."""
    return {"ETag": etag_of(reminder.version, reminder.model_dump_json())}


# Before those of one reminder: routes are tried in order.
@router.get(
    "/v1/reminders/settings",
    response_model=ReminderSettings,
    responses=NOT_MODIFIED,
    summary="Get how to be reminded",
)
async def get_reminder_settings(me: Me, bus: TheBus, known: IfNoneMatch = None) -> Response:
    """Get quiet hours, channels and digests."""
    settings = await bus.ask(GetReminderSettings(), me)
    return versioned(settings, settings.version, known, moves=False)


@router.put(
    "/v1/reminders/settings", response_model=ReminderSettings, summary="Set how to be reminded"
)
async def set_reminder_settings(
    body: Said[NewSettings], me: Me, bus: TheBus, expected: Expected, key: Key = None
) -> Response:
    """Set quiet hours, channels and digests, all at once: what is not given is as for somebody new.

    PATCH changes what is given, and nothing else.
    """
    command = SetReminderSettings(expected_version=expected, **given(body))
    settings = await bus.ask(command, me, idempotency_key=key)
    return answer(settings, headers={"ETag": etag_of(settings.version)})


@router.patch(
    "/v1/reminders/settings", response_model=ReminderSettings, summary="Change how to be reminded"
)
async def update_reminder_settings(
    body: Said[SettingsChanges], me: Me, bus: TheBus, expected: Expected, key: Key = None
) -> Response:
    """Change some of quiet hours, channels and digests; `quiet_hours` null takes them away."""
    command = UpdateReminderSettings(expected_version=expected, **given(body))
    settings = await bus.ask(command, me, idempotency_key=key)
    return answer(settings, headers={"ETag": etag_of(settings.version)})


@router.get(
    "/v1/reminders", response_model=Reminders, responses=NOT_MODIFIED, summary="List reminders"
)
async def list_reminders(
    me: Me, bus: TheBus, habit_id: OfHabit = None, known: IfNoneMatch = None
) -> Response:
    """List the caller's reminders, in the order in which they were made."""
    return listed(await bus.ask(ListReminders(habit_id=habit_id), me), known)


@router.post("/v1/reminders", status_code=201, response_model=Reminder, summary="Make a reminder")
async def create_reminder(
    body: Said[NewReminder], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Make a reminder."""
    made = await bus.ask(CreateReminder(**given(body)), me, idempotency_key=key)
    return created(made, f"/v1/reminders/{made.reminder_id}", etag(made)["ETag"])


@router.get(
    "/v1/reminders/{reminder_id:uuid}",
    response_model=Reminder,
    responses=NOT_MODIFIED,
    summary="Get a reminder",
)
async def get_reminder(
    reminder_id: ReminderId, me: Me, bus: TheBus, known: IfNoneMatch = None
) -> Response:
    """Get a reminder: when it comes next, and what became of its last times."""
    reminder = await bus.ask(GetReminder(reminder_id=reminder_id), me)
    return versioned(reminder, reminder.version, known, moves=True)


@router.patch(
    "/v1/reminders/{reminder_id:uuid}", response_model=Reminder, summary="Change a reminder"
)
async def update_reminder(
    reminder_id: ReminderId,
    body: Said[ReminderChanges],
    me: Me,
    bus: TheBus,
    expected: Expected,
    key: Key = None,
) -> Response:
    """Change a reminder; `channels` null lets it go by the settings again."""
    command = UpdateReminder(reminder_id=reminder_id, expected_version=expected, **given(body))
    reminder = await bus.ask(command, me, idempotency_key=key)
    return answer(reminder, headers=etag(reminder))


@router.delete("/v1/reminders/{reminder_id:uuid}", status_code=204, summary="Delete a reminder")
async def delete_reminder(
    reminder_id: ReminderId, me: Me, bus: TheBus, expected: Expected, key: Key = None
) -> Response:
    """Delete a reminder and its history."""
    command = DeleteReminder(reminder_id=reminder_id, expected_version=expected)
    await bus.ask(command, me, idempotency_key=key)
    return nothing()


@router.post(
    "/v1/reminders/{reminder_id}/snooze", response_model=Reminder, summary="Snooze a reminder"
)
async def snooze_reminder(
    reminder_id: ReminderId, body: Said[SnoozeFor], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Let a reminder come again after some minutes, or rest until tomorrow."""
    command = SnoozeReminder(reminder_id=reminder_id, **given(body))
    reminder = await bus.ask(command, me, idempotency_key=key)
    return answer(reminder, headers=etag(reminder))


@router.post(
    "/v1/reminders/{reminder_id}/feedback",
    response_model=Reminder,
    summary="Say earlier, later or never",
)
async def give_feedback(
    reminder_id: ReminderId, body: Said[Feedback], me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Move a reminder by 30 minutes, or switch it off, altogether or for a day of the week."""
    command = GiveFeedback(reminder_id=reminder_id, **given(body))
    reminder = await bus.ask(command, me, idempotency_key=key)
    return answer(reminder, headers=etag(reminder))


@router.get(
    "/v1/reminders/{reminder_id}/why", response_model=Why, summary="Ask why a reminder comes"
)
async def explain_reminder(
    request: Request, reminder_id: ReminderId, me: Me, bus: TheBus
) -> Response:
    """Say in words why a reminder comes when it does, with the numbers behind them."""
    language = await profile_language(request.scope)
    return answer(await bus.ask(ExplainReminder(reminder_id=reminder_id, language=language), me))


@router.get(
    "/v1/reminders/{reminder_id}/proposal",
    response_model=Proposal,
    responses=documented(409),
    summary="Get the times that a smart reminder proposes",
)
async def get_proposal(request: Request, reminder_id: ReminderId, me: Me, bus: TheBus) -> Response:
    """Get when the habit is usually done, and the times that follow from it."""
    language = await profile_language(request.scope)
    return answer(await bus.ask(GetProposal(reminder_id=reminder_id, language=language), me))


@router.post(
    "/v1/reminders/{reminder_id}/proposal",
    response_model=Reminder,
    summary="Accept the times that a smart reminder proposes",
)
async def accept_proposal(
    reminder_id: ReminderId, me: Me, bus: TheBus, key: Key = None
) -> Response:
    """Let a smart reminder go by what it proposes now."""
    command = AcceptProposal(reminder_id=reminder_id)
    reminder = await bus.ask(command, me, idempotency_key=key)
    return answer(reminder, headers=etag(reminder))
