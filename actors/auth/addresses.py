"""The address of an account: changed, once its owner has shown that it is theirs, and undone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth import sessions
from actors.auth.domain import checked_email
from actors.auth.personal_tokens import ended
from actors.auth.post import Post
from actors.auth.room import room
from actors.auth.tools import ThePost
from actors.auth.vouched import email_taken
from actors.runtime.room import Transaction, Who
from contracts.addresses import ChangeEmail, EmailAsked, EmailChanged
from contracts.backfill import NOBODY
from contracts.message import TooMany, Unauthenticated, new_id
from storage.auth import (
    accounts,
    devices,
    identities,
    mail_tokens,
    passkeys,
    personal_tokens,
    totp,
)
from storage.auth.mail_tokens import MailToken
from storage.outbox import tell

ADDRESS_LIFE, UNDO_LIFE = timedelta(days=1), timedelta(days=7)
"""For how long a new address can be confirmed, and the old one be brought back."""


@room.answer
async def change_email(
    command: ChangeEmail, who: Who, tx: Transaction, post: ThePost
) -> EmailAsked:
    """Change the address, or mail a link to the new one: nothing changes until it is used."""
    now, email = datetime.now(UTC), checked_email(command.email)
    account = await accounts.find(tx, who.user_id, lock=True)
    if account is None:
        raise Unauthenticated("unauthenticated", "Please log in first.")
    if account.email == email:
        return EmailAsked(mailed=False)
    if not post.there_is_a_server:
        if not await _set(tx, who.user_id, email):
            raise email_taken()
        return EmailAsked(mailed=False)
    await post.admit_user(tx, who.user_id, now)
    await mail_tokens.drop(tx, who.user_id, "address")
    other = await accounts.find_by_email(tx, email)
    link = await post.make_link(tx)
    token = MailToken(new_id(), who.user_id, link.hash, "address", email, now + ADDRESS_LIFE)
    await mail_tokens.add(tx, who.user_id, token)
    sent = await post.send(
        tx,
        "account_exists" if other else "confirm_address",
        other.user_id if other else NOBODY,
        email,
        now,
        link=link,
        life=ADDRESS_LIFE,
        counts_as="address",
    )
    if not sent:
        text = "Too many mails were sent to this address today; try again tomorrow."
        raise TooMany("too_many_mails", text, retry_after=3600)
    return EmailAsked()


async def confirm(tx: AsyncConnection, token: bytes, post: Post, now: datetime) -> bool:
    """Give an account the address of a link: the new one, or the old one back; False: no link."""
    one = await mail_tokens.take(tx, token, "address", now)
    if one is not None:
        await _change(tx, one, post, now)
        return True
    one = await mail_tokens.take(tx, token, "undo", now)
    if one is None:
        return False
    if not await _set(tx, one.user_id, one.email):
        raise email_taken()
    # Whoever changed it is not to stay. Who had the address before this one keeps their way back.
    await mail_tokens.drop(tx, one.user_id, "address", "reset")
    await mail_tokens.drop_undo(tx, one)
    await sessions.end(tx, one.user_id, now, "elsewhere")
    await devices.forget(tx, one.user_id)
    await _withdraw(tx, one.user_id, one.expires_at - UNDO_LIFE - ADDRESS_LIFE, now)
    return True


async def _withdraw(tx: AsyncConnection, user_id: UUID, since: datetime, now: datetime) -> None:
    """Take away every way in that was added since then, when the other address was asked for at
    the earliest: it may be a stranger's. A second factor would even keep the owner out.
    """
    await passkeys.drop_since(tx, user_id, since)
    await identities.drop_since(tx, user_id, since)
    factor = await totp.find(tx, user_id)
    if factor is not None and (factor.confirmed_at is None or factor.confirmed_at >= since):
        await totp.drop(tx, user_id)
    await ended(tx, user_id, await personal_tokens.drop_since(tx, user_id, since), now)


async def _change(tx: AsyncConnection, one: MailToken, post: Post, now: datetime) -> None:
    """Give an account its new address, and tell the old one, with a way back."""
    account = await accounts.find(tx, one.user_id, lock=True)
    if account is None or not await _set(tx, one.user_id, one.email):
        raise email_taken()
    # A link that was mailed to the old address opens nothing any more, but for the way back.
    await mail_tokens.drop(tx, one.user_id, "reset")
    if account.email is None:
        return
    link = await post.make_link(tx)
    undo = MailToken(new_id(), one.user_id, link.hash, "undo", account.email, now + UNDO_LIFE)
    await mail_tokens.add(tx, one.user_id, undo)
    await post.send(
        tx,
        "address_changed",
        one.user_id,
        account.email,
        now,
        link=link,
        life=UNDO_LIFE,
        counts_as="undo",
        most=10,
    )


async def _set(tx: AsyncConnection, user_id: UUID, email: str) -> bool:
    """Give an account an address, and tell of it; False if another has it."""
    version = await accounts.set_email(tx, user_id, email)
    if version is None:
        return False
    await tell(tx, EmailChanged(user_id=user_id, email=email, email_version=version))
    return True
