"""Facts carry the trace of the request that they come from, and stay until they are heard.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    for table in ("outbox", "parked"):
        trace = sa.Column("trace_id", sa.Text(), server_default="", nullable=False)
        op.add_column(table, trace, schema="bus")
    sent = sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("outbox", sent, schema="bus")
