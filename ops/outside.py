"""Looks at what Ritmo uses beside its database: RabbitMQ and its queues, Redis, the mail server."""

from typing import TYPE_CHECKING

from actors.runtime.settings import Settings
from contracts.health import Params, State
from ops.health import bus_state

if TYPE_CHECKING:
    from aio_pika.abc import AbstractConnection

PATIENCE = 3.0
"""Seconds that each of them has to answer."""

MANY = 10_000
"""Messages in a queue from which on whoever takes them falls behind."""


async def bus_states(url: str | None) -> list[State]:
    """Look at RabbitMQ: whether it answers, and every queue of facts and jobs."""
    if url is None:
        return [State("bus", text="The bus is inside the process: there is nothing to check.")]
    import aio_pika
    from aio_pika.exceptions import AMQPError

    from actors.runtime.rabbit.topology import PARKED, routes_of
    from ops.platform import rooms

    try:
        connection = await aio_pika.connect(url, timeout=PATIENCE)
        async with connection:
            found = [bus_state(True), users_state(url)]
            for route in routes_of(rooms()):
                seen = await depth(connection, route.queue)
                found.append(queue_state(route.queue, route.room, seen))
            return [*found, queue_state(PARKED, None, await depth(connection, PARKED))]
    except (TimeoutError, AMQPError, OSError):
        return [bus_state(False)]


def users_state(url: str) -> State:
    """Say whether the broker tells parts from each other."""
    from actors import ROOMS
    from actors.runtime.rabbit.users import CLOCK, COURIER, GATEWAY, user_of

    given: Params = {"user": user_of(url)}
    if given["user"] in (*ROOMS, CLOCK, COURIER, GATEWAY):
        return State("bus", text="Every part has its own user of RabbitMQ.", params=given)
    text = (
        "All parts share the user {user} of RabbitMQ, which cannot tell one from another: "
        "`ritmo broker definitions` makes one for each."
    )
    return State("bus", text=text, params=given)


async def depth(connection: "AbstractConnection", queue: str) -> tuple[int, int] | None:
    """Return how many messages wait in a queue, and how many take them; None if it is not there."""
    from aio_pika.exceptions import ChannelNotFoundEntity

    channel = await connection.channel()
    underlay = await channel.get_underlay_channel()
    try:
        found = await underlay.queue_declare(queue, passive=True)
    except ChannelNotFoundEntity:
        return None
    await channel.close()
    return found.message_count or 0, found.consumer_count or 0


def queue_state(queue: str, room: str | None, seen: tuple[int, int] | None) -> State:
    """Judge a queue by its depth and its consumers; that of parked messages has no room."""
    given: dict[str, str | int | float] = {
        "queue": queue,
        "command": f"ritmo run {room}" if room else "ritmo courier",
    }
    if seen is None:
        text = "RabbitMQ has no queue {queue}: start `{command}`, which makes it."
        return State(queue, "missing", text, given)
    waiting, consumers = seen
    given["n"] = waiting
    if not consumers:
        one = "Nobody consumes {queue}, where {n} message waits: start `{command}`."
        many = "Nobody consumes {queue}, where {n} messages wait: start `{command}`."
        return State(queue, "deaf", many, given, one)
    if waiting > MANY:
        one = "{n} message waits in {queue}: start more of `{command}`."
        many = "{n} messages wait in {queue}: start more of `{command}`."
        return State(queue, "behind", many, given, one)
    one, many = "{n} message waits in {queue}.", "{n} messages wait in {queue}."
    return State(queue, "ok", many, given, one)


async def redis_state(url: str | None) -> State:
    """Say whether Redis answers, if it is used."""
    if url is None:
        return State("redis", text="Redis is not used: memory does.")
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    client = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        await client.ping()
    except (RedisError, OSError):
        text = "Redis does not answer, so limits are counted apart: see that it runs."
        return State("redis", "away", text)
    finally:
        await client.aclose()
    return State("redis", text="Redis answers.")


async def mail_state(settings: Settings) -> State:
    """Say whether the mail server answers, and takes the login; or where mails lie."""
    from actors.notifications.mail_folder import mail_folder
    from actors.notifications.smtp import SmtpLine, UnusableServer, server_of

    if settings.smtp_url is None:
        given: Params = {"folder": str(mail_folder(settings).path)}
        text = (
            "No mail server is set: mails are files in {folder}, and whoever registers counts as "
            "confirmed at once."
        )
        return State("mail", text=text, params=given)
    try:
        line = SmtpLine(server_of(settings.smtp_url.get_secret_value()), patience=5)
    except UnusableServer as no:
        return State("mail", "unfit", str(no))
    trouble = await line.greet()
    if trouble is not None:
        text = "The mail server cannot be used ({why}): see RITMO_SMTP_URL."
        return State("mail", "away", text, {"why": trouble})
    return State("mail", text="The mail server answers.")


async def telegram_state(settings: Settings) -> State:
    """Say whether Telegram knows the bot; or how to get one."""
    if settings.telegram_token is None:
        text = (
            "No Telegram bot is set: ask @BotFather for one, and give its token as "
            "RITMO_TELEGRAM_TOKEN."
        )
        return State("telegram", text=text)
    from actors.telegram.errors import judge
    from actors.telegram.outside import open_bot

    bot = open_bot(settings)
    from aiogram.exceptions import AiogramError

    try:
        me = await bot.me()
    except (AiogramError, TimeoutError) as error:
        if judge(error) == "revoked":
            text = (
                "Telegram does not know this token: see RITMO_TELEGRAM_TOKEN; ask @BotFather for "
                "a new one."
            )
            return State("telegram", "unfit", text)
        text = "Telegram cannot be reached ({why}): see RITMO_TELEGRAM_API."
        return State("telegram", "away", text, {"why": type(error).__name__})
    finally:
        await bot.session.close()
    return State("telegram", text="The bot @{name} answers.", params={"name": me.username or ""})


async def google_state(settings: Settings) -> State:
    """Say whether people can link Google Calendar; or how to have them."""
    if settings.google_client_id is None or settings.google_client_secret is None:
        text = (
            "No access to Google Calendar is set: make an OAuth client of the kind “Web "
            "application” in Google's console, as docs/calendar.md tells, and give its id and "
            "secret as RITMO_GOOGLE_CLIENT_ID and RITMO_GOOGLE_CLIENT_SECRET."
        )
        return State("google", text=text)
    base = (settings.base_url or settings.address()).rstrip("/")
    text = "Google Calendar can be linked; Google must know {url} as a redirect address."
    return State("google", text=text, params={"url": f"{base}/calendar/google/callback"})
