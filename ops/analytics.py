"""`ritmo analytics rebuild`: folds all histories anew, beside a running Ritmo or alone."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from actors.runtime.settings import Settings
from contracts.analytics_upkeep import (
    GetRebuild,
    ListLoggedPeople,
    LoggedPerson,
    Rebuild,
    RebuildPerson,
)
from contracts.journal import RetellEntries
from contracts.message import NotFound
from contracts.retelling import RetellHabits, RetellProfiles
from contracts.users import ListUsers
from ops.faults import CannotRun
from ops.platform import Platform, at_hand, operator
from storage import outbox
from storage.session import transaction

POLL = 0.1
"""Seconds between two looks at how far it is."""

STUCK = 60.0
"""Seconds without any progress after which nobody seems to be at work."""

RETELL = (RetellProfiles, RetellHabits, RetellEntries)
"""What the rooms are asked to tell once more, in this order."""


async def rebuild(settings: Settings, *, retell: bool) -> None:
    """Rebuild the read model of analytics from its log; `retell` has the rooms fill the log first.

    Needed after an update that folds otherwise, or to mend what a fault has spoilt; with `retell`
    after an update from before there was analytics, or when its tables were lost.
    """
    began = time.monotonic()
    async with at_hand(settings) as here:
        if retell:
            await tell_again(here)
        people = [one async for one in everybody(here)]
        await fold_again(here, people)
    facts, seconds = sum(one.facts for one in people), time.monotonic() - began
    words = f"Rebuilt: {facts} facts, people: {len(people)}, seconds: {seconds:.1f}."
    Console(highlight=False).print(words)


async def tell_again(here: Platform) -> None:
    """Have every room tell what it knows, and wait until it was carried."""
    users = [one async for one in registered(here)]
    with bar() as progress:
        task = progress.add_task("Telling again", total=len(users))
        for user_id in users:
            for command in RETELL:
                cursor: str | None = None
                while True:
                    asked = command(user_id=user_id, cursor=cursor)
                    cursor = (await here.bus.ask(asked, operator())).next
                    if cursor is None:
                        break
            progress.advance(task)
        await carried(here, progress)


async def carried(here: Platform, progress: Progress) -> None:
    """Wait until all that was told is on its way, as long as it gets less."""
    task, least, moved = progress.add_task("Hearing", total=None), 0, time.monotonic()
    total = 0
    while True:
        async with transaction(here.engine) as tx:
            waiting, _ = await outbox.backlog(tx)
        if not waiting:
            return
        if not total or waiting < least:
            least, moved = waiting, time.monotonic()
        total = max(total, waiting)
        progress.update(task, completed=total - waiting, total=total)
        if time.monotonic() - moved > STUCK:
            raise CannotRun("Nobody carries the facts; is the courier running?")
        await asyncio.sleep(POLL)


async def fold_again(here: Platform, people: list[LoggedPerson]) -> None:
    """Rebuild one person after the other, with a bar over all facts."""
    with bar() as progress:
        task = progress.add_task("Folding", total=sum(one.facts for one in people))
        done = 0
        for one in people:
            try:
                now = await here.bus.ask(RebuildPerson(user_id=one.user_id), operator())
                await follow(here, now, progress, task, done)
            except NotFound:
                pass  # deleted meanwhile
            done += one.facts
            progress.update(task, completed=done)


async def follow(here: Platform, now: Rebuild, progress: Progress, task: TaskID, done: int) -> None:
    """Show how far a rebuild is until it is done."""
    moved = time.monotonic()
    while now.phase != "done":
        await asyncio.sleep(POLL)
        last, now = now, await here.bus.ask(GetRebuild(user_id=now.user_id), operator())
        progress.update(task, completed=done + now.folded)
        if now != last:
            moved = time.monotonic()
        if time.monotonic() - moved > STUCK:
            raise CannotRun("The rebuild does not go on; is the analytics room running?")


def bar() -> Progress:
    """Make a progress bar that leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, transient=True)


async def everybody(here: Platform) -> AsyncIterator[LoggedPerson]:
    """List all of whom analytics has heard."""
    cursor: str | None = None
    while True:
        page = await here.bus.ask(ListLoggedPeople(cursor=cursor), operator())
        for one in page.people:
            yield one
        cursor = page.next
        if cursor is None:
            return


async def registered(here: Platform) -> AsyncIterator[UUID]:
    """List all users."""
    cursor: str | None = None
    while True:
        page = await here.bus.ask(ListUsers(cursor=cursor, limit=100), operator())
        for user in page.users:
            yield user.user_id
        cursor = page.cursor
        if cursor is None:
            return
