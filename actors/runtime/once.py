"""Effects that happen once for an idempotency key, however often they are asked for."""

import hmac
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.message import Conflict, Invalid, Reply, secrets_of
from storage import idempotency

R = TypeVar("R", bound=Reply)


class OnceKey(NamedTuple):
    """Whose key it is, for which ask, and the key as they gave it."""

    user_id: UUID
    address: str
    given: str


async def once(
    tx: AsyncConnection,
    key: OnceKey,
    digest: Callable[[], Awaitable[bytes]],
    kind: type[R],
    call: Callable[[], Awaitable[R]],
) -> R:
    """Answer under a key: the first time for real, later from memory.

    `digest` sums up the request, so that a key is not used for another one; it is called once it is
    this one's turn, for it may have to wait for others. No secret is kept, in no form: an answer
    that held one is not given again. Refuses with `Conflict` (`in_progress`,
    `answered_once`) or `Invalid` (`key_reused`).
    """
    if not await idempotency.take_turn(tx, *key):
        raise Conflict(
            "in_progress",
            "A request with this Idempotency-Key is being worked on; try again in a moment.",
            retry_after=1,
        )
    summed, kept = await digest(), await idempotency.find(tx, *key)
    if kept is None:
        reply = await call()
        answer = "" if secrets_of(kind) else reply.model_dump_json()
        await idempotency.keep(tx, *key, summed, answer)
        return reply
    if not hmac.compare_digest(kept.request_hash, summed):
        raise Invalid("key_reused", "This Idempotency-Key was used before, for another request.")
    if not kept.answer:
        raise Conflict(
            "answered_once", "This was done already, and what it answered is shown only once."
        )
    return kind.model_validate_json(kept.answer)
