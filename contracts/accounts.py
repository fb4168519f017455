"""Accounts: opened with an address and a password, and known by their user's id."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.language import Language
from contracts.message import SECRET, Command, Fact, Reply
from contracts.passkeys import Credential
from contracts.time import ChosenZone, Zone
from contracts.tokens import Device, Tokens
from contracts.visible import SEEN

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=254),
]
"""An address, already checked at the door; compared without regard to case."""

Contact = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254)]
"""The address of a person; empty: they have given none."""


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    SEEN,
]
"""What to call a person: one line, perhaps empty."""


Text = Annotated[str, StringConstraints(max_length=1024)]


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


MAY_OPEN_ACCOUNTS = frozenset({"ops", "telegram"})
"""The parts of Ritmo that may open an account for somebody who proves otherwise who they are."""


class AccountOpened(Reply):
    """Whose account was opened, and what they may do."""

    user_id: UUID
    role: Literal["user", "admin"] = "user"


class OpenAccount(Command[AccountOpened]):
    """Open a confirmed account for somebody whom a part of Ritmo knows; again, it stays as it is.

    `proof` names the new user and proves which part asks (`RoomBus.prove`). Without `email` there
    is nowhere to write to, without `password` they come in by what that part vouches for, or by a
    passkey; an address can be added later. Refuses with `Unauthenticated` (`invalid_proof`), with
    `Denied` (`may_not_act`), and as `Register` does.
    """

    address: ClassVar[str] = "auth.open_account"
    public: ClassVar[bool] = True
    proof: Annotated[str, StringConstraints(max_length=1024), SECRET] = Field(repr=False)
    email: Email | None = None
    password: Annotated[Text | None, SECRET] = Field(default=None, repr=False)
    name: Name = ""
    zone: ChosenZone = "UTC"
    language: Language = "en"
    welcome: bool = False
    """Whether a mail greets them, if there is an address."""
    may_found: bool = False
    """Whether they are the administrator, if theirs is the first account of the installation."""


class BeginSession(Command[Tokens]):
    """Begin a session for whom a part of Ritmo vouches: they have shown it who they are.

    `proof` is as for `OpenAccount`. A second factor that is on is asked for all the same. Refuses
    with `Unauthenticated` (`invalid_proof`, `otp_required`, `wrong_otp`, `wrong_passkey`), with
    `Denied` (`may_not_act`, `account_disabled`), `NotFound` (`account_not_found`), or `TooMany`.
    """

    address: ClassVar[str] = "auth.begin_session"
    public: ClassVar[bool] = True
    proof: Annotated[str, StringConstraints(max_length=1024), SECRET] = Field(repr=False)
    otp: Annotated[Text | None, SECRET] = Field(default=None, repr=False)
    passkey: Annotated[Credential | None, SECRET] = Field(default=None, repr=False)
    device: Device = Device()


class UserRegistered(Fact):
    """Somebody opened an account."""

    address: ClassVar[str] = "auth.user_registered"
    email: Contact
    name: Name
    zone: Zone
    language: Language
    role: Literal["user", "admin"] = "user"
    """What they may do: the first account of an installation is its administrator."""
