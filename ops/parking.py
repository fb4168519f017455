"""Parked facts from the command line: what a room could not take in, why, and once more."""

from rich.console import Console
from rich.table import Table

from actors.runtime.settings import Settings
from ops.faults import CannotRun
from ops.platform import at_hand
from storage import inbox
from storage.session import transaction


async def show(settings: Settings) -> None:
    """List parked facts as a table."""
    table = Table("No.", "Room", "Fact", "Since", "Why")
    async with at_hand(settings) as here, transaction(here.engine) as tx:
        for item in await inbox.list_parked(tx):
            table.add_row(
                str(item.id),
                item.room,
                item.address,
                f"{item.parked_at:%Y-%m-%d %H:%M}",
                item.reason,
            )
    Console(highlight=False).print(table if table.rows else "Nothing is parked.")


async def show_one(settings: Settings, number: int) -> None:
    """Show one parked fact."""
    async with at_hand(settings) as here, transaction(here.engine) as tx:
        item = await inbox.find_parked(tx, number)
    if item is None:
        raise CannotRun(f"There is no parked fact number {number}.")
    console = Console(highlight=False)
    console.print(f"[bold]{item.address}[/bold], parked by {item.room} at {item.parked_at:%c}")
    console.print(f"Why: {item.reason}")
    console.print_json(item.body)


async def replay(settings: Settings, number: int | None) -> None:
    """Send one parked fact, or all, on their way again."""
    async with at_hand(settings) as here, transaction(here.engine) as tx:
        items = await inbox.list_parked(tx, limit=100_000)
        chosen = [item for item in items if number is None or item.id == number]
        if number is not None and not chosen:
            raise CannotRun(f"There is no parked fact number {number}.")
        for item in chosen:
            await inbox.replay(tx, item)
    Console(highlight=False).print(f"{len(chosen)} on their way again.")
