"""`ritmo integration …`: programs at the message broker."""

from typing import Annotated
from uuid import UUID

import typer

from ops.command import Data, Database, run, settings_of

integration_app = typer.Typer(help="Programs at the message broker.", no_args_is_help=True)

User = Annotated[str, typer.Option("--user", help="Whose it is, by e-mail address.")]


@integration_app.command("add")
def integration_add(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    user: User,
    scopes: Annotated[str, typer.Option(help="What it may do: habits:read,habits:write")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Make a user of RabbitMQ that reads a person's facts, and asks in their name."""
    from ops.integrations import add

    run(add(settings_of(data=data, database_url=database), user, name, scopes))


@integration_app.command("list")
def integration_list(user: User, data: Data = None, database: Database = None) -> None:
    """List a person's integrations."""
    from ops.integrations import show

    run(show(settings_of(data=data, database_url=database), user))


@integration_app.command("revoke")
def integration_revoke(
    integration_id: UUID, user: User, data: Data = None, database: Database = None
) -> None:
    """End an integration, and its connections."""
    from ops.integrations import revoke

    run(revoke(settings_of(data=data, database_url=database), user, integration_id))
