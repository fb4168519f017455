"""Telegram: updates, chats, people, links, calls; and who is reached there.

Revision 0040, after 0033.
"""

from alembic import op

revision = "0040"
down_revision = "0033"
branch_labels = None
depends_on = None

FORWARD = (
    "CREATE SCHEMA telegram",
    "CREATE TABLE telegram.bots (bot_id bigint CONSTRAINT pk_bots PRIMARY KEY,"
    " username text NOT NULL, commands text NOT NULL DEFAULT '',"
    " quiet_until timestamptz)",
    "CREATE TABLE telegram.updates (bot_id bigint NOT NULL, update_id bigint NOT NULL,"
    " chat_id bigint NOT NULL, body text NOT NULL, attempts smallint NOT NULL DEFAULT 0,"
    " due_at timestamptz NOT NULL, done_at timestamptz,"
    " created_at timestamptz NOT NULL DEFAULT now(),"
    " CONSTRAINT pk_updates PRIMARY KEY (bot_id, update_id))",
    "CREATE INDEX ix_updates_open ON telegram.updates (bot_id, chat_id, update_id)"
    " WHERE done_at IS NULL",
    "CREATE INDEX ix_updates_done_at ON telegram.updates (done_at)",
    "CREATE TABLE telegram.people (user_id uuid CONSTRAINT pk_people PRIMARY KEY,"
    " chat_id bigint CONSTRAINT uq_people_chat_id UNIQUE, name text NOT NULL DEFAULT '',"
    " username text NOT NULL DEFAULT '', blocked boolean NOT NULL DEFAULT false,"
    " version integer NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE telegram.links (user_id uuid CONSTRAINT pk_links PRIMARY KEY,"
    " token_hash bytea NOT NULL CONSTRAINT uq_links_token_hash UNIQUE,"
    " expires_at timestamptz NOT NULL, chat_id bigint, name text NOT NULL DEFAULT '',"
    " username text NOT NULL DEFAULT '')",
    "CREATE TABLE telegram.chats (chat_id bigint CONSTRAINT pk_chats PRIMARY KEY,"
    " language text NOT NULL DEFAULT 'en', dialog text NOT NULL DEFAULT '', today_message bigint,"
    " today_day date, today_shown text NOT NULL DEFAULT '', stale boolean NOT NULL DEFAULT false,"
    " created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE telegram.calls (id uuid CONSTRAINT pk_calls PRIMARY KEY, chat_id bigint,"
    " method text NOT NULL, body text NOT NULL, purpose text NOT NULL DEFAULT '', user_id uuid,"
    " delivery_id uuid CONSTRAINT uq_calls_delivery_id UNIQUE, useful_until timestamptz,"
    " due_at timestamptz NOT NULL, sending boolean NOT NULL DEFAULT false,"
    " attempts smallint NOT NULL DEFAULT 0, unsure smallint NOT NULL DEFAULT 0,"
    " ended_at timestamptz, created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE INDEX ix_calls_open ON telegram.calls (chat_id, id) WHERE ended_at IS NULL",
    "CREATE INDEX ix_calls_user_id ON telegram.calls (user_id)",
    "CREATE INDEX ix_calls_ended_at ON telegram.calls (ended_at)",
    "CREATE TABLE notifications.chats (user_id uuid CONSTRAINT pk_chats PRIMARY KEY,"
    " name text NOT NULL, linked boolean NOT NULL, blocked boolean NOT NULL,"
    " version integer NOT NULL)",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Go back: chats are forgotten."""
    op.execute("DROP TABLE notifications.chats")
    op.execute("DROP SCHEMA telegram CASCADE")
