"""The tables of a replica, in the schema of the room that follows."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from storage.base import metadata
from storage.replica.nouns import Noun, People

TYPES: dict[str, TypeEngine[Any]] = {
    "bigint": BigInteger(),
    "boolean": Boolean(),
    "date": Date(),
    "integer": Integer(),
    "smallint": SmallInteger(),
    "text": Text(),
    "text[]": ARRAY(Text()),
    "timestamptz": DateTime(timezone=True),
    "uuid": Uuid(),
    "uuid[]": ARRAY(Uuid()),
}


def table_of(metadata: MetaData, schema: str, noun: Noun) -> Table:
    """Lay out the table of a noun."""
    table = Table(
        noun.table, metadata, *(_column(noun, name) for name in noun.names), schema=schema
    )
    if isinstance(noun, People):
        table.append_column(Column("gone", Boolean, nullable=False, server_default="false"))
    if noun.indexed and {*noun.indexed} <= {*noun.names}:
        name = f"ix_{noun.table}_{'_'.join(noun.indexed)}"
        Index(name, *(table.c[column] for column in noun.indexed))
    if noun.since is not None:
        Index(f"ix_{noun.table}_day", table.c.day)
    return table


def create_tables(connection: Connection, schema: str, *nouns: Noun) -> None:
    """Make the tables of nouns, in a migration of the room that begins to follow them."""
    tables = MetaData(naming_convention=metadata.naming_convention)
    for noun in nouns:
        table_of(tables, schema, noun)
    tables.create_all(connection)


def _column(noun: Noun, name: str) -> Column[object]:
    """Lay out a column: without content until something is said."""
    type_ = TYPES[noun.type_of(name)]
    if name in ("user_id", *noun.key):
        return Column(name, type_, primary_key=True)
    if name.endswith("version"):
        return Column(name, type_, nullable=False, server_default="0")
    if isinstance(type_, Boolean):
        return Column(name, type_, nullable=False, server_default="false")
    return Column(name, type_)
