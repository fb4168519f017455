"""Registrations: an account that is opened at once, or once its address is confirmed by mail.

Where a mail server is set, whoever registers learns nothing but that a mail was sent, whether or
not there is an account with the address: a stranger learns nothing, its owner hears of it by mail.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from contracts.accounts import Email, Name, Text
from contracts.language import Language
from contracts.message import SECRET, Command, Query, Reply
from contracts.time import ChosenZone
from contracts.tokens import Device, Tokens

MailPurpose = Literal["confirm", "reset", "address", "undo", "invitation"]
"""What a secret link in a mail is for: an account, a new password, a new address, the old one,
or a registration."""

MailToken = Annotated[str, Field(max_length=200, repr=False), SECRET]
"""The secret of a link."""


class SignedUp(Reply):
    """What became of a registration; `tokens` None: a mail asks to confirm the address first."""

    tokens: Tokens | None = None
    email: str = ""
    """The address of an account that was opened."""
    name: str = ""
    """What its owner is called."""
    zone: str = "UTC"
    """Their time zone."""
    language: Language = "en"
    """Their language."""


class SignUp(Command[SignedUp]):
    """Register. Unless `welcome` is false, a mail greets the owner of the account.

    Refuses with `Invalid` (`invalid_email`, `weak_password`), with `TooMany` (`too_many_mails`)
    after many from one network; without a mail server with `Conflict` (`email_taken`); and with
    `Denied` (`registration_closed`, `invitation_needed`) where not everybody may register.
    """

    address: ClassVar[str] = "auth.sign_up"
    public: ClassVar[bool] = True
    email: Email
    password: Annotated[Text, SECRET] = Field(repr=False)
    name: Name = ""
    zone: ChosenZone = "UTC"
    language: Language = "en"
    device: Device = Device()
    welcome: bool = True
    invitation: Annotated[Text | None, SECRET] = Field(default=None, repr=False)


class MailLink(Reply):
    """What a secret link is for, in the language of its mail if that is known."""

    purpose: MailPurpose
    language: Language | None = None
    email: str = ""
    """The address that it is about."""


class LookAtMailLink(Query[MailLink]):
    """Look at a secret link; nothing is done. Refuses with `Gone` (`link_void`)."""

    address: ClassVar[str] = "auth.look_at_mail_link"
    public: ClassVar[bool] = True
    token: MailToken


class Confirm(Command[SignedUp]):
    """Do what a secret link is for, but for a new password: an account, an address, the old one.

    An account begins its first session, if `sign_in`. Refuses with `Gone` (`link_void`) if the
    link was used or is too old, or with `Conflict` (`email_taken`) if somebody was quicker.
    """

    address: ClassVar[str] = "auth.confirm"
    public: ClassVar[bool] = True
    token: MailToken
    device: Device = Device()
    sign_in: bool = True
