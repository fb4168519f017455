"""Registrations: an account at once, or, where there is a mail server, once it is confirmed."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fast_depends import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth import addresses
from actors.auth.accounts import Hashed, first_session, hashed, opened
from actors.auth.domain import digest
from actors.auth.invitations import admit
from actors.auth.post import Post
from actors.auth.room import room
from actors.auth.tools import TheDeviceTokens, TheKeyring, TheMode, ThePost
from actors.runtime.room import Transaction
from contracts.accounts import UserRegistered
from contracts.backfill import NOBODY
from contracts.message import Gone, new_id
from contracts.registrations import Confirm, LookAtMailLink, MailLink, SignedUp, SignUp
from storage.auth import accounts, invitations, mail_tokens, mails, registrations
from storage.auth.registrations import Registration

CONFIRM_LIFE = timedelta(days=1)
"""For how long a registration waits to be confirmed."""


@room.answer
async def sign_up(
    command: SignUp,
    tx: Transaction,
    given: Annotated[Hashed, Depends(hashed)],
    mode: TheMode,
    post: ThePost,
    keyring: TheKeyring,
    device_tokens: TheDeviceTokens,
) -> SignedUp:
    """Open an account and its first session; or have the address confirmed first.

    What is done then is the same, and takes as long, whether or not there is an account.
    """
    now = datetime.now(UTC)
    confirmed = await admit(tx, mode, command.invitation, given.email, now)
    if confirmed or not post.there_is_a_server:
        registered = UserRegistered(
            user_id=new_id(),
            email=given.email,
            name=command.name,
            zone=command.zone,
            language=command.language,
        )
        account = await opened(tx, registered, given.password_hash, welcomed=command.welcome)
        args = (account, command.device, keyring, device_tokens, now)
        return SignedUp(tokens=await first_session(tx, *args))
    await post.admit(tx, command.device, now)
    await _ask_to_confirm(tx, command, given, post, now)
    return SignedUp()


async def _ask_to_confirm(
    tx: AsyncConnection, command: SignUp, given: Hashed, post: Post, now: datetime
) -> None:
    """Keep a registration, and mail its link; who has an account hears that they have one."""
    link, user_id = await post.make_link(tx), new_id()
    registration = Registration(
        user_id=user_id,
        hash=link.hash,
        email=given.email,
        password_hash=given.password_hash,
        name=command.name,
        zone=command.zone,
        language=command.language,
        welcome=command.welcome,
        expires_at=now + CONFIRM_LIFE,
    )
    await registrations.add(tx, registration)
    known = await accounts.find_by_email(tx, given.email)
    # Not with the name: nobody is to send words of their own to a stranger.
    await post.send(
        tx,
        "account_exists" if known else "confirm_account",
        known.user_id if known else NOBODY,
        given.email,
        now,
        link=link,
        life=CONFIRM_LIFE,
        language=None if known else command.language,
        counts_as="registration",
    )


@room.answer
async def look_at_mail_link(query: LookAtMailLink, tx: Transaction) -> MailLink:
    """Say what a link is for."""
    now, token = datetime.now(UTC), digest(query.token)
    registration = await registrations.find(tx, token)
    if registration is not None and registration.expires_at > now:
        language: Literal["en", "ru"] = "ru" if registration.language == "ru" else "en"
        return MailLink(purpose="confirm", language=language, email=registration.email)
    for purpose in mail_tokens.PURPOSES:
        if (found := await mail_tokens.find(tx, token, purpose, now)) is not None:
            return MailLink(purpose=purpose, email=found.email)
    invited = await invitations.find(tx, token, now)
    if invited is not None and invited.email is not None:
        return MailLink(purpose="invitation", email=invited.email)
    raise link_void()


@room.answer
async def confirm(
    command: Confirm,
    tx: Transaction,
    post: ThePost,
    keyring: TheKeyring,
    device_tokens: TheDeviceTokens,
) -> SignedUp:
    """Open the account of who holds the link; or give them the address that it is about."""
    now, token = datetime.now(UTC), digest(command.token)
    one = await registrations.take(tx, token, now)
    if one is None:
        if not await addresses.confirm(tx, token, post, now):
            raise link_void()
        return SignedUp()
    registered = UserRegistered(
        user_id=one.user_id,
        email=one.email,
        name=one.name,
        zone=one.zone,
        language="ru" if one.language == "ru" else "en",
    )
    account = await opened(tx, registered, one.password_hash, welcomed=one.welcome)
    if not command.sign_in:
        return SignedUp()
    args = (account, command.device, keyring, device_tokens, now)
    return SignedUp(
        tokens=await first_session(tx, *args),
        email=one.email,
        name=one.name,
        zone=one.zone,
        language=registered.language,
    )


def link_void() -> Gone:
    """Refuse a link that does not count (any more)."""
    return Gone("link_void", "This link was used, or it is too old. Please ask for another one.")


@room.tick("auth.forget_links", every="17 * * * *")
async def forget_links(tx: AsyncConnection) -> bool:
    """Drop what nobody has confirmed, and what counts no more."""
    now = datetime.now(UTC)
    for table in (registrations, mail_tokens, invitations):
        await table.forget(tx, now)
    await mails.forget(tx, now - timedelta(days=1))
    return False
