"""Invitations: an administrator lets somebody register where not everybody may."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.accounts import Email
from contracts.language import Language
from contracts.message import SECRET, Command, Done, Message, Query, Reply

MAX_DAYS = 30
"""Days for which an invitation can be used, at most."""


class Invitation(Message):
    """An invitation that can be used, once."""

    invitation_id: UUID
    """Which invitation."""
    email: str | None
    """For whom it is; null: for whoever has its code."""
    created_at: AwareDatetime
    """When it was made."""
    expires_at: AwareDatetime
    """Until when it can be used."""


class Invited(Invitation, Reply):
    """An invitation that was just made."""

    code: Annotated[str | None, SECRET] = Field(default=None, repr=False)
    """What is sent with the registration, shown once; null: it was mailed, and to nobody else."""


class Invite(Command[Invited]):
    """Make an invitation. With `email` and a mail server it is mailed, which confirms the address.

    Refuses with `Invalid` (`invalid_email`).
    """

    address: ClassVar[str] = "auth.invite"
    scope: ClassVar[str] = "admin"
    email: Email | None = None
    days: int = Field(default=7, ge=1, le=MAX_DAYS)
    language: Language = "en"


class Invitations(Reply):
    """Invitations that can be used, newest first."""

    invitations: tuple[Invitation, ...]
    """The invitations."""


class ListInvitations(Query[Invitations]):
    """List invitations that can be used."""

    address: ClassVar[str] = "auth.list_invitations"
    scope: ClassVar[str] = "admin"


class DropInvitation(Command[Done]):
    """Take an invitation back. Refuses with `NotFound` (`invitation_not_found`)."""

    address: ClassVar[str] = "auth.drop_invitation"
    scope: ClassVar[str] = "admin"
    invitation_id: UUID
