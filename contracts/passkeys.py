"""Passkeys (WebAuthn): a device that signs in place of a password, or beside it.

Each ceremony has two steps: options with a challenge, which the browser hands to the device, and
what the device answers. A challenge counts once, for five minutes, and for what it was made for.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints

from contracts.message import SECRET, Command, Done, Message, Query, Reply
from contracts.tokens import Device, Tokens
from contracts.visible import SEEN

MAX_PASSKEYS = 20
"""Passkeys of one person."""

Credential = dict[str, JsonValue]
"""What the device answers: `PublicKeyCredential.toJSON()` (WebAuthn level 3, section 5.1)."""

PasskeyName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"
    ),
    SEEN,
]
"""What a person calls a passkey."""


class PasskeyOptions(Reply):
    """What the browser hands to the device (WebAuthn level 3, sections 5.4 and 5.5, as JSON)."""

    public_key: dict[str, JsonValue]
    """The options, for `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`."""


class Passkey(Message):
    """A passkey."""

    passkey_id: UUID
    """Which passkey."""
    name: str
    """What its owner calls it."""
    created_at: AwareDatetime
    """When it was added."""
    used_at: AwareDatetime | None = None
    """When somebody last signed in with it; null: never."""


class PasskeyShown(Passkey, Reply):
    """One passkey."""


class Passkeys(Reply):
    """The passkeys of a person, in the order in which they were added."""

    passkeys: tuple[Passkey, ...]
    """The passkeys."""


class ListPasskeys(Query[Passkeys]):
    """List the caller's passkeys."""

    address: ClassVar[str] = "auth.list_passkeys"


class BeginPasskey(Command[PasskeyOptions]):
    """Begin to add a passkey.

    Refuses with `Conflict` (`too_many_passkeys`, `passkeys_off`).
    """

    address: ClassVar[str] = "auth.begin_passkey"
    fresh: ClassVar[bool] = True


class AddPasskey(Command[PasskeyShown]):
    """Add the passkey that the device made.

    Refuses with `Invalid` (`passkey_unfit`), or `Conflict` (`too_many_passkeys`, `passkeys_off`).
    """

    address: ClassVar[str] = "auth.add_passkey"
    fresh: ClassVar[bool] = True
    name: PasskeyName
    credential: Annotated[Credential, SECRET] = Field(repr=False)


class RenamePasskey(Command[PasskeyShown]):
    """Call a passkey something else. Refuses with `NotFound` (`passkey_not_found`)."""

    address: ClassVar[str] = "auth.rename_passkey"
    passkey_id: UUID
    name: PasskeyName


class DropPasskey(Command[Done]):
    """Take a passkey away: nobody signs in with it any more.

    Refuses with `NotFound` (`passkey_not_found`).
    """

    address: ClassVar[str] = "auth.drop_passkey"
    fresh: ClassVar[bool] = True
    passkey_id: UUID


class BeginPasskeySignIn(Command[PasskeyOptions]):
    """Begin to sign in with whichever passkey the device has; nobody has to say who they are.

    Refuses with `Conflict` (`passkeys_off`).
    """

    address: ClassVar[str] = "auth.begin_passkey_sign_in"
    public: ClassVar[bool] = True


class PasskeySignIn(Command[Tokens]):
    """Begin a session by a passkey, which counts as both factors: the device knows its owner.

    Refuses with `Unauthenticated` (`wrong_passkey`), `Denied` (`account_disabled`), or `Conflict`
    (`passkeys_off`).
    """

    address: ClassVar[str] = "auth.passkey_sign_in"
    public: ClassVar[bool] = True
    credential: Annotated[Credential, SECRET] = Field(repr=False)
    device: Device = Device()
