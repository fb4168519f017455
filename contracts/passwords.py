"""Passwords: changed, shown before what cannot be undone, and replaced if they were forgotten."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.accounts import Email, Text
from contracts.message import SECRET, Command, Done, Fact, Job, Query
from contracts.registrations import MailToken
from contracts.tokens import Device


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


class ForgotPassword(Command[Done]):
    """Have a link mailed that sets a new password; whether there is an account is not told.

    Refuses with `Conflict` (`no_mail_server`), or with `TooMany` (`too_many_mails`) after many from
    one network.
    """

    address: ClassVar[str] = "auth.forgot_password"
    public: ClassVar[bool] = True
    email: Email
    device: Device = Device()


class MailReset(Job):
    """Mail the link to whose address it is, if it is anybody's."""

    address: ClassVar[str] = "auth.mail_reset"
    email: Email


class ResetPassword(Command[Done]):
    """Set a new password by a link that was mailed; all sessions end, and no other begins.

    Refuses with `Gone` (`link_void`), or `Invalid` (`weak_password`).
    """

    address: ClassVar[str] = "auth.reset_password"
    public: ClassVar[bool] = True
    token: MailToken
    new_password: Annotated[Text, SECRET] = Field(repr=False)


class SetPassword(Command[Done]):
    """Set the password of a user for whom the operator vouches; all their sessions end.

    `proof` is as for `contracts.accounts.OpenAccount`. Refuses with `Unauthenticated`
    (`invalid_proof`), `Denied` (`may_not_act`), `NotFound` (`account_not_found`), or `Invalid`
    (`weak_password`).
    """

    address: ClassVar[str] = "auth.set_password"
    public: ClassVar[bool] = True
    proof: Annotated[str, Field(max_length=1024), SECRET] = Field(repr=False)
    new_password: Annotated[Text, SECRET] = Field(repr=False)


class PasswordChanged(Fact):
    """Somebody changed their password."""

    address: ClassVar[str] = "auth.password_changed"
