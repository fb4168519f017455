"""Forgotten passwords: a link by mail sets a new one, and opens nothing by itself."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import structlog
from fast_depends import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.auth import sessions
from actors.auth.delegation import OPERATOR, vouched
from actors.auth.domain import clean_email, digest
from actors.auth.post import Post, warn
from actors.auth.registrations import link_void
from actors.auth.room import room
from actors.auth.tools import TheHasher, ThePolicy, ThePost
from actors.runtime.room import Now, ShortTransaction, Transaction, prepared
from contracts.backfill import NOBODY
from contracts.message import Conflict, Done, NotFound, new_id
from contracts.passwords import (
    ForgotPassword,
    MailReset,
    PasswordChanged,
    ResetPassword,
    SetPassword,
)
from storage.auth import accounts, devices, mail_tokens
from storage.auth.mail_tokens import MailToken
from storage.outbox import tell

log = structlog.get_logger()

RESET_LIFE = timedelta(minutes=30)
"""For how long a link sets a new password."""


@dataclass(frozen=True, slots=True)
class NewHash:
    """The hash of a new password."""

    password_hash: str


async def _new_hash() -> NewHash:
    return prepared(NewHash)


@room.answer
async def forgot_password(command: ForgotPassword, tx: Transaction, post: ThePost) -> Done:
    """Have somebody looked up who is mailed to: here nobody sees, or measures, whether there is."""
    if not post.there_is_a_server:
        text = "No mail server is set here; whoever runs this Ritmo can set a new password."
        raise Conflict("no_mail_server", text)
    await post.admit(tx, command.device, datetime.now(UTC))
    await tell(tx, MailReset(user_id=NOBODY, email=command.email))
    return Done()


@room.do
async def mail_reset(job: MailReset, tx: Transaction, post: ThePost, now: Now) -> None:
    """Mail a link to whose address it is; the one before stays, for a mail may come late."""
    email = clean_email(job.email)
    account = None if email is None else await accounts.find_by_email(tx, email)
    if account is None or account.email is None or account.disabled:
        return
    link = await post.make_link(tx)
    sent = await post.send(
        tx, "reset_password", account.user_id, account.email, now, link=link, life=RESET_LIFE
    )
    if not sent:
        log.info("reset not mailed", user_id=str(account.user_id), why="too_many_mails")
        return
    until = now + RESET_LIFE
    token = MailToken(new_id(), account.user_id, link.hash, "reset", account.email, until)
    await mail_tokens.add(tx, account.user_id, token)


@room.before
async def hash_reset(
    command: ResetPassword, begin_short: ShortTransaction, hasher: TheHasher, policy: ThePolicy
) -> NewHash:
    """Check the link, then the new password, and hash it, while no transaction is open."""
    async with begin_short() as tx:
        now, token = datetime.now(UTC), digest(command.token)
        one = await mail_tokens.find(tx, token, "reset", now)
    if one is None:
        raise link_void()
    password = await policy.checked(command.new_password, one.email, "/new_password")
    return NewHash(await hasher.hash(password))


@room.answer
async def reset_password(
    command: ResetPassword,
    tx: Transaction,
    given: Annotated[NewHash, Depends(_new_hash)],
    post: ThePost,
) -> Done:
    """Set the password of whose link it is; they log in with it, and with their second factor."""
    now = datetime.now(UTC)
    one = await mail_tokens.take(tx, digest(command.token), "reset", now)
    if one is None or not await _replace(tx, one.user_id, given.password_hash, post, now):
        raise link_void()
    return Done()


@room.before
async def hash_set(command: SetPassword, hasher: TheHasher, policy: ThePolicy) -> NewHash:
    """Check a password that the operator sets, and hash it, while no transaction is open."""
    password = await policy.checked(command.new_password, "", "/new_password")
    return NewHash(await hasher.hash(password))


@room.answer
async def set_password(
    command: SetPassword,
    tx: Transaction,
    given: Annotated[NewHash, Depends(_new_hash)],
    post: ThePost,
) -> Done:
    """Set a password for the operator."""
    now = datetime.now(UTC)
    _, user_id = await vouched(tx, command, OPERATOR)
    if not await _replace(tx, user_id, given.password_hash, post, now):
        raise NotFound("account_not_found", "There is no such account any more.")
    return Done()


async def _replace(
    tx: AsyncConnection, user_id: UUID, password_hash: str, post: Post, now: datetime
) -> bool:
    """Set another password; whoever came in by the old one, or waits with a link, is out."""
    if not await accounts.replace_password(tx, user_id, password_hash):
        return False
    await tell(tx, PasswordChanged(user_id=user_id))
    await sessions.end(tx, user_id, now, "password")
    await devices.forget(tx, user_id)
    await mail_tokens.drop(tx, user_id, "reset", "address")
    await warn(tx, post, await accounts.find(tx, user_id), "password_changed", now)
    return True
