"""What rooms could not take in, from the command line: facts and jobs, why, and what to do."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.ext.asyncio import AsyncConnection

from actors.runtime.settings import Settings
from ops.faults import CannotRun
from ops.platform import at_hand
from storage import inbox
from storage.inbox import Parked
from storage.session import transaction

MAX_PARKED = 100_000
"""Messages that are replayed or dropped at once."""


async def show(settings: Settings) -> None:
    """List parked facts and jobs as a table."""
    table = Table("No.", "Room", "Fact or job", "Since (UTC)", "Why")
    async with at_hand(settings) as here, transaction(here.engine) as tx:
        for item in await inbox.list_parked(tx):
            since = f"{item.parked_at:%Y-%m-%d %H:%M}"
            words = (str(item.id), item.room, item.address, since, item.reason)
            table.add_row(*(printable(word) for word in words))
        parked = await inbox.count_parked(tx)
    console = Console(highlight=False)
    console.print(table if table.rows else "Nothing is parked.")
    if parked > len(table.rows):
        console.print(f"{parked} are parked; these are the newest.")
    if parked:
        console.print(
            "`ritmo parked show N` shows one, `replay [N]` sends it again, `drop N` ends it."
        )


async def show_one(settings: Settings, number: int) -> None:
    """Show one parked fact or job; what is no JSON is shown as it came."""
    async with at_hand(settings) as here, transaction(here.engine) as tx:
        item = await inbox.find_parked(tx, number)
    if item is None:
        raise none_such(number)
    console = Console(highlight=False, soft_wrap=True)
    since = f"{item.parked_at:%Y-%m-%d %H:%M:%S} UTC"
    console.print(printable(f"{item.address or 'unknown'}, parked by {item.room} at {since}"))
    console.print(printable(f"Why: {item.reason}"))
    try:
        body = json.dumps(json.loads(item.body), indent=2, ensure_ascii=False)
    except ValueError:
        console.print(f"It is no JSON; {len(item.body)} characters as they came:")
        body = item.body
    console.print(printable(body))
    if not item.can_replay:
        console.print(f"It cannot be replayed; `ritmo parked drop {item.id}` gives it up.")


async def replay(settings: Settings, number: int | None) -> None:
    """Send one parked fact or job, or all, on their way again; fails if any cannot go."""
    async with at_hand(settings) as here, transaction(here.engine) as tx:
        chosen = await choose(tx, number)
        fit = [item for item in chosen if item.can_replay]
        for item in reversed(fit):  # the oldest first, as they were told
            await inbox.replay(tx, item)
    Console(highlight=False).print(f"{len(fit)} on their way again.")
    unfit = sorted(item.id for item in chosen if not item.can_replay)
    if unfit:
        raise CannotRun(
            f"{len(unfit)} cannot be replayed, for they tell not what they are, or whose: "
            f"{listed(unfit)}. Look at one with `ritmo parked show`, give it up with "
            "`ritmo parked drop`."
        )


async def drop(settings: Settings, numbers: Sequence[int]) -> None:
    """Give parked facts or jobs up: they are gone, and no room takes them in any more."""
    async with at_hand(settings) as here, transaction(here.engine) as tx:
        for number in sorted(set(numbers)):
            (item,) = await choose(tx, number)
            await inbox.drop(tx, item)
    Console(highlight=False).print(f"{len(set(numbers))} dropped.")


async def choose(tx: AsyncConnection, number: int | None) -> list[Parked]:
    """Return one that is parked, or all, newest first. Raises CannotRun if there is none such."""
    if number is None:
        return await inbox.list_parked(tx, limit=MAX_PARKED)
    item = await inbox.find_parked(tx, number)
    if item is None:
        raise none_such(number)
    return [item]


def none_such(number: int) -> CannotRun:
    """Say that there is none such."""
    return CannotRun(f"Nothing is parked under the number {number}.")


def listed(numbers: Sequence[int], most: int = 10) -> str:
    """Write down numbers, the first few of many."""
    said = ", ".join(map(str, numbers[:most]))
    return f"{said} and {len(numbers) - most} more" if len(numbers) > most else said


def printable(text: str) -> Text:
    """Show text as it is, but nothing that would steer the terminal."""
    shown = "".join(
        char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )
    return Text(shown)
