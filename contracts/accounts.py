"""Accounts: opened with an address and a password, and known by their user's id."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.language import Language
from contracts.message import SECRET, Command, Fact
from contracts.time import ChosenZone, Zone
from contracts.tokens import Device, Tokens
from contracts.visible import SEEN

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=254),
]
"""An address, already checked at the door; compared without regard to case."""


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


class UserRegistered(Fact):
    """Somebody opened an account."""

    address: ClassVar[str] = "auth.user_registered"
    email: Email
    name: Name
    zone: Zone
    language: Language
