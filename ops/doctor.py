"""`ritmo doctor`: looks at every part and says in plain words what is wrong, and what to do.

It only looks: it starts nothing, and nothing that it tries to write stays, so it can be run
anywhere, at any time.
"""

from datetime import UTC, datetime, timedelta

from rich.console import Console
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from actors.runtime.faults import refusal_of
from actors.runtime.ping import look
from actors.runtime.settings import Settings
from contracts.health import Params, State
from ops.faults import CannotRun
from ops.health import (
    OLD,
    Deployment,
    backlog_state,
    database_away,
    database_state,
    disk_state,
    rooms_states,
    schema_state,
    seen_states,
    without_space,
)
from ops.language import of_terminal
from ops.outside import bus_states, google_state, mail_state, redis_state, telegram_state
from ops.platform import folder_of, room_of
from ops.seal import find_state
from storage import disk, embedded, outbox
from storage.analytics import stamps
from storage.migrations import current, head
from storage.notifications import deliveries
from storage.session import is_read_only, open_engine, transaction

TRIED = text(
    "CREATE TEMPORARY TABLE tried AS SELECT md5(n::text) FROM generate_series(1, 20000) AS n(n)"
)
"""Takes a megabyte of the database's disk, until it is rolled back."""

STUCK = 300.0
"""Seconds after which a delivery that nobody has tried is stuck."""


async def examine(settings: Settings) -> None:
    """Examine everything, print what was found; fails if anything is not well."""
    language = of_terminal()
    states = [
        *await database_states(settings),
        *await bus_states(settings.amqp()),
        await redis_state(settings.redis()),
        await mail_state(settings),
        await telegram_state(settings),
        await google_state(settings),
    ]
    console = Console(highlight=False, markup=False, soft_wrap=True)
    wide = max(len(state.part) for state in states)
    for state in states:
        mark, style = ("✓", "green") if state.well else ("✗", "red")
        console.print(f" {mark}", style=style, end="")
        console.print(f" {state.part:<{wide}}  {state.said(language)}")
    ill = [state for state in states if not state.well]
    if ill:
        said = State(
            "", "", "{ill} of {all} parts need attention.", {"ill": len(ill), "all": len(states)}
        )
        raise CannotRun(said.said(language))
    console.print(f" {State('', text='All is well.').said(language)}")


async def database_states(settings: Settings) -> list[State]:
    """Look at the database, and at all that can be read there."""
    folder = settings.data.expanduser().resolve()
    url = settings.database() or embedded.connect_url(folder_of(settings))
    if url is None:
        return embedded_away(settings)
    engine = open_engine(url, 2)
    try:
        found = await stored_states(engine, settings)
        if settings.database() is not None and await finds_no_space(engine):
            found = without_space(found)
    except (SQLAlchemyError, OSError):
        found = [database_away(), disk_state(*disk.free(folder))]
    finally:
        await engine.dispose()
    return found


async def finds_no_space(engine: AsyncEngine) -> bool:
    """Tell whether a database elsewhere, whose disk cannot be seen, says that it is full."""
    try:
        async with engine.connect() as tx:  # what is tried is rolled back
            await tx.execute(TRIED)
    except SQLAlchemyError as error:
        return refusal_of(error).code == "disk_full"
    return False


def embedded_away(settings: Settings) -> list[State]:
    """Say why the database of a data folder does not answer."""
    folder, data = folder_of(settings), settings.data.expanduser().resolve()
    given: Params = {"folder": str(data), "log": str(folder / "postgres.log")}
    if not embedded.is_made(folder):
        text = (
            "There is no Ritmo in {folder}: start one with `ritmo up`, "
            "or name its folder with --data."
        )
        return [State("database", "missing", text, given)]
    if embedded.in_use(folder):
        text = "Ritmo runs on {folder}, but its database does not answer yet: see {log}."
    else:
        text = "Ritmo does not run on {folder}: start it with `ritmo up`."
    return [State("database", "away", text, given), disk_state(*disk.free(data))]


async def stored_states(engine: AsyncEngine, settings: Settings) -> list[State]:
    """Judge all that the database tells."""
    way = Deployment(apart=settings.amqp() is not None)
    async with transaction(engine) as tx:
        revision = await current(tx)
        found = [database_state(await is_read_only(tx)), schema_state(revision)]
        if revision != head():
            return found
        seen = await look(tx, settings.data.expanduser().resolve())
        return [
            *found,
            await find_state(tx, settings),
            *rooms_states(seen, way),
            *seen_states(seen, way),
            *await kept_states(tx),
        ]


async def kept_states(tx: AsyncConnection) -> list[State]:
    """Judge how far analytics and deliveries are behind."""
    behind, oldest = await outbox.backlog(tx, tuple(room_of("analytics").hears))
    knows = await stamps.exist(tx)
    now = datetime.now(UTC)
    standing = await deliveries.standing(tx, now, now - timedelta(days=1))
    return [analytics_state(behind, oldest, knows=knows), deliveries_state(*standing)]


def analytics_state(behind: int, oldest: float, *, knows: bool) -> State:
    """Say how far analytics is behind what happens."""
    one = "Reports lack {n} fact, since {since}: see that courier and analytics run."
    many = "Reports lack {n} facts, the oldest since {since}: see that courier and analytics run."
    well = "Reports are up to date."
    if not knows:
        well = "Reports have nothing to tell of yet."
    return backlog_state("reports", behind, oldest, OLD, behind=(one, many), well=("", well))


def deliveries_state(waiting: int, late: float, failed: int) -> State:
    """Say whether mails and notices get away; a failed one is its reader's to see, and no fault."""
    one = "{n} delivery waits, since {since}: see that the room notifications runs."
    many = "{n} deliveries wait, the first since {since}: see that the room notifications runs."
    well = (
        "{n} delivery is on its way; failed in the last day: {failed}.",
        "{n} deliveries are on their way; failed in the last day: {failed}.",
    )
    return backlog_state(
        "deliveries", waiting, late, STUCK, behind=(one, many), well=well, failed=failed
    )
