"""What the auth room says: accounts, sessions and tokens.

An access token is an EdDSA JWT of ten minutes; a refresh token is opaque and used once. Using one
a second time ends the whole session: somebody has a copy.
"""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from contracts.language import Language
from contracts.message import SECRET, Command, Done, Fact, Message, Query, Reply
from contracts.time import ChosenZone, Zone
from contracts.visible import SEEN

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=254),
]
"""An address, already checked at the door; compared without regard to case."""

EndReason = Literal["logout", "elsewhere", "password", "reuse", "disabled", "demoted", "deleted"]
"""Why a session ended: its owner's doing, a copied token, or an administrator's."""

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    SEEN,
]
"""What to call a person: one line, perhaps empty."""

Text = Annotated[str, StringConstraints(max_length=1024)]


def _printable(text: str) -> str:
    """Keep the first 300 characters that can be shown; a client's words are no reason to fail."""
    return "".join(c for c in text[:300] if c.isprintable())


class Device(Message):
    """Where a request comes from: shown in the list of sessions, and used to slow guessing."""

    address: Annotated[str, AfterValidator(_printable)] = ""
    """The network address."""
    agent: Annotated[str, AfterValidator(_printable)] = ""
    """The program, as it names itself."""


class Tokens(Reply):
    """A session's tokens. `expires_in` is the access token's life in seconds."""

    user_id: UUID
    session_id: UUID
    access_token: Annotated[str, SECRET]
    refresh_token: Annotated[str, SECRET]
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int


class Register(Command[Tokens]):
    """Open an account; unless `welcome` is false, a mail greets its owner.

    Refuses with `Conflict` (`email_taken`), or `Invalid` (`invalid_email`, `weak_password`).
    """

    address: ClassVar[str] = "auth.register"
    public: ClassVar[bool] = True
    email: Email
    password: Annotated[Text, SECRET] = Field(repr=False)
    name: Name = ""
    zone: ChosenZone = "UTC"
    language: Language = "en"
    device: Device = Device()
    welcome: bool = True


class Login(Command[Tokens]):
    """Begin a session.

    Refuses with `Unauthenticated` (`wrong_credentials`), with `TooMany` after many wrong tries,
    or with `Denied` (`account_disabled`).
    """

    address: ClassVar[str] = "auth.login"
    public: ClassVar[bool] = True
    email: Email
    password: Annotated[Text, SECRET] = Field(repr=False)
    otp: Annotated[str | None, SECRET] = Field(default=None, repr=False)
    device: Device = Device()


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


class ChangePassword(Command[Done]):
    """Set a new password and end all other sessions.

    Refuses with `Invalid` (`wrong_password`, `weak_password`), or `TooMany`.
    """

    address: ClassVar[str] = "auth.change_password"
    password: Annotated[Text, SECRET] = Field(repr=False)
    new_password: Annotated[Text, SECRET] = Field(repr=False)


class ConfirmPassword(Query[Done]):
    """Check the caller's password before something that cannot be undone.

    Refuses with `Invalid` (`wrong_password`), or `TooMany`.
    """

    address: ClassVar[str] = "auth.confirm_password"
    password: Annotated[Text, SECRET] = Field(repr=False)


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


class Keys(Reply):
    """Public keys that verify access tokens, as a JWK set (RFC 7517)."""

    keys: tuple[dict[str, str], ...]
    """The keys, each a JWK."""


class GetKeys(Query[Keys]):
    """Get the public keys."""

    address: ClassVar[str] = "auth.get_keys"
    public: ClassVar[bool] = True


class RotateKeys(Command[Keys]):
    """Sign with the next key from now on; the old one verifies until its tokens have expired."""

    address: ClassVar[str] = "auth.rotate_keys"
    scope: ClassVar[str] = "admin"


class Ended(Reply):
    """Whose access tokens are void though they may still live.

    `session_ids`: sessions that ended; `disabled`: people for whom nobody may act.
    """

    session_ids: tuple[UUID, ...]
    disabled: tuple[UUID, ...] = ()


class ListEndedSessions(Query[Ended]):
    """List sessions that ended within the life of an access token, and who is disabled."""

    address: ClassVar[str] = "auth.list_ended_sessions"
    public: ClassVar[bool] = True


class UserRegistered(Fact):
    """Somebody opened an account."""

    address: ClassVar[str] = "auth.user_registered"
    email: Email
    name: Name
    zone: Zone
    language: Language


class SessionEnded(Fact):
    """A session ended: its access tokens are void from now on."""

    address: ClassVar[str] = "auth.session_ended"
    session_id: UUID
    reason: EndReason


class PasswordChanged(Fact):
    """Somebody changed their password."""

    address: ClassVar[str] = "auth.password_changed"
