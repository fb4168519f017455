"""Checks a habit in over RabbitMQ, and prints what happens to habits: plain aio-pika.

python broker.py amqp://int-…:rt_pat_…@host:5672/ritmo PERSON HABIT
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika


async def main(url: str, person: str, habit: str) -> None:
    """Check in, then listen."""
    user, token = urlsplit(url).username or "", urlsplit(url).password
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        asks = await channel.get_exchange("ritmo.asks", ensure=False)
        answers = await channel.declare_queue(f"{user}.0", exclusive=True)
        address = f"answers.{user}.{uuid4().hex}"
        await answers.bind("ritmo.replies", address)
        facts = await channel.declare_queue(f"{user}.1", durable=True)
        await facts.bind("ritmo.facts", f"habits.habit_checked_in.{person}")

        async def ask(what: str, principal: str = "", **body: object) -> dict[str, object]:
            message = aio_pika.Message(
                json.dumps(body).encode(),
                type=what,
                user_id=user,
                reply_to=f"{address}|ritmo.replies",
                correlation_id=uuid4().hex,
                headers={"deadline": int((time.time() + 7) * 1000), "principal": principal},
            )
            await asks.publish(message, what)
            async with answers.iterator(timeout=7) as incoming:
                async for answer in incoming:
                    async with answer.process():
                        if answer.correlation_id == message.correlation_id:
                            said: dict[str, object] = json.loads(answer.body)
                            return {"outcome": answer.type, **said}
            raise TimeoutError(what)

        given = await ask("auth.exchange_personal_token", token=token)
        day = time.strftime("%Y-%m-%d")
        print(await ask("habits.check_in", str(given["access_token"]), habit_id=habit, day=day))
        async with facts.iterator() as happened:
            async for fact in happened:
                async with fact.process():
                    print(fact.type, fact.body.decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
