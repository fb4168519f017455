"""Notifications get a room of their own: its tables move, and so does what waits for it.

Revision 0025, after 0024.
"""

import json

from alembic import op
from sqlalchemy import Connection, text

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = ("deliveries", "suppressed", "apprise", "secrets", "used_links")
"""What moves as it is, with its rows; the key that signs links among it."""

NOTICE, DIGEST = "notifications.send_notice", "notifications.send_digest"
JOBS = {
    "reminders.send_mail": NOTICE,
    "reminders.send_digest": DIGEST,
    "analytics.compose_due_digest": DIGEST,
}
"""The addresses of jobs before, and those that they have now."""

WAITING = {"outbox": "seq", "parked": "id"}
"""Where jobs wait, and the keys of these tables."""


def upgrade() -> None:
    """Go forward."""
    op.execute("CREATE SCHEMA notifications")
    for table in TABLES:
        op.execute(f"ALTER TABLE reminders.{table} SET SCHEMA notifications")
    op.execute("ALTER TABLE notifications.apprise ALTER COLUMN url DROP NOT NULL")
    op.execute("ALTER TABLE notifications.apprise ADD COLUMN version integer NOT NULL DEFAULT 1")
    op.execute(
        "CREATE TABLE notifications.people (user_id uuid CONSTRAINT pk_people PRIMARY KEY,"
        " email text, name text, language text, version integer NOT NULL DEFAULT 0,"
        " gone boolean NOT NULL DEFAULT false)"
    )
    op.execute(
        "INSERT INTO notifications.people"
        " SELECT user_id, email, name, language, version, gone FROM reminders.people"
    )
    op.execute("ALTER TABLE reminders.people DROP COLUMN telegram")
    op.execute("ALTER TABLE reminders.people ADD COLUMN reached text[] NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE reminders.people ADD COLUMN reached_version integer NOT NULL DEFAULT 0")
    op.execute(
        "UPDATE reminders.people p SET reached = '{apprise}', reached_version = 1"
        " FROM notifications.apprise a WHERE a.user_id = p.user_id"
    )
    op.execute(
        "UPDATE notifications.deliveries SET data = (SELECT json_object_agg(key, value)::text"
        " FROM json_each(data::json) WHERE key IN ('every', 'first', 'last'))"
        " WHERE template = 'digest' AND ended_at IS NULL"
    )
    _readdress()


def _readdress() -> None:
    """Send jobs to their new room; what was done of them before is done there, too."""
    before = ", ".join(f"'{address}'" for address in JOBS)
    op.execute(
        "INSERT INTO bus.inbox (room, message_id, heard_at) SELECT 'notifications',"
        " i.message_id, i.heard_at FROM bus.inbox i JOIN bus.outbox o USING (message_id)"
        f" WHERE o.address IN ({before}) AND i.room = split_part(o.address, '.', 1)"
        " ON CONFLICT DO NOTHING"
    )
    for table, key in WAITING.items():
        _compose_later(op.get_bind(), table, key)
    op.execute(f"UPDATE bus.parked SET room = 'notifications' WHERE address IN ({before})")
    for table in WAITING:
        for address, now in JOBS.items():
            op.execute(f"UPDATE bus.{table} SET address = '{now}' WHERE address = '{address}'")


def _compose_later(connection: Connection, table: str, key: str) -> None:
    """Let waiting digests be composed when they are sent: of what was composed, the days stay."""
    waiting = text(f"SELECT {key}, body FROM bus.{table} WHERE address = 'reminders.send_digest'")
    change = text(f"UPDATE bus.{table} SET body = :body WHERE {key} = :key")
    for place, body in connection.execute(waiting).all():
        try:
            said = json.loads(body)
            digest = said.pop("digest")
            said |= {name: digest[name] for name in ("every", "first", "last", "language")}
        except (ValueError, LookupError, TypeError, AttributeError):
            continue  # it could not be read before either, and stays parked as it is
        connection.execute(change, {"body": json.dumps(said), "key": place})


def downgrade() -> None:
    """Go back. Digests are composed by analytics again."""
    for table in WAITING:
        op.execute(
            f"UPDATE bus.{table} SET address = 'reminders.send_mail' WHERE address = '{NOTICE}'"
        )
        op.execute(
            f"UPDATE bus.{table} SET address = 'analytics.compose_due_digest'"
            f" WHERE address = '{DIGEST}'"
        )
        op.execute(f"DELETE FROM bus.{table} WHERE address = 'notifications.channels_changed'")
    op.execute(
        "UPDATE bus.parked SET room = split_part(address, '.', 1) WHERE room = 'notifications'"
    )
    op.execute("DELETE FROM bus.inbox WHERE room = 'notifications'")
    op.execute(
        "DELETE FROM notifications.deliveries WHERE template = 'digest' AND ended_at IS NULL"
    )
    op.execute("ALTER TABLE reminders.people DROP COLUMN reached")
    op.execute("ALTER TABLE reminders.people DROP COLUMN reached_version")
    op.execute("ALTER TABLE reminders.people ADD COLUMN telegram boolean NOT NULL DEFAULT false")
    op.execute("DROP TABLE notifications.people")
    op.execute("DELETE FROM notifications.apprise WHERE url IS NULL")
    op.execute("ALTER TABLE notifications.apprise ALTER COLUMN url SET NOT NULL")
    op.execute("ALTER TABLE notifications.apprise DROP COLUMN version")
    for table in TABLES:
        op.execute(f"ALTER TABLE notifications.{table} SET SCHEMA reminders")
    op.execute("DROP SCHEMA notifications")
