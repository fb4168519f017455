"""The commands that bring files in and take them back, and that take away what is a person's."""

from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import typer

from ops.command import Data, Database, run, settings_of

Kind = Literal[
    "loop",
    "daylio",
    "habitbull",
    "habitify",
    "habitica",
    "habittrove",
    "table_habit",
    "beaver",
    "calendar",
    "ritmo",
]
"""As `contracts.imports` has it, which is not loaded for a help text."""

import_app = typer.Typer()


@import_app.command("import")
def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="A CSV zip or .db backup of Loop Habit Tracker, a CSV export or .daylio backup of "
            "Daylio, a CSV export of HabitBull or Habitify, the user data of Habitica, the JSON of "
            "Beaver Habits, Table Habit or HabitTrove, a calendar (.ics), or an export of Ritmo.",
            exists=True,
            dir_okay=False,
        ),
    ],
    user: Annotated[str, typer.Option(help="Whose it is: an e-mail address.")],
    mood: Annotated[
        list[str] | None, typer.Option(help="What a mood means, 1 to 5: --mood fantastisch=5.")
    ] = None,
    unknown_moods: Annotated[
        Literal["refuse", "none"],
        typer.Option(help="Refuse unknown moods, or import such entries without a mood."),
    ] = "refuse",
    format: Annotated[
        Kind | None,
        typer.Option(help="If it is not to be found out."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be done.")] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Import the habits or the diary of another tracker."""
    from ops.imports import MoodChoices
    from ops.imports import import_file as start

    settings = settings_of(data=data, database_url=database)
    moods = MoodChoices(mood or (), unknown_moods)
    run(start(settings, file, user, dry_run=dry_run, kind=format, moods=moods))


@import_app.command("undo-import")
def undo_import(
    import_id: Annotated[UUID, typer.Argument(help="Which one: `ritmo import` has said it.")],
    user: Annotated[str, typer.Option(help="Whose it is: an e-mail address.")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Take a whole import back, but for what was changed since."""
    from ops.imports import undo_import as start

    run(start(settings_of(data=data, database_url=database), import_id, user))


@import_app.command("export")
def export(
    user: Annotated[str, typer.Option(help="Whose data: an e-mail address.")],
    format: Annotated[
        Literal["ritmo", "loop", "daylio"],
        typer.Option(help="All there is, habits as Loop has them, or the diary as Daylio does."),
    ] = "ritmo",
    out: Annotated[
        Path | None, typer.Option(help="The file to write, if it is to have another name.")
    ] = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Write all that Ritmo holds of a person into a zip."""
    from ops.exports import export_person

    run(export_person(settings_of(data=data, database_url=database), user, format, out))
