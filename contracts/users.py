"""What the users room says: who people are, how they live in time, and who may administer."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.accounts import Contact, Email, Name
from contracts.language import Language
from contracts.message import Command, Done, Fact, Job, Message, Query, Reply
from contracts.notifications import DedupeKey, Template
from contracts.patch import Patch
from contracts.scopes import ACCOUNT
from contracts.time import ChosenZone, Zone

Role = Literal["user", "admin"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DayStart = Annotated[int, Field(ge=0, le=720)]
"""Minutes after midnight at which a person's day begins: 180 lets 02:59 count as yesterday."""


class Profile(Message):
    """What a person sets about themselves."""

    name: Name = ""
    language: Language = "en"
    zone: Zone = "UTC"
    day_start: DayStart = 0
    week_start: Weekday = "mon"


class PersonDetails(Message):
    """What is known of a person, but for the begin of their day."""

    user_id: UUID
    """Who it is."""
    email: Contact
    """The mail address; empty: they have given none."""
    name: Name
    """What they are called; perhaps empty."""
    language: Language
    """The language of mails, errors and answers: `en` or `ru`."""
    zone: Zone
    """Their IANA time zone."""
    week_start: Weekday
    """The first day of their week."""
    role: Role
    """What they may do."""
    disabled: bool
    """True: they may not log in."""
    created_at: AwareDatetime
    """When the account was opened."""
    version: int
    """Rises by one with each change; it stands in the ETag."""


class User(PersonDetails, Reply):
    """A person, as they and administrators see them."""

    day_start: DayStart
    """When their logical day begins: minutes after midnight."""


class CreateProfile(Command[User]):
    """Keep a profile for a new account, the caller's; the second time, return what is there.

    Refuses with `Gone` if the caller was deleted.
    """

    address: ClassVar[str] = "users.create_profile"
    scope: ClassVar[str] = ACCOUNT
    email: Contact
    name: Name = ""
    zone: Zone = "UTC"
    language: Language = "en"


class GetProfile(Query[User]):
    """Get the caller's profile."""

    address: ClassVar[str] = "users.get_profile"
    scope: ClassVar[str] = "profile:read"


class ChangeProfile(Patch[User]):
    """Change what is given, leave the rest. Refuses with `Conflict` (`version_conflict`)."""

    address: ClassVar[str] = "users.change_profile"
    scope: ClassVar[str] = "profile:write"
    name: Name | None = None
    language: Language | None = None
    zone: ChosenZone | None = None
    day_start: DayStart | None = None
    week_start: Weekday | None = None


class DeleteMe(Command[Done]):
    """Delete the caller's account and all that every room holds of theirs.

    Refuses with `Conflict`: `last_admin`, if others would be left without an administrator, or
    `version_conflict`.
    """

    address: ClassVar[str] = "users.delete_me"
    fresh: ClassVar[bool] = True
    scope: ClassVar[str] = ACCOUNT
    expected_version: int | None = None


class Users(Reply):
    """A page of users; `cursor` asks for the next one."""

    users: tuple[User, ...]
    cursor: str | None


class ListUsers(Query[Users]):
    """List users by registration, newest first; `search` matches address and name."""

    address: ClassVar[str] = "users.list_users"
    scope: ClassVar[str] = "admin"
    search: str = Field(default="", max_length=100)
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = None


class GetUser(Query[User]):
    """Get a user by id, or by address."""

    address: ClassVar[str] = "users.get_user"
    scope: ClassVar[str] = "admin"
    user_id: UUID | None = None
    email: Email | None = None


class ChangeUser(Patch[User]):
    """Disable or enable a user, or change their role.

    Refuses with `NotFound`, or `Conflict`: `version_conflict`, or `last_admin`, for the last one
    stays one.
    """

    address: ClassVar[str] = "users.change_user"
    scope: ClassVar[str] = "admin"
    about: ClassVar[frozenset[str]] = frozenset({"user_id", "expected_version"})
    user_id: UUID
    disabled: bool | None = None
    role: Role | None = None


class DeleteUser(Command[Done]):
    """Delete a user and all that every room holds of theirs. Refuses as `ChangeUser` does."""

    address: ClassVar[str] = "users.delete_user"
    scope: ClassVar[str] = "admin"
    user_id: UUID


class NotifyAdministrators(Job):
    """Send a notice to every administrator, by every channel that they have.

    `user_id` is nobody's. `data` fills the template; it is never trusted as HTML.
    """

    address: ClassVar[str] = "users.notify_administrators"
    template: Template
    data: dict[str, str | int | float | bool] = Field(default_factory=dict, repr=False)
    dedupe_key: DedupeKey


class ProfileChanged(Fact):
    """A person's profile is now this; told when it is made, too."""

    address: ClassVar[str] = "users.profile_changed"
    profile: Profile
    email: Contact | None = None
    """The mail address; None: it is not told, and stays what it was."""


class UserChanged(Fact):
    """An administrator changed a user's standing."""

    address: ClassVar[str] = "users.user_changed"
    role: Role
    disabled: bool


class UserDeleted(Fact):
    """A user is gone: every room erases what it holds of theirs."""

    address: ClassVar[str] = "users.user_deleted"
