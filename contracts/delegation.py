"""On behalf of: what a room may ask for a person who is not there, or who came with less.

A personal access token opens what it was given and no more; what a room needs to know beside, to
answer what it was asked, it asks by itself.

Whoever may act for a person gets a token from auth that says so (`act`, RFC 8693, section 4.1). It
opens what stands here and nothing else, and lives for minutes.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from contracts.exports import OWN_ROWS
from contracts.message import SECRET, Query, Reply

ASKED_BY_ALL = frozenset({"auth.get_keys", "auth.list_ended_sessions", "auth.delegate"})
"""What every room asks: the keys of tokens, which are void, and to act for somebody."""

OVERHEARD_BY_ALL = frozenset(
    {
        *("auth.session_ended", "auth.personal_token_revoked"),
        *("users.user_changed", "users.user_deleted"),
    }
)
"""What every room overhears: that a token is void."""

_KNOWS = frozenset({"users.get_profile", "habits.get_habit"})
"""What a room asks that has not been told of a person or a habit yet."""

MAY_ASK: Mapping[str, frozenset[str]] = {
    "analytics": _KNOWS,
    "habits": frozenset({"users.get_profile", "reminders.note_cue", "journal.recognize_diary"}),
    "journal": _KNOWS,
    "backup": frozenset(
        {
            *(OWN_ROWS, "users.get_profile", "users.change_profile", "analytics.render_report"),
            *("habits.reorder_tags", "journal.name_moods", "reminders.set_settings"),
            *("habits.restore_rows", "journal.restore_rows", "reminders.restore_rows"),
            "habits.get_habit",
        }
    ),
    "reminders": _KNOWS | {"calendar.list_busy"},
    # The habits room asks who it is on with the token that it was asked with.
    "notifications": frozenset(
        {
            *("habits.look_at_mark", "habits.mark_day", "habits.withdraw_mark"),
            *("reminders.describe_reminder", "reminders.snooze_reminder"),
            *("reminders.give_feedback", "reminders.get_settings"),
            *("analytics.get_digest", "analytics.render_report", "users.get_profile"),
        }
    ),
    "calendar": frozenset(
        {
            *("reminders.list_reminders", "reminders.create_reminder"),
            *("reminders.update_reminder", "habits.list_check_ins", "habits.check_in"),
            *("habits.remove_check_in", "habits.update_habit", *_KNOWS),
        }
    ),
    "telegram": frozenset(
        {
            *("habits.get_today", "habits.list_habits", "habits.get_habit"),
            *("habits.check_in", "habits.increment", "habits.undo", "habits.create_habit"),
            *("habits.list_breaks", "habits.add_break", "habits.remove_break"),
            *("habits.list_check_ins", "journal.update_entry"),
            *("journal.create_entry", "journal.list_entries", "journal.get_moods"),
            "analytics.render_report",
            *("reminders.list_reminders", "reminders.create_reminder", "reminders.delete_reminder"),
            *("reminders.describe_reminder", "reminders.snooze_reminder"),
            *("reminders.get_settings", "reminders.update_settings"),
            *("users.get_profile", "users.change_profile", "users.create_profile"),
        }
    ),
}
"""The addresses that a room may ask on behalf of a person, by its name: the token's scopes."""


class Delegation(Reply):
    """A token by which a room acts for a person. `expires_in` is its life in seconds."""

    access_token: Annotated[str, SECRET] = Field(repr=False)
    expires_in: int


class Delegate(Query[Delegation]):
    """Ask for a token to act for a person. `proof` says for whom, and proves which room asks.

    Refuses with `Unauthenticated` (`invalid_proof`), or with `Denied`: this room may not act for
    anybody (`may_not_act`), or nobody may act for this person (`may_not_act_for`).
    """

    address: ClassVar[str] = "auth.delegate"
    public: ClassVar[bool] = True
    proof: Annotated[str, StringConstraints(max_length=1024), SECRET] = Field(repr=False)
