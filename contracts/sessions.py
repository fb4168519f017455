"""Sessions: begun with a password, continued with a refresh token, ended by whoever may."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.accounts import Email, Text
from contracts.devices import DeviceToken
from contracts.message import SECRET, Command, Done, Fact, Message, Query, Reply
from contracts.passkeys import Credential
from contracts.tokens import Device, Tokens

EndReason = Literal["logout", "elsewhere", "password", "reuse", "disabled", "demoted", "deleted"]
"""Why a session ended: its owner's doing, a copied token, or an administrator's."""


class Login(Command[Tokens]):
    """Begin a session.

    A device that sends the token of its last login is slowed down by its own wrong tries alone.
    Where a second factor is on, `otp` is a code of the app, or a recovery code; or `passkey` is
    what a device answers. Refuses with `Unauthenticated` (`wrong_credentials`; `otp_required`,
    `wrong_otp` and `wrong_passkey` only after the right password), with `TooMany` after many wrong
    tries, or with `Denied` (`account_disabled`).
    """

    address: ClassVar[str] = "auth.login"
    public: ClassVar[bool] = True
    email: Email
    password: Annotated[Text, SECRET] = Field(repr=False)
    otp: Annotated[str | None, SECRET] = Field(default=None, repr=False)
    passkey: Annotated[Credential | None, SECRET] = Field(default=None, repr=False)
    device: Device = Device()
    device_token: Annotated[DeviceToken | None, SECRET] = Field(default=None, repr=False)


class Refresh(Command[Tokens]):
    """Exchange a refresh token for the next pair.

    Asked again with the same token within some seconds, by an impatient client or after a lost
    answer, it gives the same refresh token again. Later it is a copy's doing: the session ends.
    Refuses with `Unauthenticated` (`invalid_token`, `token_used`, `token_reused`).
    """

    address: ClassVar[str] = "auth.refresh"
    public: ClassVar[bool] = True
    refresh_token: Annotated[Text, SECRET] = Field(repr=False)
    device: Device = Device()


class Logout(Command[Done]):
    """End the caller's session."""

    address: ClassVar[str] = "auth.logout"


class EndSession(Command[Done]):
    """End one session of the caller's. Refuses with `NotFound`."""

    address: ClassVar[str] = "auth.end_session"
    session_id: UUID


class EndAllSessions(Command[Done]):
    """End every session of the caller's; keep the present one if `but_this`."""

    address: ClassVar[str] = "auth.end_all_sessions"
    but_this: bool = False


class Session(Message):
    """A session of the caller's; `current` marks the one that asks."""

    session_id: UUID
    """Which session."""
    began_at: AwareDatetime
    """When somebody logged in."""
    used_at: AwareDatetime
    """When it was used last."""
    expires_at: AwareDatetime
    """When it ends by itself."""
    device: Device
    """Where it was used last."""
    current: bool
    """True: the session that asks."""


class Sessions(Reply):
    """Sessions that have not ended, the latest used first."""

    sessions: tuple[Session, ...]
    """The sessions, the latest used first."""


class ListSessions(Query[Sessions]):
    """List the caller's sessions."""

    address: ClassVar[str] = "auth.list_sessions"


class Ended(Reply):
    """Whose access tokens are void though they may still live.

    `session_ids`: sessions that ended, and personal tokens that were revoked; `disabled`: people
    for whom nobody may act.
    """

    session_ids: tuple[UUID, ...]
    disabled: tuple[UUID, ...] = ()


class ListEndedSessions(Query[Ended]):
    """List sessions that ended within the life of an access token, and who is disabled."""

    address: ClassVar[str] = "auth.list_ended_sessions"
    public: ClassVar[bool] = True


class SessionEnded(Fact):
    """A session ended: its access tokens are void from now on."""

    address: ClassVar[str] = "auth.session_ended"
    session_id: UUID
    reason: EndReason
