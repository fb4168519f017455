"""What an error of the Bot API means: one table, the first row that fits decides.

Many errors can be told apart by their text alone. Classes are named, not imported: aiogram is only
loaded where there is a token.
"""

import re
from typing import Literal, NamedTuple

Verdict = Literal[
    "done", "lost", "blocked", "moved", "wait", "again", "unsure", "revoked", "conflict", "refused"
]
"""`done`: it is as it should be; `lost`: the message to be changed is gone; `blocked`: the person
takes no messages; `moved`: the chat has another id; `wait`: not before `retry_after`; `again`: it
was not taken; `unsure`: it may have been taken; `revoked`: the token is no good; `conflict`:
another fetches updates; `refused`: it will never be taken.
"""


class Row(NamedTuple):
    """An error by its class and a pattern in its text, and what it means."""

    kind: str
    pattern: str
    verdict: Verdict


ERRORS = (
    Row("TelegramRetryAfter", "", "wait"),
    Row("TelegramMigrateToChat", "", "moved"),
    Row("TelegramForbiddenError", "", "blocked"),
    Row("TelegramUnauthorizedError", "", "revoked"),
    Row("TelegramConflictError", "", "conflict"),
    Row("TelegramBadRequest", r"message is not modified", "done"),
    Row("TelegramBadRequest", r"query is too old|query id is invalid", "done"),
    Row("TelegramBadRequest", r"message to delete not found|message can't be deleted", "done"),
    Row("TelegramBadRequest", r"message to react not found|reaction.invalid", "done"),
    Row("TelegramBadRequest", r"message to edit not found|message can't be edited", "lost"),
    Row("TelegramBadRequest", r"message.id.invalid", "lost"),
    Row("TelegramBadRequest", r"chat not found|user is deactivated|peer.id.invalid", "blocked"),
    Row("TelegramBadRequest", "", "refused"),
    Row("TelegramNotFound", "", "revoked"),
    Row("TelegramEntityTooLarge", "", "refused"),
    Row("RestartingTelegram", "", "again"),
    Row("TelegramServerError", "", "unsure"),
    Row("ClientDecodeError", "", "unsure"),
    Row("TelegramNetworkError", "", "unsure"),
    Row("TimeoutError", "", "unsure"),
    Row("ClientError", "", "unsure"),
    Row("OSError", "", "unsure"),
)


def taken(error: Exception) -> bool:
    """Tell whether Telegram took a call, and said so in words that aiogram cannot read yet."""
    said = getattr(error, "data", None)
    return isinstance(said, dict) and said.get("ok") is True


def judge(error: Exception) -> Verdict:
    """Say what an error means; of one that is not in the table: it will never be taken."""
    if taken(error):
        return "done"
    kinds = {one.__name__ for one in type(error).__mro__}
    said = str(error)
    for row in ERRORS:
        if row.kind in kinds and re.search(row.pattern, said, re.IGNORECASE):
            return row.verdict
    return "refused"
