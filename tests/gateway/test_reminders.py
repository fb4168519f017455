"""Reminders over HTTP: what is said reaches the room as it was; what makes no sense does not."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contracts.message import Conflict, Done, NotFound
from contracts.reminder_proposals import (
    AcceptProposal,
    ExplainReminder,
    GetProposal,
    Proposal,
    Usual,
    Why,
)
from contracts.reminder_settings import (
    GetReminderSettings,
    QuietHours,
    ReminderSettings,
    SetReminderSettings,
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
    SnoozeReminder,
    UpdateReminder,
)
from tests.gateway.standing_in import BEARER, HABIT, StandInBus, refusal
from tests.gateway.test_problems import checked

ONE = f"/v1/reminders/{HABIT}"


def reminder(**words: Any) -> Reminder:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    plain: dict[str, Any] = {
        "reminder_id": HABIT,
        "text": "Stretch",
        "next_at": made,
        "created_at": made,
        "version": 3,
    }
    return Reminder(**plain | words)


async def test_a_new_reminder(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[CreateReminder] = reminder()
    body = {"habit_id": str(HABIT), "times": ["20:00", "07:30"], "weekdays": ["sun", "mon"]}
    answer = await client.post(
        "/v1/reminders", json=body, headers=BEARER | {"Idempotency-Key": "k"}
    )
    assert answer.status_code == 201
    assert answer.headers["location"] == ONE
    assert answer.headers["etag"].startswith('"3-')
    asked, _, key = bus.asked[-1]
    assert isinstance(asked, CreateReminder)
    assert (asked.times, asked.weekdays, key) == (("07:30", "20:00"), ("mon", "sun"), "k")
    assert answer.json()["text"] == "Stretch"


@pytest.mark.parametrize(
    "body",
    [
        {"times": []},
        {"times": ["24:00"]},
        {"times": ["7:30"]},
        {"times": [450]},
        {"times": [f"{n // 60:02}:{n % 60:02}" for n in range(13)]},
        {"weekdays": []},
        {"weekdays": ["monday"]},
        {"kind": "threshold"},
        {"streak": 0},
        {"after_days": 31},
        {"channels": ["pigeon"]},
        {"text": "a\nb"},
        {"habit_id": "x"},
        {"user_id": "me"},
    ],
)
async def test_what_no_reminder_can_be(
    client: httpx.AsyncClient, bus: StandInBus, body: dict[str, Any]
) -> None:
    checked(await client.post("/v1/reminders", json=body, headers=BEARER), 422, "invalid")
    assert bus.asked == []


async def test_reminders_are_listed_and_known(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[ListReminders] = Reminders(reminders=(reminder(),))
    answer = await client.get(f"/v1/reminders?habit_id={HABIT}", headers=BEARER)
    assert bus.last == ListReminders(habit_id=HABIT)
    known = BEARER | {"If-None-Match": answer.headers["etag"]}
    again = await client.get(f"/v1/reminders?habit_id={HABIT}", headers=known)
    assert again.status_code == 304


async def test_one_reminder(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers |= {
        GetReminder: reminder(never_because="off", next_at=None, enabled=False),
        UpdateReminder: reminder(),
        DeleteReminder: Done(),
    }
    shown = (await client.get(ONE, headers=BEARER)).json()
    assert (shown["next_at"], shown["never_because"]) == (None, "off")
    match = BEARER | {"If-Match": '"3"'}
    assert (await client.patch(ONE, json={"channels": None}, headers=match)).status_code == 200
    assert bus.last == UpdateReminder(reminder_id=HABIT, channels=None, expected_version=3)
    assert bus.last.changes() == {"channels": None}
    await client.patch(ONE, json={"enabled": False}, headers=BEARER)
    assert bus.last == UpdateReminder(reminder_id=HABIT, enabled=False)
    checked(await client.patch(ONE, json={"enabled": "no"}, headers=BEARER), 422, "invalid")
    checked(await client.patch(ONE, json={"text": None}, headers=BEARER), 422, "invalid")
    assert (await client.delete(ONE, headers=match)).status_code == 204
    assert bus.last == DeleteReminder(reminder_id=HABIT, expected_version=3)
    bus.answers[UpdateReminder] = refusal(Conflict, "version_conflict")
    checked(
        await client.patch(ONE, json={"enabled": False}, headers=match), 412, "version_conflict"
    )
    bus.answers[GetReminder] = refusal(NotFound, "reminder_not_found")
    checked(await client.get(ONE, headers=BEARER), 404, "reminder_not_found")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"minutes": 15}, 200),
        ({"minutes": 1440}, 200),
        ({"until": "tomorrow"}, 200),
        ({}, 422),
        ({"minutes": 14}, 422),
        ({"minutes": 1441}, 422),
        ({"minutes": 30, "until": "tomorrow"}, 422),
        ({"until": "next week"}, 422),
    ],
)
async def test_a_snooze(
    client: httpx.AsyncClient, bus: StandInBus, body: dict[str, Any], status: int
) -> None:
    bus.answers[SnoozeReminder] = reminder()
    answer = await client.post(f"{ONE}/snooze", json=body, headers=BEARER)
    assert answer.status_code == status
    assert [asked for asked, _, _ in bus.asked] == (
        [SnoozeReminder(reminder_id=HABIT, **body)] if status == 200 else []
    )


async def test_feedback_why_and_proposals(client: httpx.AsyncClient, bus: StandInBus) -> None:
    usual = Usual(enough=True, times=14, needed=10, usual="07:40", within=12)
    bus.answers |= {
        GiveFeedback: reminder(shift_minutes=30),
        ExplainReminder: Why(reminder_id=HABIT, words=("So.",), next_at=None, usual=usual),
        GetProposal: Proposal(reminder_id=HABIT, days=(usual,) * 7, words=("So.",)),
        AcceptProposal: reminder(),
    }
    body = {"feedback": "never", "weekday": "tue"}
    answer = await client.post(f"{ONE}/feedback", json=body, headers=BEARER)
    assert answer.json()["shift_minutes"] == 30
    assert bus.last == GiveFeedback(reminder_id=HABIT, feedback="never", weekday="tue")
    answer = await client.get(f"{ONE}/why", headers=BEARER)
    assert answer.json()["usual"]["usual"] == "07:40"
    assert len((await client.get(f"{ONE}/proposal", headers=BEARER)).json()["days"]) == 7
    assert (await client.post(f"{ONE}/proposal", headers=BEARER)).status_code == 200
    assert bus.last == AcceptProposal(reminder_id=HABIT)


async def test_some_settings_are_changed(client: httpx.AsyncClient, bus: StandInBus) -> None:
    bus.answers[UpdateReminderSettings] = ReminderSettings(version=3)
    path = "/v1/reminders/settings"
    answer = await client.patch(
        path, headers=BEARER | {"If-Match": '"2"'}, json={"digests": ["week"]}
    )
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert bus.last == UpdateReminderSettings(digests=("week",), expected_version=2)
    await client.patch(path, headers=BEARER, json={"quiet_hours": None, "channels": []})
    assert bus.last == UpdateReminderSettings(quiet_hours=None, channels=())
    quiet = {"from": "22:00", "to": "07:00"}
    await client.patch(path, headers=BEARER, json={"quiet_hours": quiet})
    assert bus.last == UpdateReminderSettings(quiet_hours=QuietHours.model_validate(quiet))
    await client.patch(path, headers=BEARER, json={})
    assert bus.last == UpdateReminderSettings()
    for wrong in (
        {"digests": None},
        {"channels": None},
        {"grace_minutes": -1},
        {"digest_at": "8"},
        {"more": 1},
        {"no_quiet_hours": True},
    ):
        assert (await client.patch(path, headers=BEARER, json=wrong)).status_code == 422


async def test_settings(client: httpx.AsyncClient, bus: StandInBus) -> None:
    quiet = QuietHours(first="22:00", last="07:00")
    bus.answers |= {
        GetReminderSettings: ReminderSettings(version=1),
        SetReminderSettings: ReminderSettings(quiet_hours=quiet, digests=("week",), version=2),
    }
    path = "/v1/reminders/settings"
    answer = await client.get(path, headers=BEARER)
    assert (answer.headers["etag"], answer.json()["quiet_hours"]) == ('"1"', None)
    body = {"quiet_hours": {"from": "22:00", "to": "07:00"}, "digests": ["week"]}
    answer = await client.put(path, json=body, headers=BEARER | {"If-Match": '"1"'})
    assert answer.json()["quiet_hours"] == body["quiet_hours"]
    assert bus.last == SetReminderSettings(quiet_hours=quiet, digests=("week",), expected_version=1)
    for wrong in ({"grace_minutes": -1}, {"quiet_hours": {"from": "22:00"}}, {"other": 1}):
        checked(await client.put(path, json=wrong, headers=BEARER), 422, "invalid")
