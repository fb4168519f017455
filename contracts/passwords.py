"""Passwords: shown before what cannot be undone, and changed."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.accounts import Text
from contracts.message import SECRET, Command, Done, Fact, Query


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


class PasswordChanged(Fact):
    """Somebody changed their password."""

    address: ClassVar[str] = "auth.password_changed"
