"""What the calendar room says about Google Calendar: a link to it, both ways, and busy time.

Habits stand there as recurring events, in a calendar of their own or in a chosen one. What is done
here is marked there, and what is ticked, moved or deleted there is followed here (docs/calendar.md
tells which, and why).
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.habit import Tag
from contracts.message import EACH_ONCE, SECRET, Command, Done, Message, Query, Reply
from contracts.scopes import ACCOUNT

CalendarId = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\s/?#\x00-\x1f]+$")
]
"""A calendar as Google names it: `primary`, or the address in the calendar's settings."""

Nonce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""256 random bits, in base64url without padding."""

GoogleState = Literal["off", "none", "linked", "lost"]
"""`off`: this Ritmo has no access to Google; `none`: nothing is linked; `linked`; `lost`: it was,
until Google refused; link it anew."""

GoogleProblem = Literal["revoked", "forbidden", "calendar_gone", "away", "client_refused"]
"""Why it does not go on: the consent was withdrawn, the calendar may not be written, or is gone;
or why it waits: Google is not reached, or refuses this Ritmo itself."""


class GoogleWish(Message):
    """What a link to Google Calendar is to do."""

    calendar_id: CalendarId | None = None
    """The calendar that habits are to stand in; null: one of their own, which Ritmo makes."""
    tag: Tag | None = None
    """Only the habits that bear this tag; null: all that ask for days."""
    timed: bool = True
    """True: a habit with a reminder stands at its first time; false: every event is a whole day."""
    busy_calendars: Annotated[tuple[CalendarId, ...], Field(max_length=10), EACH_ONCE] = ()
    """Calendars whose busy time is known here, such as `primary`; empty: none."""


class GoogleLink(Reply):
    """How the caller and Google Calendar stand."""

    state: GoogleState
    """How they stand."""
    problem: GoogleProblem | None = None
    """Why it does not go on, or waits; null: it goes on."""
    wish: GoogleWish | None = None
    """What the link does; null: there is none."""
    synced_at: AwareDatetime | None = None
    """When both were last the same; null: never yet."""
    events: int = 0
    """How many recurring events stand there."""
    hidden: tuple[UUID, ...] = ()
    """Habits whose events were deleted there: they go on here, and stand there no more."""


class GoogleConsent(Reply):
    """Where consent is given: `url` is opened in a browser, within ten minutes."""

    url: str
    """The page of Google that asks for consent."""
    proof: Annotated[Nonce, SECRET] = Field(repr=False)
    """What whoever began this shows when they finish it; a browser keeps it as a cookie."""
    expires_at: AwareDatetime
    """Until when it can be finished."""


class ConnectGoogle(GoogleWish, Command[GoogleConsent]):
    """Begin to link Google Calendar; an existing link goes on until the new one stands.

    Refuses with `Conflict` (`google_off`): this Ritmo has no access to Google.
    """

    address: ClassVar[str] = "calendar.connect_google"
    scope: ClassVar[str] = ACCOUNT
    fresh: ClassVar[bool] = True


class FinishGoogle(Command[GoogleLink]):
    """Finish a link with what Google sent back. `proof` shows that it is who began it.

    Refuses with `NotFound` (`consent_not_found`), `Denied` (`google_refused`), or `Unavailable`
    (`google_away`).
    """

    address: ClassVar[str] = "calendar.finish_google"
    public: ClassVar[bool] = True
    state: Annotated[str, StringConstraints(max_length=100), SECRET] = Field(repr=False)
    """The state that came back with the browser."""
    proof: Annotated[str, StringConstraints(max_length=100), SECRET] = Field(repr=False)
    """The proof that was given when this was begun."""
    code: Annotated[str, StringConstraints(max_length=2000), SECRET] = Field(repr=False)
    """The authorization code; empty: consent was refused."""


class GetGoogle(Query[GoogleLink]):
    """Show how the caller and Google Calendar stand."""

    address: ClassVar[str] = "calendar.get_google"
    scope: ClassVar[str] = ACCOUNT


class SyncGoogle(Command[GoogleLink]):
    """Have both made the same as soon as can be. Refuses with `NotFound` (`google_not_linked`)."""

    address: ClassVar[str] = "calendar.sync_google"
    scope: ClassVar[str] = ACCOUNT


class DisconnectGoogle(Command[Done]):
    """Unlink Google Calendar: the consent is given back, and the events there stay as they are."""

    address: ClassVar[str] = "calendar.disconnect_google"
    scope: ClassVar[str] = ACCOUNT


class ShowInGoogle(Command[Done]):
    """Have a habit stand there again whose events were deleted there.

    Refuses with `NotFound` (`google_not_linked`).
    """

    address: ClassVar[str] = "calendar.show_in_google"
    scope: ClassVar[str] = ACCOUNT
    habit_id: UUID


class HearGoogle(Command[Done]):
    """Take in that something has changed there; who knows no channel's token changes nothing."""

    address: ClassVar[str] = "calendar.hear_google"
    public: ClassVar[bool] = True
    channel_id: Annotated[str, StringConstraints(max_length=64)]
    token: Annotated[str, StringConstraints(max_length=256), SECRET] = Field(repr=False)


class BusyTime(Message):
    """A stretch of time in which somebody is busy."""

    begins: AwareDatetime
    """Its begin."""
    ends: AwareDatetime
    """Its end, which is free again."""


class Busy(Reply):
    """Busy time, in order, stretches that touch joined."""

    times: tuple[BusyTime, ...] = ()
    """The stretches."""


class ListBusy(Query[Busy]):
    """List when the caller is busy between two instants, by the calendars that they chose."""

    address: ClassVar[str] = "calendar.list_busy"
    scope: ClassVar[str] = ACCOUNT
    first: AwareDatetime
    last: AwareDatetime
