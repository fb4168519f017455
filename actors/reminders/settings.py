"""How people want to be reminded: quiet hours, channels, digests."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.reminders import copies
from actors.reminders.aiming import aim
from contracts.bus import Bus
from contracts.mails import DigestEvery
from contracts.message import Conflict
from contracts.principal import Principal
from contracts.reminder_settings import (
    QuietHours,
    ReminderSettings,
    SettingsWords,
    UpdateReminderSettings,
)
from contracts.reminders import local_time, minutes_of
from storage.reminders import copies as known
from storage.reminders import rules
from storage.reminders.copies import PersonRow

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


async def show(tx: AsyncConnection, bus: Bus, who: Principal) -> ReminderSettings:
    """Show how the caller wants to be reminded."""
    person = await copies.person_of(tx, bus, who)
    return _view(person, {row.every for row in await rules.find_digests(tx, who.user_id)})


async def change(
    tx: AsyncConnection, bus: Bus, who: Principal, command: UpdateReminderSettings
) -> ReminderSettings:
    """Change some of how the caller wants to be reminded."""
    before = await show(tx, bus, who)
    fields = {*SettingsWords.model_fields}
    changes = command.model_dump(include=fields, exclude_none=True)
    if command.no_quiet_hours:
        changes["quiet_hours"] = None
    words = SettingsWords.model_validate(before.model_dump(include=fields) | changes)
    if command.expected_version in (None, before.version) and words == SettingsWords.model_validate(
        before.model_dump(include=fields)
    ):
        return before
    return await replace(tx, bus, who, words, command.expected_version)


async def replace(
    tx: AsyncConnection,
    bus: Bus,
    who: Principal,
    words: SettingsWords,
    expected: int | None,
) -> ReminderSettings:
    """Set all of how the caller wants to be reminded; what comes next follows."""
    person = await copies.person_of(tx, bus, who)
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
    await known.save_person(tx, who.user_id, values)
    after = await known.find_person(tx, who.user_id)
    if after is None:
        raise LookupError("a person who was locked is gone")
    if after.quiet != person.quiet:
        await rules.relearn(tx, who.user_id, datetime.now(UTC))
        await aim(tx, after)
    await copies.aim_digests(tx, after, words.digests)
    return _view(after, set(words.digests))


async def stop_digest(tx: AsyncConnection, user_id: UUID, every: DigestEvery) -> None:
    """Send no digest of this kind to a person any more; again is fine, too."""
    person = await known.meet(tx, user_id)
    if person is None:
        return
    left = [row.every for row in await rules.find_digests(tx, user_id) if row.every != every]
    await copies.aim_digests(tx, person, left)
    version = max(person.settings_version, 1) + 1
    await known.save_person(tx, user_id, {"settings_version": version})
