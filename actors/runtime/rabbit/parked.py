"""What can be read off a message that a room could not take in: whose it is, its text, and why."""

from collections.abc import Mapping
from uuid import UUID

from aio_pika.abc import AbstractIncomingMessage
from pydantic import AliasChoices, Field

from actors.runtime.rabbit.topology import Route
from contracts.message import Message

REASONS = {
    "rejected": "{room} rejected it without a word: see its log",
    "delivery_limit": "{room} ended again and again while it took this in: see its log",
    "expired": "it waited too long for {room}",
    "maxlen": "the queue of {room} was full",
}
"""Why the broker gave a message up, by its own word for it (the header x-death)."""


class Envelope(Message):
    """What a fact and a job have in common: what makes it count once, and whose it is."""

    id: UUID = Field(validation_alias=AliasChoices("fact_id", "job_id"))
    user_id: UUID


def envelope(body: bytes) -> tuple[UUID | None, UUID | None]:
    """Return the id of a fact or a job, and whose it is, if they can be read."""
    try:
        read = Envelope.model_validate_json(body)
    except ValueError:
        return None, None
    return read.id, read.user_id


def text_of(body: bytes) -> str:
    """Read anything as text that PostgreSQL can keep: it knows no NUL character."""
    return body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def death_of(
    incoming: AbstractIncomingMessage, routes: Mapping[str, Route]
) -> tuple[str, str, bool]:
    """Return the room whose queue a dead letter comes from, why it died, and whether it is a job.

    `routes` are those of all rooms, by their queues.
    """
    deaths = incoming.headers.get("x-death")
    death = deaths[0] if isinstance(deaths, list) and deaths else {}
    death = death if isinstance(death, dict) else {}
    queue = str(death.get("queue", "facts.unknown"))
    kind, _, room = queue.partition(".")
    route, is_job = routes.get(queue), kind == "jobs"
    if route is None or incoming.type not in route.addresses:
        verb = "does" if is_job else "hears"
        shown = text_of(repr(incoming.type).encode())
        return room, f"{room} {verb} nothing of the kind {shown}", is_job
    word = str(death.get("reason", "dead"))
    return room, REASONS.get(word, word).format(room=room), is_job
