"""What all commands share: their options, their settings, and one sentence where they fail."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from actors.runtime import background
from actors.runtime.settings import Settings
from contracts.message import Refused

Data = Annotated[Path | None, typer.Option(help="Folder of the embedded database.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Amqp = Annotated[str | None, typer.Option(help="RabbitMQ to use, amqp://…")]
Database = Annotated[str | None, typer.Option(help="PostgreSQL to use, postgresql://…")]
Redis = Annotated[str | None, typer.Option(help="Redis to use, redis://…")]


def settings_of(**given: object) -> Settings:
    """Read the settings; what the command line gives comes first."""
    return Settings.model_validate(
        Settings().model_dump()
        | {name: value for name, value in given.items() if value is not None}
    )


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command; say what is wrong in one sentence where a person can mend it."""
    from ops.faults import PLAIN, sentence

    try:
        if sys.platform == "win32":
            asyncio.run(work)
        else:
            import uvloop

            uvloop.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (*PLAIN, Refused) as error:
        complain(sentence(error))
        raise typer.Exit(1) from None
    if background.ended:
        complain(f"The loop “{background.ended[0]}” did not stay alive; see the log. Start again.")
        raise typer.Exit(background.EXIT_CODE)


def complain(said: str) -> None:
    """Say on standard error what is wrong; a sentence stays on its line."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print("[red]Ritmo:[/red]", escape(said))
