"""The second factor by an app: a code of six digits every 30 seconds (TOTP, RFC 6238).

It is set up in two steps, so that nobody is kept out by an app that did not take the secret. Once
it is on, a login with a password needs a code: of the app, or one of ten recovery codes.
"""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts.message import SECRET, Command, Done, Query, Reply

RECOVERY_CODES = 10
"""Recovery codes that are given at once; each counts once."""

Code = Annotated[str, Field(min_length=1, max_length=60, repr=False), SECRET]
"""A code of six digits, or a recovery code; spaces and hyphens do not matter."""


class Totp(Reply):
    """Whether the second factor by an app is on."""

    on: bool
    """Whether a login with the password needs a code."""
    since: AwareDatetime | None = None
    """Since when; null: it is off."""
    recovery_codes: int = 0
    """How many recovery codes are left."""


class GetTotp(Query[Totp]):
    """Say whether the caller's second factor by an app is on."""

    address: ClassVar[str] = "auth.get_totp"


class TotpSecret(Reply):
    """What an app needs to make codes; it is shown once, and counts once it is confirmed."""

    secret: Annotated[str, SECRET] = Field(repr=False)
    """The secret in base32, to be typed into an app."""
    uri: Annotated[str, SECRET] = Field(repr=False)
    """The same as an `otpauth:` address, to be shown as a QR code."""


class BeginTotp(Command[TotpSecret]):
    """Make a secret for an app; what was on before stays on until the new one is confirmed."""

    address: ClassVar[str] = "auth.begin_totp"
    fresh: ClassVar[bool] = True


class RecoveryCodes(Reply):
    """Ten codes for the day on which the app is lost; they are shown once."""

    codes: Annotated[tuple[str, ...], SECRET] = Field(repr=False)
    """The codes, each of which counts once."""


class ConfirmTotp(Command[RecoveryCodes]):
    """Turn the second factor on by a code of the app; earlier recovery codes count no more.

    Refuses with `Invalid` (`wrong_otp`), `Conflict` (`totp_not_begun`), or `TooMany`.
    """

    address: ClassVar[str] = "auth.confirm_totp"
    fresh: ClassVar[bool] = True
    code: Code


class RenewRecoveryCodes(Command[RecoveryCodes]):
    """Give ten other recovery codes; earlier ones count no more.

    Refuses with `Conflict` (`totp_off`).
    """

    address: ClassVar[str] = "auth.renew_recovery_codes"
    fresh: ClassVar[bool] = True


class DropTotp(Command[Done]):
    """Turn the second factor by an app off, and forget its secret and the recovery codes."""

    address: ClassVar[str] = "auth.drop_totp"
    fresh: ClassVar[bool] = True


class RemoveTotp(Command[Done]):
    """Turn the second factor by an app off for whom the operator vouches; their sessions end.

    It is the way back for who has lost both the app and the recovery codes. `proof` is as for
    `contracts.accounts.OpenAccount`. Refuses with `Unauthenticated` (`invalid_proof`), `Denied`
    (`may_not_act`), or `Conflict` (`totp_off`).
    """

    address: ClassVar[str] = "auth.remove_totp"
    public: ClassVar[bool] = True
    proof: Annotated[str, Field(max_length=1024), SECRET] = Field(repr=False)
