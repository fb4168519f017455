"""What is done with a database that was restored, in the same transaction.

Facts stay on their way: rooms take in each once, for what they have heard was restored with them.
What leaves Ritmo may have left it after the backup was made, and would leave again: letters,
messages and what makes them are given up, and when that was is noted, so that what was due before
then counts as missed (`storage/restorations.py`).
"""

from datetime import datetime

from contracts.message import new_id

LEAVING = (
    "auth.mail_reset",
    "notifications.send_digest",
    "notifications.send_notice",
    "telegram.deliver_notice",
    "telegram.end_delivery",
)
"""Jobs by which something is sent."""

TOLD_OF = ("habits.streak_reached", "telegram.chat_changed")
"""Facts of which the notifications room tells people, once it hears them."""


def statements(backup: str, at: datetime) -> str:
    """Return the statements; `at` is the instant of the restore."""
    instant = f"'{at.isoformat()}'::timestamptz"
    return f"""
INSERT INTO bus.restorations (id, backup, at) VALUES ('{new_id()}', '{backup}', {instant});
UPDATE notifications.deliveries SET state = 'expired', ended_at = {instant}, detail = 'restored'
    WHERE state IN ('pending', 'retry', 'sending');
UPDATE telegram.calls SET ended_at = {instant}, sending = false WHERE ended_at IS NULL;
INSERT INTO bus.inbox (room, message_id) SELECT 'notifications', message_id FROM bus.outbox
    WHERE address IN ({_listed(TOLD_OF)}) ON CONFLICT DO NOTHING;
DELETE FROM bus.outbox WHERE address IN ({_listed(LEAVING)});
UPDATE bus.outbox SET due_at = {instant}, sent_at = NULL;
UPDATE backup.runs SET phase = 'failed', ended_at = {instant}, why = 'It was interrupted.'
    WHERE phase IN ('waiting', 'running');
DELETE FROM bus.heartbeats;
"""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
