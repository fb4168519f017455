"""`ritmo backup`: making backups, looking at them, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from ops.command import Data, Database, run, settings_of

backup_app = typer.Typer(
    help="Copies of all that Ritmo keeps, and the way back.", no_args_is_help=True
)

Which = Annotated[str | None, typer.Argument(help="Which backup; the newest, if none is given.")]
Source = Annotated[
    str | None, typer.Option("--from", help="The target to read from, as `list` names it.")
]
Key = Annotated[Path | None, typer.Option(help="File of the private key that opens backups.")]


@backup_app.command("create")
def backup_create(data: Data = None, database: Database = None) -> None:
    """Make a backup now, read it back, and drop those that need not be kept."""
    from ops.backups import create

    settings = settings_of(data=data, database_url=database)
    run(create(settings), settings)


@backup_app.command("list")
def backup_list(
    prune: Annotated[
        bool, typer.Option("--prune", help="Show what the next backup will drop.")
    ] = False,
    data: Data = None,
) -> None:
    """List the backups at all targets."""
    from ops.backups import show

    run(show(settings_of(data=data), pruned=prune))


@backup_app.command("verify")
def backup_verify(
    backup: Which = None, source: Source = None, identity: Key = None, data: Data = None
) -> None:
    """Read a backup back: byte by byte, and with the key down to the dump in it."""
    from ops.backups import check

    run(check(settings_of(data=data, backup_identity=identity), "verify", backup, source))


@backup_app.command("drill")
def backup_drill(
    backup: Which = None, source: Source = None, identity: Key = None, data: Data = None
) -> None:
    """Restore a backup into a scratch database, and compare."""
    from ops.backups import check

    run(check(settings_of(data=data, backup_identity=identity), "drill", backup, source))


@backup_app.command("restore")
def backup_restore(
    backup: Which = None,
    source: Source = None,
    identity: Key = None,
    confirm: Annotated[
        str, typer.Option(help="What would be asked for: the name of the backup.")
    ] = "",
    data: Data = None,
    database: Database = None,
) -> None:
    """Have the database hold what a backup holds; what is in it is gone then."""
    from ops.restoration import restore

    settings = settings_of(data=data, database_url=database, backup_identity=identity)
    run(restore(settings, backup, source, confirm), settings)
