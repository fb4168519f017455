"""The tables of rules, and of what the room knows beside what it follows: settings, and cues.

Times of day are minutes after midnight; `weekdays` has bit 0 for Monday. A *slot* is a place in a
person's days: the ordinal of the logical day times 1440, plus minutes after it began.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from storage.base import metadata

SCHEMA = "reminders"

settings = Table(
    "settings",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("quiet_from", SmallInteger),
    Column("quiet_to", SmallInteger),
    Column("channels", ARRAY(Text), nullable=False, server_default="{email}"),
    Column("reached", ARRAY(Text), nullable=False, server_default="{}"),
    Column("reached_version", Integer, nullable=False, server_default="0"),
    Column("grace", SmallInteger, nullable=False, server_default="120"),
    Column("digest_at", SmallInteger, nullable=False, server_default="480"),
    Column("settings_version", Integer, nullable=False, server_default="0"),
    schema=SCHEMA,
)

cues = Table(
    "cues",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("habit_id", Uuid, primary_key=True),
    Column("cue", Text, nullable=False),
    schema=SCHEMA,
)

rules = Table(
    "rules",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("habit_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("times", ARRAY(SmallInteger), nullable=False),
    Column("weekdays", SmallInteger, nullable=False),
    Column("streak", SmallInteger, nullable=False),
    Column("after_days", SmallInteger, nullable=False),
    Column("mode", Text, nullable=False),
    Column("unless_written", Boolean, nullable=False),
    Column("channels", ARRAY(Text)),
    Column("enabled", Boolean, nullable=False),
    Column("shift", SmallInteger, nullable=False, server_default="0"),
    Column("learned", ARRAY(SmallInteger)),
    Column("relearn_at", DateTime(timezone=True)),
    Column("next_fire_at", DateTime(timezone=True)),
    Column("next_slot", BigInteger, nullable=False, server_default="0"),
    Column("last_slot", BigInteger, nullable=False, server_default="0"),
    Column("snoozed_until", DateTime(timezone=True)),
    Column("wakes", Boolean, nullable=False, server_default="false"),
    Column("ignored", SmallInteger, nullable=False, server_default="0"),
    Column("nudged_day", Date),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("busy_from", DateTime(timezone=True)),
    Index(
        "ix_rules_next_fire_at_id",
        "next_fire_at",
        "id",
        postgresql_where=text("next_fire_at IS NOT NULL"),
    ),
    Index("ix_rules_relearn_at", "relearn_at", postgresql_where=text("relearn_at IS NOT NULL")),
    schema=SCHEMA,
)

fires = Table(
    "fires",
    metadata,
    Column("rule_id", Uuid, primary_key=True),
    Column("fire_at", DateTime(timezone=True), primary_key=True),
    Column("day", Date, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("late", Boolean, nullable=False),
    Column("busy_from", DateTime(timezone=True)),
    Index("ix_fires_fire_at", "fire_at", postgresql_using="brin"),
    schema=SCHEMA,
)

busy_times = Table(
    "busy_times",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("begins", DateTime(timezone=True), primary_key=True),
    Column("ends", DateTime(timezone=True), nullable=False),
    schema=SCHEMA,
)

digests = Table(
    "digests",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("every", Text, primary_key=True),
    Column("next_at", DateTime(timezone=True), nullable=False, index=True),
    Column("last_key", Text, nullable=False, server_default=""),
    schema=SCHEMA,
)
