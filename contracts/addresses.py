"""The address of an account: changed once the new one is confirmed, and told to the rooms."""

from typing import ClassVar

from contracts.accounts import Email
from contracts.message import Command, Fact, Reply


class EmailAsked(Reply):
    """What became of it."""

    mailed: bool = True
    """Whether a mail asks to confirm the new address; false: it is the address already."""


class ChangeEmail(Command[EmailAsked]):
    """Change, or give, the caller's address; with a mail server, once the new one is confirmed.

    Whether somebody has it is not told then. Refuses with `Invalid` (`invalid_email`), with
    `TooMany` (`too_many_mails`), or, without a mail server, with `Conflict` (`email_taken`).
    """

    address: ClassVar[str] = "auth.change_email"
    fresh: ClassVar[bool] = True
    email: Email


class EmailChanged(Fact):
    """The address of an account is now this; `email_version` rises by one with each change."""

    address: ClassVar[str] = "auth.email_changed"
    email: Email
    email_version: int
