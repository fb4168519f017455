"""Chats in Telegram: a way to sign in, so the owner of an account hears of one that is linked."""

from datetime import UTC, datetime

from actors.auth.post import warn
from actors.auth.room import room
from actors.auth.tools import ThePost
from actors.runtime.room import Transaction
from contracts.telegram import ChatChanged
from storage.auth import accounts


@room.hear
async def warn_of_chat(fact: ChatChanged, tx: Transaction, post: ThePost) -> None:
    """Tell by mail that a chat was linked, or is no more; who has no address did it in the chat."""
    account = await accounts.find(tx, fact.user_id)
    if account is None or account.email is None or (fact.linked and not fact.new):
        return
    what, now = "chat_linked" if fact.linked else "chat_dropped", datetime.now(UTC)
    await warn(tx, post, account, "factor_changed", now, what=what)
