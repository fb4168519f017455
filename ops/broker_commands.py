"""`ritmo broker …`: users of RabbitMQ."""

from pathlib import Path
from typing import Annotated

import typer

broker_app = typer.Typer(help="Users of RabbitMQ.", no_args_is_help=True)


@broker_app.callback()
def broker() -> None:
    """Users of RabbitMQ."""


@broker_app.command("definitions")
def write_definitions(
    folder: Path,
    host: Annotated[str, typer.Option(help="Where parts reach RabbitMQ.")] = "rabbitmq",
) -> None:
    """Make a user of RabbitMQ for each part: its definitions, and an address for each."""
    from ops.broker import make

    made = make(folder, host)
    print(f"Wrote {folder / 'rabbitmq' / 'definitions.json'}; {len(made)} passwords are new.")
