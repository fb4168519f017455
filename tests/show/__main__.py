"""`ops/demo [LOOP_ZIP]`: tells the story on both carriers; exits with 0 if they agree.

`ops/demo --at URL [LOOP_ZIP]` tells it to a Ritmo that runs, such as that of compose.yaml.
"""

import signal
import sys
import time
from datetime import date
from pathlib import Path
from types import FrameType
from uuid import uuid4

import httpx
from rich.console import Console

from ops.faults import CannotRun
from tests import backends
from tests.show.export import example
from tests.show.running import ritmo
from tests.show.story import Json, Story, safe_zone


def show(console: Console, export: bytes, zone: str, amqp: str | None = None) -> Json:
    """Start Ritmo, tell the story, stop Ritmo; return what was seen."""
    how = "embedded, in one process" if amqp is None else "over RabbitMQ, every part a process"
    console.rule(f"Ritmo {how}", align="left")
    began = time.monotonic()
    with ritmo(amqp) as client:
        console.print(f"[dim]Up at {client.base_url} after {time.monotonic() - began:.1f} s.[/dim]")
        seen = Story(client, console, zone).tell(export)
    console.print("[dim]Ritmo has stopped.[/dim]\n")
    return seen


def compare(console: Console, one: Json, other: Json) -> None:
    """Say whether two shows agree. Raises `CannotRun` with where they do not."""
    apart = [name for name in one if one[name] != other.get(name)]
    if apart:
        raise CannotRun(f"The two shows differ in: {', '.join(apart)}.")
    console.print("[bold green]Both shows agree[/bold green], to the last digit.")


def show_at(console: Console, address: str, export: bytes, zone: str) -> None:
    """Tell the story to a Ritmo that runs, whoever started it, to somebody new there."""
    console.rule(f"Ritmo at {address}", align="left")
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        Story(client, console, zone, email=f"ada-{uuid4().hex[:8]}@example.org").tell(export)


def told(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does: whatever runs is stopped first."""
    raise KeyboardInterrupt


def main(words: list[str], both: bool = True) -> int:
    """Show everything; `words` may name an export of Loop. Returns the exit code.

    Unless `both`, only the show over RabbitMQ is given, and nothing is compared.
    """
    console = Console(highlight=False, soft_wrap=False)
    # Said for both: a shell lets what it runs in the background ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)
    try:
        zone, at = safe_zone(), ""
        if words[:1] == ["--at"]:
            _, at, *words = words
        export = Path(words[0]).read_bytes() if words else example(date.today())
        if at:
            show_at(console, at, export, zone)
            return 0
        embedded = show(console, export, zone) if both else None
        with backends.rabbitmq() as node:
            apart = show(console, export, zone, node.url)
        compare(console, embedded or apart, apart)
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left running.")
        return 130
    except (CannotRun, backends.Missing, OSError) as error:
        Console(stderr=True, highlight=False).print(f"[red]Demo:[/red] {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
