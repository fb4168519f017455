"""The tables of analytics: the log of facts, and the read model that is folded from it.

The log is the one source: `folding.py` says, once for live facts and for a rebuild, what becomes
of a fact. A row keeps the `version` and the `fact_id` that made it: a higher version wins, and of
two facts of the same version the one told first. So facts may come in any order, and twice. What
is gone leaves a row without content (a day without state, a break or an entry without day, a
habit marked `deleted`), so that a fact that comes late does not bring it back.

Values are thousandths; `state` is 1 + the place in `STATES`. `stamp`, `folded_in`, `folded_at`,
`progress` and `settled_day` are caches beside the model: no fact says them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from contracts.habit import CheckInState
from storage.base import metadata

STATES: tuple[CheckInState, ...] = ("done", "partial", "skipped", "failed")
"""What a day can be; counted from 1 in the tables."""

SCHEMA = "analytics"

facts = Table(
    "facts",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("seq", BigInteger, Identity(), primary_key=True),
    Column("fact_id", Uuid, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Column("subject", Uuid),
    Column("body", JSONB, nullable=False),
    schema=SCHEMA,
)

people = Table(
    "people",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("gone", Boolean, nullable=False, server_default="false"),
    Column("language", Text),
    Column("zone", Text),
    Column("day_start", Integer),
    Column("week_start", Text),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("fact_id", Uuid),
    Column("stamp", BigInteger, nullable=False, server_default="0"),
    Column("folded_in", BigInteger),
    Column("folded_at", DateTime(timezone=True)),
    schema=SCHEMA,
)

habits = Table(
    "habits",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("habit_id", Uuid, primary_key=True),
    Column("deleted", Boolean, nullable=False, server_default="false"),
    Column("name", Text),
    Column("kind", Text),
    Column("measure", Text),
    Column("unit", Text),
    Column("colour", Text),
    Column("tags", ARRAY(Text)),
    Column("start_day", Date),
    Column("versions", Text),
    Column("position", Integer),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("fact_id", Uuid),
    Column("archived", Boolean, nullable=False, server_default="false"),
    Column("archived_at", DateTime(timezone=True)),
    Column("archived_version", Integer, nullable=False, server_default="0"),
    Column("archived_fact_id", Uuid),
    Column("binned", Boolean, nullable=False, server_default="false"),
    Column("binned_version", Integer, nullable=False, server_default="0"),
    Column("binned_fact_id", Uuid),
    Column("progress", Text),
    Column("settled_day", Date),
    schema=SCHEMA,
)

days = Table(
    "days",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("habit_id", Uuid, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("value", BigInteger),
    Column("at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Column("state", SmallInteger),
    Column("zone", Text),
    Column("fact_id", Uuid, nullable=False),
    schema=SCHEMA,
)

breaks = Table(
    "breaks",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("break_id", Uuid, primary_key=True),
    Column("first_day", Date),
    Column("last_day", Date),
    Column("habit_id", Uuid),
    Column("tag", Text),
    Column("version", Integer, nullable=False),
    Column("fact_id", Uuid, nullable=False),
    schema=SCHEMA,
)

entries = Table(
    "entries",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("entry_id", Uuid, primary_key=True),
    Column("day", Date),
    Column("at", DateTime(timezone=True)),
    Column("zone", Text),
    Column("mood", SmallInteger),
    Column("energy", SmallInteger),
    Column("tags", ARRAY(Text)),
    Column("habit_ids", ARRAY(Uuid)),
    Column("version", Integer, nullable=False),
    Column("fact_id", Uuid, nullable=False),
    Index("ix_entries_user_id_day", "user_id", "day"),
    schema=SCHEMA,
)

rebuilds = Table(
    "rebuilds",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("phase", Text, nullable=False),
    Column("folded", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    schema=SCHEMA,
)
