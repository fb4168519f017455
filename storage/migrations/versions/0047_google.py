"""The calendar room: links to Google Calendar, what stands there, and busy time.

Revision 0047, after 0046.
"""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

TABLES = (
    "CREATE TABLE calendar.google_consents (state_hash bytea CONSTRAINT pk_google_consents"
    " PRIMARY KEY, user_id uuid NOT NULL, proof_hash bytea NOT NULL, verifier text NOT NULL,"
    " wish text NOT NULL, expires_at timestamptz NOT NULL)",
    "CREATE INDEX ix_google_consents_user_id ON calendar.google_consents (user_id)",
    "CREATE TABLE calendar.google_links (link_id uuid CONSTRAINT pk_google_links PRIMARY KEY,"
    " user_id uuid NOT NULL CONSTRAINT uq_google_links_user_id UNIQUE,"
    " refresh_token text, wish text NOT NULL, calendar_id text,"
    " creating boolean NOT NULL DEFAULT false, sync_token text, problem text,"
    " due_at timestamptz, lease_until timestamptz, lease bigint NOT NULL DEFAULT 0,"
    " attempts integer NOT NULL DEFAULT 0, synced_at timestamptz,"
    " created_at timestamptz NOT NULL DEFAULT now(),"
    " channel_id text CONSTRAINT uq_google_links_channel_id UNIQUE, channel_hash bytea,"
    " channel_resource text, channel_until timestamptz, busy_until timestamptz)",
    "CREATE INDEX ix_google_links_due_at ON calendar.google_links (due_at)",
    "CREATE TABLE calendar.google_events (link_id uuid, event_id text, habit_id uuid NOT NULL,"
    " uid text NOT NULL, day date, etag text NOT NULL, stamp text NOT NULL, colour text,"
    " ticked boolean NOT NULL DEFAULT false, gone boolean NOT NULL DEFAULT false,"
    " min_version integer NOT NULL DEFAULT 0,"
    " CONSTRAINT pk_google_events PRIMARY KEY (link_id, event_id),"
    " CONSTRAINT fk_google_events_link_id_google_links FOREIGN KEY (link_id)"
    " REFERENCES calendar.google_links (link_id) ON DELETE CASCADE)",
    "CREATE TABLE calendar.busy_times (user_id uuid, source text, begins timestamptz,"
    " ends timestamptz NOT NULL,"
    " CONSTRAINT pk_busy_times PRIMARY KEY (user_id, source, begins))",
)


def upgrade() -> None:
    """Go forward."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Go back: links end; what stands in calendars stays there."""
    for table in ("busy_times", "google_events", "google_links", "google_consents"):
        op.execute(f"DROP TABLE calendar.{table}")
