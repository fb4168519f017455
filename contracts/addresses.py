"""The address of an account: changed once the new one is confirmed, and told to the rooms."""

from typing import ClassVar

from contracts.accounts import Email
from contracts.message import Command, Done, Fact


class ChangeEmail(Command[Done]):
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
