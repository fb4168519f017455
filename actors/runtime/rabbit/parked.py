"""What can be read off a message that a room could not take in: whose it is, its text, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from aio_pika.abc import AbstractIncomingMessage
from pydantic import AliasChoices, Field

from actors.runtime.rabbit.bundle import BUNDLE, Carried, unpacked
from actors.runtime.rabbit.topology import QueueRoute
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


def told_by(incoming: AbstractIncomingMessage) -> list[Carried]:
    """Return the facts or the job in a message; what cannot be read counts as one."""
    if incoming.type == BUNDLE:
        try:
            return unpacked(incoming.body)
        except ValueError:
            pass
    trace = str(incoming.headers.get("trace") or "")
    return [Carried(incoming.type or "", trace, text_of(incoming.body))]


@dataclass(frozen=True, slots=True)
class Death:
    """Where a message died, and why, in the broker's own word."""

    queue: str
    word: str

    @property
    def room(self) -> str:
        """Name the room that it was for."""
        return self.queue.partition(".")[2]

    @property
    def is_job(self) -> bool:
        """Tell whether it was a job."""
        return self.queue.startswith("jobs.")

    def reason(self, address: str, routes: Mapping[str, QueueRoute]) -> str:
        """Say why; `routes` are those of all rooms, by their queues."""
        route = routes.get(self.queue)
        if route is None or address not in route.addresses:
            verb = "does" if self.is_job else "hears"
            return f"{self.room} {verb} nothing of the kind {text_of(repr(address).encode())}"
        return REASONS.get(self.word, self.word).format(room=self.room)


def death_of(incoming: AbstractIncomingMessage) -> Death:
    """Return where a dead letter died, and why."""
    deaths = incoming.headers.get("x-death")
    death = deaths[0] if isinstance(deaths, list) and deaths else {}
    death = death if isinstance(death, dict) else {}
    return Death(str(death.get("queue", "facts.unknown")), str(death.get("reason", "dead")))
