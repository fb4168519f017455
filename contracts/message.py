"""What can be said, and how a room says no.

A message is a frozen model. A `Command` asks for a change, a `Query` for an answer; both name
their one typed `Reply`. A `Fact` tells what happened, a `Job` has one room do something later; both
are durable: written with the state, carried by the courier, taken in once. Instead of a reply a
room may refuse:

    Refused
    ├── NotFound         there is no such thing, or it is somebody else's
    ├── Conflict         it clashes with what is there already
    ├── Invalid          the words were understood, but make no sense here
    ├── Denied           you are known, but may not
    ├── Unauthenticated  you are not known
    ├── TooMany          slow down; `retry_after` seconds
    ├── Gone             it was here once
    ├── Unavailable      the room cannot answer now; `retry_after` seconds
    ├── Unanswered       the room did not answer in time: the outcome is unknown
    └── Broken           a fault of ours; `trace_id` finds it in the log

A refusal carries a stable `code`, a sentence and its parameters. The sentence stays a template
until it reaches a person, so that it can be said in their language.
"""

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from uuid_utils.compat import uuid7

T = TypeVar("T")


def new_id() -> UUID:
    """Make a fresh UUIDv7: unique everywhere, ordered by time (RFC 9562, section 5.7)."""
    return uuid7()


class Secret:
    """Marks a field, in its `Annotated`, of which nothing is kept: a password, a token."""


SECRET = Secret()


def _each_once(listed: tuple[T, ...]) -> tuple[T, ...]:
    """Drop what comes again."""
    return tuple(dict.fromkeys(listed))


EACH_ONCE = AfterValidator(_each_once)
"""Marks a list, in its `Annotated`, in which nothing counts twice; what comes again is dropped."""


def secrets_of(message: type[BaseModel]) -> frozenset[str]:
    """Name the fields of a message that are marked as secret."""
    return frozenset(
        name
        for name, field in message.model_fields.items()
        if any(isinstance(mark, Secret) for mark in field.metadata)
    )


class Message(BaseModel):
    """Anything said between rooms. Fields of a newer speaker are passed over, never refused.

    What stands below a field describes it wherever a schema of it is shown.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Reply(Message):
    """What a room answers."""


class Done(Reply):
    """It is done; there is nothing to tell."""


R = TypeVar("R", bound=Reply)


class Asked(Message, Generic[R]):
    """Something that is answered: a command or a query.

    `address` is `<room>.<verb>`, written out; `public` asks need no principal;
    `scope` is what the principal must hold; what follows from room and kind if it is empty (see
    `contracts.scopes`). Or they hold the address itself.
    """

    address: ClassVar[str]
    public: ClassVar[bool] = False
    scope: ClassVar[str] = ""


class Command(Asked[R], Generic[R]):
    """Asks a room to change something. Imperative: `CheckIn`."""


class Query(Asked[R], Generic[R]):
    """Asks a room what it knows. Changes nothing that anyone can see."""


class Durable(Message, ABC):
    """What is written in the transaction that makes it true or due, and taken in once by `id`."""

    address: ClassVar[str]

    occurred_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    user_id: UUID

    @property
    @abstractmethod
    def id(self) -> UUID:
        """What makes this count once."""


class Fact(Durable):
    """Something that happened, told to every room that hears it. Past tense: `HabitCheckedIn`.

    `fact_id` makes it count once, `version` of the aggregate gives it its place in time,
    whatever order it arrives in.
    """

    fact_id: UUID = Field(default_factory=new_id)
    version: int = 1

    @property
    def id(self) -> UUID:
        """What makes this fact count once."""
        return self.fact_id


class Job(Durable):
    """Something that one room is to do, as soon as it can. Imperative: `SendNotice`.

    `address` is `<room>.<verb>`: that room alone gets it, in whichever of its replicas has the
    time. `job_id` makes it done once; what fails for good is parked.
    """

    job_id: UUID = Field(default_factory=new_id)

    @property
    def id(self) -> UUID:
        """What makes this job done once."""
        return self.job_id


class Wrong(Message):
    """One field that is wrong, and why: `pointer` is its JSON pointer (RFC 6901)."""

    pointer: str
    """The field's JSON pointer (RFC 6901)."""
    detail: str
    """What is wrong, in the caller's language."""


class Refusal(Message):
    """A refusal as it travels over a wire."""

    kind: str
    """The kind of refusal."""
    code: str
    """What went wrong, for programs."""
    text: str
    """A sentence in English, with places for `params`."""
    params: dict[str, str | int | float] = Field(default_factory=dict)
    """What fills the places of `text`, by name."""
    fields: tuple[Wrong, ...] = ()
    """What is wrong field by field."""
    retry_after: float | None = None
    """Seconds after which to try again; null: not known."""


class Refused(Exception):
    """The room says no. `text` is a template, `params` fill it."""

    def __init__(
        self,
        code: str,
        text: str,
        /,
        *,
        fields: tuple[Wrong, ...] = (),
        retry_after: float | None = None,
        **params: str | int | float,
    ) -> None:
        super().__init__(text.format(**params))
        self.code = code
        self.text = text
        self.params = params
        self.fields = fields
        self.retry_after = retry_after

    def refusal(self) -> Refusal:
        """Write this refusal down for the wire."""
        return Refusal(
            kind=type(self).__name__,
            code=self.code,
            text=self.text,
            params=self.params,
            fields=self.fields,
            retry_after=self.retry_after,
        )

    @staticmethod
    def read(refusal: Refusal) -> "Refused":
        """Make the exception again at the asker; a kind of a newer room becomes `Broken`."""
        kind = KINDS.get(refusal.kind, Broken)
        return kind(
            refusal.code,
            refusal.text,
            fields=refusal.fields,
            retry_after=refusal.retry_after,
            **refusal.params,
        )


class NotFound(Refused):
    """There is no such thing, or it is somebody else's."""


class Conflict(Refused):
    """It clashes with what is there already."""


class Invalid(Refused):
    """The words were understood, but make no sense here."""


class Denied(Refused):
    """You are known, but may not."""


class Unauthenticated(Refused):
    """You are not known."""


class TooMany(Refused):
    """Slow down."""


class Gone(Refused):
    """It was here once."""


class Unavailable(Refused):
    """The room cannot answer now; nothing was done."""


class Unanswered(Refused):
    """The room did not answer in time: the outcome is unknown."""


class Broken(Refused):
    """A fault of ours; `trace_id` in the parameters finds it in the log."""


KINDS: dict[str, type[Refused]] = {
    kind.__name__: kind
    for kind in (
        NotFound,
        Conflict,
        Invalid,
        Denied,
        Unauthenticated,
        TooMany,
        Gone,
        Unavailable,
        Unanswered,
        Broken,
    )
}


def check_version(version: int, expected: int | None) -> None:
    """Refuse to change what is at `version` for whoever has seen another one; None: any.

    Refuses with `Conflict` (`version_conflict`).
    """
    if expected is not None and expected != version:
        text = "It was changed meanwhile: it is at version {version}, not {expected}."
        raise Conflict("version_conflict", text, version=version, expected=expected)
