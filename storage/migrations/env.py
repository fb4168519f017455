"""Run by alembic: migrates the connection that it is handed, in the caller's transaction."""

from importlib import import_module
from pkgutil import walk_packages

from alembic import context

import storage
from storage.base import metadata

for found in walk_packages(storage.__path__, "storage."):
    if not found.name.startswith("storage.migrations"):
        import_module(found.name)

SCHEMAS = {table.schema for table in metadata.tables.values()}


def ours(name: str | None, kind: str, parents: object) -> bool:
    """Leave alone what is not a room's: alembic's own table."""
    return kind != "schema" or name in SCHEMAS


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=ours,
    version_table_schema="public",
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
