"""What the reminders room says about how people want to be reminded: quiet hours and channels."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from contracts.digests import DigestEvery
from contracts.message import EACH_ONCE, Command, Job, Message, Query, Reply
from contracts.notifications import Channels
from contracts.reminders import LocalTime

GraceMinutes = Annotated[int, Field(ge=0, le=1440, strict=True)]
"""How many minutes late a reminder may still be sent."""

Digests = Annotated[tuple[DigestEvery, ...], Field(max_length=3), EACH_ONCE]
"""Which digests come, each once."""


class QuietHours(Message):
    """Hours in which nothing is sent, over midnight if `to` is earlier; written `from` and `to`."""

    first: LocalTime = Field(alias="from", examples=["22:00"])
    """When they begin, HH:MM in the person's zone."""
    last: LocalTime = Field(alias="to", examples=["07:00"])
    """When they end, HH:MM in the person's zone."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)


class SettingsWords(Message):
    """How a person wants to be reminded.

    What falls into the quiet hours comes at their end if that is on the same day, or not at all.
    `grace_minutes`: how late a reminder may still be sent. `digests` come at `digest_at`: daily,
    on the first day of the week, or of the month.
    """

    quiet_hours: QuietHours | None = None
    """Hours in which nothing is sent; null: none."""
    channels: Channels = ("email",)
    """The ways on which reminders go out."""
    grace_minutes: GraceMinutes = 120
    """How many minutes late a reminder may still be sent."""
    digests: Digests = ()
    """Which digests are sent."""
    digest_at: LocalTime = "08:00"
    """When digests are sent, HH:MM in the person's zone."""


class ReminderSettings(SettingsWords, Reply):
    """How a person wants to be reminded, as it stands."""

    version: int
    """Rises by one with each change; it stands in the ETag."""


class GetReminderSettings(Query[ReminderSettings]):
    """Get how the caller wants to be reminded."""

    address: ClassVar[str] = "reminders.get_settings"


class UpdateReminderSettings(Command[ReminderSettings]):
    """Change how to be reminded; None leaves a field as it is.

    `no_quiet_hours` takes the quiet hours away. Refuses with `Conflict` (`version_conflict`).
    """

    address: ClassVar[str] = "reminders.update_settings"
    quiet_hours: QuietHours | None = None
    no_quiet_hours: bool = False
    channels: Channels | None = None
    grace_minutes: GraceMinutes | None = None
    digests: Digests | None = None
    digest_at: LocalTime | None = None
    expected_version: int | None = None


class SetReminderSettings(SettingsWords, Command[ReminderSettings]):
    """Say how to be reminded; what is not given is as for somebody new.

    Refuses with `Conflict` (`version_conflict`).
    """

    address: ClassVar[str] = "reminders.set_settings"
    expected_version: int | None = None


class StopDigest(Job):
    """Send this person no digest of this kind any more; again is fine, too.

    A job, because whoever leaves a list has left it, whatever is down at that moment, and even if
    nobody may act for them any more.
    """

    address: ClassVar[str] = "reminders.stop_digest"
    every: DigestEvery
