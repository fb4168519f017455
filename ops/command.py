"""What all commands share: their options, their settings, and one sentence where they fail."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from actors.runtime import background
from actors.runtime.settings import Settings, unknown_settings
from contracts.message import Refused

Data = Annotated[Path | None, typer.Option(help="Folder of the embedded database.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Amqp = Annotated[str | None, typer.Option(help="RabbitMQ to use, amqp://…")]
Database = Annotated[str | None, typer.Option(help="PostgreSQL to use, postgresql://…")]
Zone = Annotated[str | None, typer.Option(help="IANA time zone; by default this machine's.")]
Redis = Annotated[str | None, typer.Option(help="Redis to use, redis://…")]


def show_version(asked: bool) -> None:
    """Print the version, and no more."""
    if asked:
        from actors.runtime.version import version

        print(f"ritmo {version()}")
        raise typer.Exit


def settings_of(**given: object) -> Settings:
    """Read the settings; what the command line gives comes first."""
    return Settings.model_validate(
        Settings().model_dump()
        | {name: value for name, value in given.items() if value is not None}
    )


def run(work: Coroutine[Any, Any, None], settings: Settings | None = None) -> None:
    """Run a command; say what is wrong in one sentence where a person can mend it.

    With `settings` the sentence names the address that was tried.
    """
    from ops.faults import PLAIN, sentence

    try:
        if sys.platform == "win32":
            asyncio.run(work)
        else:
            import uvloop

            uvloop.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except BrokenPipeError:
        # Whoever read along (`| head`) has seen enough; nor is there anybody for what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except (*PLAIN, Refused) as error:
        complain(sentence(error, settings.database() if settings else None))
        raise typer.Exit(1) from None
    if background.ended:
        complain(f"The loop “{background.ended[0]}” did not stay alive; see the log. Start again.")
        raise typer.Exit(background.EXIT_CODE)


def complain_of_unknown() -> None:
    """Name what looks like a setting, but is none, and what may be meant."""
    known = [f"RITMO_{name.upper()}" for name in Settings.model_fields]
    for name in unknown_settings(os.environ):
        near = get_close_matches(name.upper(), known, 1, 0.8)
        meant = f"; is {near[0]} meant?" if near else "; the README lists all."
        complain(f"{name} is no setting of Ritmo, and is passed over{meant}")


def complain(said: str) -> None:
    """Say on standard error what is wrong; a sentence stays on its line."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("[red]Ritmo:[/red]", escape(said))
