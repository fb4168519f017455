"""What analytics has beside what it follows: the stamp of a person, and how far habits are settled.

`promise` is a sum of the promise by which `progress` was worked out: with another it is void.
"""

from sqlalchemy import BigInteger, Column, Date, Table, Text, Uuid

from storage.base import metadata

SCHEMA = "analytics"

stamps = Table(
    "stamps",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("stamp", BigInteger, nullable=False),
    schema=SCHEMA,
)

progress = Table(
    "progress",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("habit_id", Uuid, primary_key=True),
    Column("progress", Text, nullable=False),
    Column("settled_day", Date, nullable=False),
    Column("promise", Text, nullable=False),
    schema=SCHEMA,
)
