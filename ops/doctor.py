"""`ritmo doctor`: looks at every part and says in plain words what is wrong, and what to do."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.runtime.settings import Settings
from ops.door import STALE
from ops.faults import CannotRun
from ops.platform import database, room_of
from storage import heartbeat, inbox, outbox
from storage.analytics import log
from storage.migrations import current, head, known
from storage.reminders import deliveries
from storage.session import open_engine, transaction

OLD = 60.0
"""Seconds after which a fact has waited too long in the outbox."""

STUCK = 300.0
"""Seconds after which a delivery that nobody has tried is stuck."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of a part: well or not, and in words."""

    part: str
    well: bool
    words: str


async def examine(settings: Settings) -> None:
    """Examine everything, print what was found; fails if anything is not well."""
    findings = [*await database_findings(settings), *await net_findings(settings)]
    console = Console(highlight=False)
    for found in findings:
        mark = "[green]✓[/green]" if found.well else "[red]✗[/red]"
        console.print(f" {mark} {found.part:<11} {found.words}", soft_wrap=True)
    ill = [found for found in findings if not found.well]
    if ill:
        raise CannotRun(f"{len(ill)} of {len(findings)} parts need attention.")
    console.print(" All is well.")


async def database_findings(settings: Settings) -> list[Finding]:
    """Look at the database, and at all that can be read there."""
    async with database(settings, own=False) as url:
        engine = open_engine(url, 2)
        try:
            return await stored_findings(engine)
        except (SQLAlchemyError, OSError) as error:
            words = (
                f"does not answer ({type(error).__name__}); is it running, is the address right?"
            )
            return [Finding("database", False, words)]
        finally:
            await engine.dispose()


async def stored_findings(engine: AsyncEngine) -> list[Finding]:
    """Read revision, heartbeat, outbox and parked facts."""
    async with transaction(engine) as tx:
        revision = await current(tx)
        found = [Finding("database", True, "answers"), schema_finding(revision)]
        if revision != head():
            return found
        beat = await heartbeat.age(tx, "clock")
        waiting, age = await outbox.backlog(tx)
        parked = await inbox.count_parked(tx)
        behind, oldest = await outbox.backlog(tx, tuple(room_of("analytics").hears))
        silence = await log.silence(tx)
        now = datetime.now(UTC)
        standing = await deliveries.standing(tx, now, now - timedelta(days=1))
    return [
        *found,
        clock_finding(beat),
        outbox_finding(waiting, age),
        analytics_finding(behind, oldest, silence),
        deliveries_finding(*standing),
        parked_finding(parked),
    ]


def schema_finding(revision: str | None) -> Finding:
    """Say whether the database fits this version."""
    if revision == head():
        return Finding("migrations", True, f"at revision {revision}")
    if revision is not None and revision not in known():
        return Finding(
            "migrations", False, f"revision {revision} is newer than this Ritmo: update it"
        )
    return Finding("migrations", False, f"revision {revision}, not {head()}: run `ritmo migrate`")


def clock_finding(age: float | None) -> Finding:
    """Say whether the clock beats."""
    if age is None:
        return Finding("clock", False, "never ran here: reminders would not come; start Ritmo")
    if age > STALE:
        return Finding("clock", False, f"silent for {age:.0f} s: start `ritmo clock` or Ritmo")
    return Finding("clock", True, f"beat {age:.0f} s ago")


def outbox_finding(waiting: int, age: float) -> Finding:
    """Say whether facts get away."""
    if waiting and age > OLD:
        return Finding(
            "outbox",
            False,
            f"{waiting} facts wait, the oldest for {age:.0f} s: is the courier running?",
        )
    return Finding("outbox", True, f"{waiting} facts on their way")


def analytics_finding(behind: int, oldest: float, silence: float | None) -> Finding:
    """Say how far analytics is behind what happens."""
    if behind and oldest > OLD:
        words = f"{behind} facts behind, the oldest for {oldest:.0f} s: is the room running?"
        return Finding("analytics", False, words)
    if silence is None:
        return Finding("analytics", True, "has heard nothing yet")
    return Finding("analytics", True, f"up to date, last heard something {silence:.0f} s ago")


def parked_finding(parked: int) -> Finding:
    """Say whether rooms took in what they heard."""
    if parked:
        return Finding(
            "parked", False, f"{parked} facts could not be taken in: `ritmo parked list`"
        )
    return Finding("parked", True, "nothing")


def deliveries_finding(waiting: int, late: float, failed: int) -> Finding:
    """Say whether mails and notices get away; a failed one is its reader's to see, and no fault."""
    if waiting and late > STUCK:
        words = f"{waiting} deliveries wait, the first for {late:.0f} s: is the room running?"
        return Finding("deliveries", False, words)
    words = f"{waiting} on their way"
    return Finding("deliveries", True, f"{words}, {failed} failed in the last day")


async def net_findings(settings: Settings) -> list[Finding]:
    """Look at RabbitMQ, Redis and the mail server, where they are used."""
    return [
        await bus_finding(settings.amqp()),
        await redis_finding(settings.redis()),
        await mail_finding(settings),
    ]


async def mail_finding(settings: Settings) -> Finding:
    """Say whether the mail server answers, and takes the login; or where mails lie."""
    from actors.reminders.mail_folder import mail_folder
    from actors.reminders.smtp import SmtpLine, UnusableServer, server_of

    if settings.smtp_url is None:
        return Finding(
            "mail", True, f"no server is set, mails are files in {mail_folder(settings).path}"
        )
    try:
        line = SmtpLine(server_of(settings.smtp_url.get_secret_value()), patience=5)
    except UnusableServer as no:
        return Finding("mail", False, f"RITMO_SMTP_URL: {no}")
    trouble = await line.greet()
    if trouble is not None:
        return Finding("mail", False, f"the server cannot be used ({trouble}); see RITMO_SMTP_URL")
    return Finding("mail", True, "the server answers")


async def bus_finding(url: str | None) -> Finding:
    """Say whether the bus carries."""
    if url is None:
        return Finding("bus", True, "inside the process, nothing to check")
    import aio_pika
    from aio_pika.exceptions import AMQPError

    try:
        connection = await aio_pika.connect(url, timeout=3)
        await connection.close()
    except (TimeoutError, AMQPError, OSError) as error:
        words = f"RabbitMQ does not answer ({type(error).__name__}); is it running?"
        return Finding("bus", False, words)
    return Finding("bus", True, "RabbitMQ answers")


async def redis_finding(url: str | None) -> Finding:
    """Say whether Redis answers."""
    if url is None:
        return Finding("redis", True, "not used, memory does")
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(url, socket_timeout=3)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        words = f"does not answer ({type(error).__name__}); limits are kept in memory meanwhile"
        return Finding("redis", False, words)
    finally:
        await client.aclose()
    return Finding("redis", True, "answers")
