"""What can be read off a message that a room could not take in: whose it is, its text, and why."""

from collections.abc import Collection, Mapping
from uuid import UUID

from aio_pika.abc import AbstractIncomingMessage

from contracts.message import Fact

REASONS = {
    "rejected": "{room} rejected it without a word: see its log",
    "delivery_limit": "{room} ended again and again while it took this in: see its log",
    "expired": "it waited too long for {room}",
    "maxlen": "the queue of {room} was full",
}
"""Why the broker gave a message up, by its own word for it (the header x-death)."""


def envelope(body: bytes) -> dict[str, UUID]:
    """Return `fact_id` and `user_id` of a fact, if they can be read."""
    try:
        fact = Fact.model_validate_json(body)
    except ValueError:
        return {}
    return {"fact_id": fact.fact_id, "user_id": fact.user_id}


def text_of(body: bytes) -> str:
    """Read anything as text that PostgreSQL can keep: it knows no NUL character."""
    return body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def death_of(
    incoming: AbstractIncomingMessage, heard: Mapping[str, Collection[str]]
) -> tuple[str, str]:
    """Return the room whose queue a dead letter comes from, and why it died.

    `heard` maps rooms to the addresses of the facts that they hear.
    """
    deaths = incoming.headers.get("x-death")
    death = deaths[0] if isinstance(deaths, list) and deaths else {}
    death = death if isinstance(death, dict) else {}
    room = str(death.get("queue", "unknown")).removeprefix("facts.")
    if incoming.type not in heard.get(room, ()):
        return room, f"{room} hears nothing of the kind {text_of(repr(incoming.type).encode())}"
    word = str(death.get("reason", "dead"))
    return room, REASONS.get(word, word).format(room=room)
