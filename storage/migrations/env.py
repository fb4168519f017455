"""Run by alembic: migrates the connection that it is handed, in the caller's transaction."""

from importlib import import_module

from alembic import context

from storage.base import metadata

for owner in (
    "outbox",
    "inbox",
    "idempotency",
    "heartbeat",
    "auth.accounts",
    "auth.keys",
    "auth.sessions",
    "auth.tokens",
    "users",
    "habits",
    "check_ins",
    "breaks",
    "imports",
):
    import_module(f"storage.{owner}")


def ours(name: str | None, kind: str, parents: object) -> bool:
    """Leave alone what is not a room's: alembic's own table."""
    return kind != "schema" or name in {"bus", "auth", "users", "habits"}


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
