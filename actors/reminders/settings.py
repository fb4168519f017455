"""How people want to be reminded: quiet hours, channels, digests."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders.changes import aim_digests
from actors.reminders.next_fire import aim
from actors.reminders.people import locked, person_of
from actors.reminders.room import room
from actors.runtime.room import TheBus, Transaction, Who
from contracts.bus import Bus
from contracts.digests import DigestEvery
from contracts.message import Conflict
from contracts.principal import Principal
from contracts.reminder_settings import (
    GetReminderSettings,
    QuietHours,
    ReminderSettings,
    SetReminderSettings,
    SettingsWords,
    StopDigest,
    UpdateReminderSettings,
)
from contracts.reminders import local_time, minutes_of
from storage.reminders import people, rules
from storage.reminders.people import PersonRow

ORDER: tuple[DigestEvery, ...] = ("day", "week", "month")


def _view(person: PersonRow, digests: set[DigestEvery]) -> ReminderSettings:
    quiet = None
    if person.quiet is not None:
        first, last = map(local_time, person.quiet)
        quiet = QuietHours(first=first, last=last)
    return ReminderSettings.model_validate(
        {
            "quiet_hours": quiet,
            "channels": person.channels,
            "grace_minutes": person.grace,
            "digests": tuple(every for every in ORDER if every in digests),
            "digest_at": local_time(person.digest_at),
            "version": max(person.settings_version, 1),
        }
    )


@room.answer
async def get_settings(
    query: GetReminderSettings, who: Who, tx: Transaction, bus: TheBus
) -> ReminderSettings:
    """Show how the caller wants to be reminded."""
    return await _show(tx, bus, who)


@room.answer
async def update_settings(
    command: UpdateReminderSettings, who: Who, tx: Transaction, bus: TheBus
) -> ReminderSettings:
    """Change some of how the caller wants to be reminded."""
    before = await _show(tx, bus, who)
    fields = {*SettingsWords.model_fields}
    changes = command.model_dump(include=fields, exclude_none=True)
    if command.no_quiet_hours:
        changes["quiet_hours"] = None
    words = SettingsWords.model_validate(before.model_dump(include=fields) | changes)
    if command.expected_version in (None, before.version) and words == SettingsWords.model_validate(
        before.model_dump(include=fields)
    ):
        return before
    return await _replace(tx, bus, who, words, command.expected_version)


@room.answer
async def set_settings(
    command: SetReminderSettings, who: Who, tx: Transaction, bus: TheBus
) -> ReminderSettings:
    """Set all of how the caller wants to be reminded."""
    return await _replace(tx, bus, who, command, command.expected_version)


@room.do
async def stop_digest(job: StopDigest, tx: Transaction) -> None:
    """Send somebody no digest of this kind any more."""
    person = await locked(tx, job.user_id)
    wanted = await rules.find_digests(tx, job.user_id)
    left = [row.every for row in wanted if row.every != job.every]
    if person is None or len(left) == len(wanted):
        return
    await aim_digests(tx, person, left)
    version = max(person.settings_version, 1) + 1
    await people.save(tx, job.user_id, {"settings_version": version})


async def _show(tx: AsyncConnection, bus: Bus, who: Principal) -> ReminderSettings:
    """Show how somebody wants to be reminded."""
    person = await person_of(tx, bus, who)
    return _view(person, {row.every for row in await rules.find_digests(tx, who.user_id)})


async def _replace(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    words: SettingsWords,
    expected: int | None,
) -> ReminderSettings:
    """Set all of how somebody wants to be reminded; what comes next follows."""
    person = await person_of(tx, bus, who)
    version = max(person.settings_version, 1)
    if expected not in (None, version):
        text = "It was changed meanwhile: it is at version {version}, not {expected}."
        raise Conflict("version_conflict", text, version=version, expected=expected or 0)
    quiet = words.quiet_hours
    values: dict[str, object] = {
        "quiet_from": minutes_of(quiet.first) if quiet else None,
        "quiet_to": minutes_of(quiet.last) if quiet else None,
        "channels": list(words.channels),
        "grace": words.grace_minutes,
        "digest_at": minutes_of(words.digest_at),
        "settings_version": version + 1,
    }
    await people.save(tx, who.user_id, values)
    after = await people.find(tx, who.user_id)
    if after is None:
        raise LookupError("a person who was locked is gone")
    if after.quiet != person.quiet:
        await rules.relearn(tx, who.user_id, datetime.now(UTC))
        await aim(tx, after)
    await aim_digests(tx, after, words.digests)
    return _view(after, set(words.digests))
