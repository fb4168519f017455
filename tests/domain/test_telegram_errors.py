"""What errors of the Bot API mean: each row of the table, by what aiogram raises for it."""

from typing import Any

import pytest

from actors.telegram.errors import ERRORS, Verdict, judge
from actors.telegram.outside import load

load()
from aiogram import exceptions  # noqa: E402
from aiogram.methods import GetMe  # noqa: E402


def raised(kind: str, text: str, **more: Any) -> Exception:
    """Make an error as aiogram raises it."""
    if kind == "ClientDecodeError":
        return exceptions.ClientDecodeError(text, ValueError("no JSON"), "<html>")
    made: Exception = getattr(exceptions, kind)(method=GetMe(), message=text, **more)
    return made


@pytest.mark.parametrize(
    ("kind", "text", "more", "verdict"),
    [
        ("TelegramRetryAfter", "Too Many Requests: retry after 3", {"retry_after": 3}, "wait"),
        ("TelegramMigrateToChat", "upgraded", {"migrate_to_chat_id": -100}, "moved"),
        ("TelegramForbiddenError", "Forbidden: bot was blocked by the user", {}, "blocked"),
        ("TelegramForbiddenError", "Forbidden: user is deactivated", {}, "blocked"),
        ("TelegramUnauthorizedError", "Unauthorized", {}, "revoked"),
        ("TelegramNotFound", "Not Found", {}, "revoked"),
        ("TelegramConflictError", "terminated by other getUpdates request", {}, "conflict"),
        ("TelegramBadRequest", "Bad Request: message is not modified: specified", {}, "done"),
        ("TelegramBadRequest", "query is too old and response timeout expired", {}, "done"),
        ("TelegramBadRequest", "or query ID is invalid", {}, "done"),
        ("TelegramBadRequest", "message to delete not found", {}, "done"),
        ("TelegramBadRequest", "message can't be deleted", {}, "done"),
        ("TelegramBadRequest", "message to react not found", {}, "done"),
        ("TelegramBadRequest", "Bad Request: REACTION_INVALID", {}, "done"),
        ("TelegramBadRequest", "message to edit not found", {}, "lost"),
        ("TelegramBadRequest", "message can't be edited", {}, "lost"),
        ("TelegramBadRequest", "Bad Request: MESSAGE_ID_INVALID", {}, "lost"),
        ("TelegramBadRequest", "Bad Request: chat not found", {}, "blocked"),
        ("TelegramBadRequest", "PEER_ID_INVALID", {}, "blocked"),
        ("TelegramBadRequest", "Bad Request: message is too long", {}, "refused"),
        ("TelegramEntityTooLarge", "Request Entity Too Large", {}, "refused"),
        ("RestartingTelegram", "restart", {}, "again"),
        ("TelegramServerError", "Internal Server Error", {}, "unsure"),
        ("TelegramNetworkError", "timed out", {}, "unsure"),
        ("ClientDecodeError", "Failed to decode object", {}, "unsure"),
    ],
)
def test_an_error_is_judged(kind: str, text: str, more: dict[str, Any], verdict: Verdict) -> None:
    assert judge(raised(kind, text, **more)) == verdict


def test_a_call_that_was_taken_is_not_made_again_for_an_answer_that_cannot_be_read() -> None:
    """A newer Bot API may answer with what this aiogram does not know yet."""
    no = ValueError("an unknown kind")
    for data, verdict in (
        ({"ok": True, "result": {"message_id": 7}}, "done"),
        ({"ok": False}, "unsure"),
        ([], "unsure"),
        ("<html>", "unsure"),
    ):
        assert judge(exceptions.ClientDecodeError("odd", no, data)) == verdict


def test_errors_of_the_line_are_unsure_and_others_final() -> None:
    assert judge(TimeoutError()) == judge(ConnectionResetError()) == "unsure"
    assert judge(RuntimeError("odd")) == "refused"
    assert len({(row.kind, row.pattern) for row in ERRORS}) == len(ERRORS)
