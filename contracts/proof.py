"""A fresh proof: who holds a session shows again who they are, before what a thief would do.

A command that is `fresh` is refused with `Denied` (`proof_required`) if the caller's last proof is
older than `PROOF_SECONDS`: a login, or this.
"""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from contracts.accounts import Text
from contracts.message import SECRET, Command, Reply

PROOF_SECONDS = 600
"""How long a proof is good for what is `fresh`."""


class Proof(Reply):
    """An access token that says when its holder showed who they are."""

    access_token: Annotated[str, SECRET] = Field(repr=False)
    """Use it in place of the one before; the refresh token stays as it is."""
    expires_in: int
    """Its life, in seconds."""


class Prove(Command[Proof]):
    """Show who one is: by the password, or by a code of the second factor.

    Refuses with `Invalid` (`wrong_password`, `wrong_otp`), with `Denied` (`no_session`) whoever
    holds no session, or with `TooMany`.
    """

    address: ClassVar[str] = "auth.prove"
    password: Annotated[Text | None, SECRET] = Field(default=None, repr=False)
    otp: Annotated[Text | None, SECRET] = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        """Refuse none, and both."""
        if (self.password is None) == (self.otp is None):
            raise ValueError("give `password`, or `otp`")
        return self
