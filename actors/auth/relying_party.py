"""Ritmo as a relying party of WebAuthn: challenges are made, and what devices answer is verified.

The relying party is the host of `RITMO_BASE_URL`, without which it is `localhost`; browsers hand
out passkeys to names alone, never to an address.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.settings import Settings
from contracts.message import Conflict, Invalid, Unauthenticated
from storage.auth import passkeys

Purpose = Literal["add", "sign_in"]
CHALLENGE_LIFE = timedelta(minutes=5)
CHALLENGE_BYTES = 32
USUAL_PORT = {"http": 80, "https": 443}

UNFIT = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)
"""What odd answers of devices raise in the libraries that read them, beside their own errors."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What a device has made: a credential, its public key (COSE), and how often it has signed."""

    id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who devices sign in to: a host, and the origins of its pages."""

    id: str
    origin: str

    @staticmethod
    def of(settings: Settings) -> "RelyingParty":
        """Read who that is off the settings."""
        given = urlsplit(settings.base_url or f"http://localhost:{settings.port}")
        host, scheme = given.hostname or "", given.scheme
        port = "" if given.port in (None, USUAL_PORT.get(scheme)) else f":{given.port}"
        return RelyingParty(host, f"{scheme}://{host}{port}")

    async def begin_add(
        self, tx: AsyncConnection, user_id: UUID, email: str, now: datetime
    ) -> dict[str, JsonValue]:
        """Make the options for a new passkey of a user."""
        from webauthn import generate_registration_options, options_to_json
        from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        self._check()
        has = await passkeys.list_of(tx, user_id)
        options = generate_registration_options(
            rp_id=self.id,
            rp_name="Ritmo",
            user_id=user_id.bytes,
            user_name=email,
            challenge=await self._challenge(tx, "add", user_id, now),
            timeout=_milliseconds(),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=one.credential_id) for one in has
            ],
            supported_pub_key_algs=[
                Algorithm.ECDSA_SHA_256,
                Algorithm.EDDSA,
                Algorithm.RSASSA_PKCS1_v1_5_SHA_256,
            ],
        )
        made: dict[str, JsonValue] = json.loads(options_to_json(options))
        return made

    async def add(
        self, tx: AsyncConnection, user_id: UUID, given: Mapping[str, Any], now: datetime
    ) -> NewCredential:
        """Verify what a device has made. Refuses with `Invalid` (`passkey_unfit`)."""
        from webauthn import verify_registration_response
        from webauthn.helpers.exceptions import WebAuthnException

        self._check()
        try:
            challenge = _challenge_of(given)
            if not await passkeys.meet(tx, challenge, "add", user_id, now):
                raise _unfit()
            made = verify_registration_response(
                credential=dict(given),
                expected_challenge=challenge,
                expected_rp_id=self.id,
                expected_origin=self.origin,
            )
        except (WebAuthnException, *UNFIT):
            raise _unfit() from None
        return NewCredential(made.credential_id, made.credential_public_key, made.sign_count)

    async def begin_sign_in(self, tx: AsyncConnection, now: datetime) -> dict[str, JsonValue]:
        """Make the options to sign in with any passkey that the device has."""
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        self._check()
        options = generate_authentication_options(
            rp_id=self.id,
            challenge=await self._challenge(tx, "sign_in", None, now),
            timeout=_milliseconds(),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        made: dict[str, JsonValue] = json.loads(options_to_json(options))
        return made

    async def sign_in(
        self, tx: AsyncConnection, given: Mapping[str, Any], now: datetime, *, verified: bool
    ) -> UUID:
        """Verify what a device has signed; return whose it is.

        `verified`: the device must know that its owner holds it, by a finger or a PIN. Refuses
        with `Unauthenticated` (`wrong_passkey`).
        """
        from webauthn import verify_authentication_response
        from webauthn.helpers import parse_authentication_credential_json
        from webauthn.helpers.exceptions import WebAuthnException

        self._check()
        try:
            credential = parse_authentication_credential_json(dict(given))
            challenge = _challenge_of(given)
            passkey = await passkeys.find_by_credential(tx, credential.raw_id)
            handle = credential.response.user_handle
            if (
                passkey is None
                or (handle is not None and handle != passkey.user_id.bytes)
                or not await passkeys.meet(tx, challenge, "sign_in", None, now)
            ):
                raise _wrong()
            signed = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.id,
                expected_origin=self.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=verified,
            )
        except (WebAuthnException, *UNFIT):
            raise _wrong() from None
        if not await passkeys.use(tx, passkey.user_id, passkey, signed.new_sign_count, now):
            raise _wrong()
        return passkey.user_id

    async def _challenge(
        self, tx: AsyncConnection, purpose: Purpose, user_id: UUID | None, now: datetime
    ) -> bytes:
        made = secrets.token_bytes(CHALLENGE_BYTES)
        await passkeys.challenge(tx, made, purpose, user_id, now, now + CHALLENGE_LIFE)
        return made

    @property
    def is_on(self) -> bool:
        """Whether a browser would hand out a passkey here: they are known by a host's name."""
        return bool(self.id) and not _is_address(self.id)

    def _check(self) -> None:
        """Refuse where no browser would hand out a passkey."""
        if not self.is_on:
            raise Conflict("passkeys_off", "Passkeys need a host name: set RITMO_BASE_URL to one.")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _challenge_of(given: Mapping[str, Any]) -> bytes:
    """Read which challenge a device answers."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    return parse_client_data_json(base64url_to_bytes(given["response"]["clientDataJSON"])).challenge


def _milliseconds() -> int:
    return int(CHALLENGE_LIFE.total_seconds() * 1000)


def _unfit() -> Invalid:
    return Invalid("passkey_unfit", "This passkey does not fit; begin anew.")


def _wrong() -> Unauthenticated:
    return Unauthenticated("wrong_passkey", "This passkey does not fit; begin anew.")
