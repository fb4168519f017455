"""The `ritmo` command."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from actors import ROOMS
from actors.runtime.settings import Settings
from ops.backup_commands import backup_app
from ops.broker_commands import broker_app
from ops.command import (
    Amqp,
    Data,
    Database,
    Host,
    Port,
    Redis,
    Zone,
    complain,
    complain_of_unknown,
    run,
    settings_of,
    show_version,
)
from ops.import_commands import import_app
from ops.integration_commands import integration_app
from ops.user_commands import user_app

app = typer.Typer(
    help="Ritmo keeps habits, diary and moods, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
parked_app = typer.Typer(help="Facts that a room could not take in.", no_args_is_help=True)
keys_app = typer.Typer(help="Keys that sign access tokens and seal secrets.", no_args_is_help=True)
app.add_typer(import_app)
app.add_typer(user_app, name="user")
app.add_typer(backup_app, name="backup")
app.add_typer(parked_app, name="parked")
app.add_typer(keys_app, name="keys")
app.add_typer(broker_app, name="broker")
app.add_typer(integration_app, name="integration")


@app.callback()
def ritmo(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Ritmo keeps habits, diary and moods, on your own machine."""
    if context.invoked_subcommand not in ("run", "gateway", "courier", "clock"):
        # Of those many run side by side: what is wrong with all is said once, by others.
        complain_of_unknown()


@app.command()
def up(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    amqp: Amqp = None,
    database: Database = None,
    redis: Redis = None,
) -> None:
    """Start Ritmo: embedded in one process, or with --amqp every part under one supervisor."""
    settings = settings_of(
        data=data, host=host, port=port, amqp_url=amqp, database_url=database, redis_url=redis
    )
    if settings.amqp() is None:
        from ops.embedded import up as start
    else:
        from ops.supervisor import up as start
    run(start(settings), settings)


@app.command("run")
def run_room(room: Annotated[str, typer.Argument(help=f"{', '.join(ROOMS)}.")]) -> None:
    """Run one room over RabbitMQ, in a process of its own."""
    from ops.parts import run_room as start

    settings = Settings()
    run(start(settings, room), settings)


@app.command()
def gateway(host: Host = None, port: Port = None) -> None:
    """Run the gateway over RabbitMQ."""
    from ops.parts import run_gateway as start

    settings = settings_of(host=host, port=port)
    run(start(settings), settings)


@app.command()
def courier() -> None:
    """Run the courier: facts from the outbox to RabbitMQ."""
    from ops.parts import run_courier as start

    settings = Settings()
    run(start(settings), settings)


@app.command()
def clock() -> None:
    """Run the clock; of several, one leads."""
    from ops.parts import run_clock as start

    settings = Settings()
    run(start(settings), settings)


@app.command()
def migrate(
    data: Data = None,
    database: Database = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell what is to be done, and beside what.")
    ] = False,
) -> None:
    """Bring the database to this version."""
    from ops.parts import run_migrate, tell_migrations

    settings = settings_of(data=data, database_url=database)
    run((tell_migrations if check else run_migrate)(settings), settings)


@app.command("secrets")
def make_secrets(
    folder: Path,
    apart: Annotated[
        bool, typer.Option("--apart", help="A user of the broker for each part.")
    ] = False,
) -> None:
    """Make the passwords of database and broker where there are none; compose.yaml does it."""
    from ops.secrets import make

    made = make(folder, apart=apart)
    print(f"Made {', '.join(made)}." if made else "All secrets are there already.")


@app.command()
def doctor(data: Data = None, database: Database = None, amqp: Amqp = None) -> None:
    """Check that every part is alive, and say in plain words what is not."""
    from ops.doctor import examine

    run(examine(settings_of(data=data, database_url=database, amqp_url=amqp)))


@app.command()
def demo(
    remove: Annotated[bool, typer.Option("--remove", help="Take the demo user away.")] = False,
    zone: Zone = None,
    language: Annotated[str, typer.Option(help="en or ru.")] = "en",
    data: Data = None,
    database: Database = None,
) -> None:
    """Add a demo user with half a year of habits, moods and diary; or take them away."""
    from ops.demonstration import history
    from ops.zone import machine_zone

    settings = settings_of(data=data, database_url=database)
    where = zone or machine_zone()
    run(history.remove(settings) if remove else history.add(settings, where, language))


@keys_app.command("rotate")
def keys_rotate(data: Data = None, database: Database = None) -> None:
    """Sign with another key from now on, and seal all secrets with a new one."""
    from ops.keys import rotate

    run(rotate(settings_of(data=data, database_url=database)))


@keys_app.command("forget")
def keys_forget(data: Data = None, database: Database = None) -> None:
    """Give up the secrets whose sealing key is lost: links in mails, channels, second factors."""
    from ops.keys import forget

    run(forget(settings_of(data=data, database_url=database)))


@parked_app.command("list")
def parked_list(data: Data = None, database: Database = None) -> None:
    """List parked facts and jobs."""
    from ops.parked import show

    run(show(settings_of(data=data, database_url=database)))


@parked_app.command("show")
def parked_show(number: int, data: Data = None, database: Database = None) -> None:
    """Show one parked fact or job: why, and what was in it."""
    from ops.parked import show_one

    run(show_one(settings_of(data=data, database_url=database), number))


@parked_app.command("replay")
def parked_replay(
    number: Annotated[int | None, typer.Argument(help="Which one; all, if none is given.")] = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Send parked facts and jobs on their way again."""
    from ops.parked import replay

    run(replay(settings_of(data=data, database_url=database), number))


@parked_app.command("drop")
def parked_drop(
    numbers: Annotated[list[int], typer.Argument(help="Which ones, by number.")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Give parked facts or jobs up: they are gone."""
    from ops.parked import drop

    run(drop(settings_of(data=data, database_url=database), numbers))


@app.command()
def backfill(
    room: Annotated[str, typer.Argument(help="The room that is told.")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Tell a room again all that it keeps of people, habits, days, breaks and entries."""
    from ops.backfill import backfill as fill

    run(fill(settings_of(data=data, database_url=database), room))


def main() -> None:
    """Run the command line."""
    from pydantic import ValidationError

    try:
        app(prog_name="ritmo")
    except ValidationError as error:  # of the settings, before any command begins
        from ops.faults import sentence

        complain(sentence(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
