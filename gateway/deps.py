"""What routes depend on: the bus, and the headers that steer a request."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator, BeforeValidator, Strict, StringConstraints, WithJsonSchema

from contracts.bus import Bus
from contracts.health import State
from contracts.networks import networks_of
from contracts.principal import Verifier
from contracts.time import Day
from contracts.tokens import Device
from gateway.bounds import MAX_HOOK_USES
from gateway.bulkhead import Bulkhead
from gateway.documents import Document
from gateway.event_hub import EventHub
from gateway.language import Languages
from gateway.limits import Limiter, Policy, address_of, admit
from gateway.token_exchange import TokenExchange
from gateway.visit import visit_of


@dataclass(slots=True)
class Door:
    """What the gateway works with.

    `hashing` is passed by whoever has a password hashed, `returning` by those who send the token of
    a device that has signed in before: they do not wait behind the others. `docs` is the
    documentation page by language; `base_url` is where people reach Ritmo, if that is known;
    `patience`: seconds that a caller waits for an import.
    """

    bus: Bus
    verifier: Verifier
    limiter: Limiter
    person: Policy
    address: Policy
    register: Policy
    ready: Callable[[], Awaitable[list[State]]]
    openapi: Document
    docs: Mapping[str, Document]
    hashing: Bulkhead
    returning: Bulkhead
    asyncapi: Document | None = None
    base_url: str = ""
    metrics_token: str | None = None
    patience: float = 6.0
    hook: Policy = Policy("hook", MAX_HOOK_USES)
    known: dict[str, tuple[float, list[State]]] = field(default_factory=dict)
    languages: Languages = field(init=False)
    exchange: TokenExchange = field(init=False)
    events: EventHub = field(default_factory=EventHub)

    def __post_init__(self) -> None:
        """Ask for profiles, and what personal tokens stand for, over the same bus."""
        self.languages = Languages(self.bus)
        self.exchange = TokenExchange(self.bus, self.verifier)

    async def listen(self, bus: Bus) -> None:
        """Listen for what changes of all that is remembered here."""
        await self.languages.listen(bus)
        await self.events.listen(bus)


def door_of(request: Request) -> Door:
    """Return what the gateway of this request works with."""
    return cast(Door, request.app.state.door)


async def _bus(request: Request) -> Bus:
    return door_of(request).bus


TheBus = Annotated[Bus, Depends(_bus)]
"""The bus, to ask a room."""


async def _verifier(request: Request) -> Verifier:
    return door_of(request).verifier


TheVerifier = Annotated[Verifier, Depends(_verifier)]
"""Turns access tokens into principals."""


def device_of(request: Request) -> Device:
    """Return where a request comes from."""
    agent = request.headers.get("user-agent", "")
    return Device(address=address_of(request), agent=agent)


async def _device(request: Request) -> Device:
    return device_of(request)


FromDevice = Annotated[Device, Depends(_device)]
"""Where the request comes from."""


async def _source(request: Request) -> str:
    return "web" if visit_of(request.scope).by_cookie else "api"


FromDoor = Annotated[str, Depends(_source)]
"""The door through which a change comes: `web` from a page of ours, else `api`."""


async def _hashing(request: Request) -> Bulkhead:
    return door_of(request).hashing


Hashing = Annotated[Bulkhead, Depends(_hashing)]
"""To be passed where a room hashes a password."""


async def guest(request: Request) -> None:
    """Count a request that needs no login against its address."""
    door = door_of(request)
    await admit(request, door.limiter, door.address, networks_of(address_of(request)).own)


async def at_register(request: Request) -> None:
    """Count a new account against its address, strictly."""
    door = door_of(request)
    await admit(request, door.limiter, door.register, networks_of(address_of(request)).own)


_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


def _bare(key: str) -> str:
    """Return a key without the quotes of a structured header (RFC 9651, section 3.3.3)."""
    key = key.strip()
    if key.startswith('"'):
        quoted = _QUOTED.fullmatch(key)
        if quoted is None:
            raise ValueError("The quotes of this header do not match.")
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    if not 0 < len(key) <= 255:
        raise ValueError("An Idempotency-Key has 1 to 255 characters.")
    return key


ASCII, CURSOR = r"^[\x20-\x7e]*$", r"^[A-Za-z0-9_.~=-]*$"
KeyText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=512, pattern=ASCII),
    AfterValidator(_bare),
    WithJsonSchema(
        {"type": "string", "maxLength": 255, "pattern": r"^[!#-~]([ -~]{0,253}[!-~])?$"}
    ),
]
Key = Annotated[
    KeyText | None,
    Header(
        alias="Idempotency-Key",
        description="Makes a change take effect once, however often it is sent; any text that is "
        "unique to the change, bare or quoted.",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]
"""The caller's name for a change, so that it takes effect once."""

NEVER = 0
"""A version that nothing is ever at."""

OURS = re.compile(r'"([1-9][0-9]{0,8})(?:-[0-9a-f]+)?"')
"""An ETag of something that has a version."""


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The ETag of what is to be changed: 412 if it has changed meanwhile.",
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    """Read the version that a change expects; an ETag that was never ours matches nothing."""
    if if_match is None or if_match.strip() == "*":
        return None
    ours = OURS.fullmatch(if_match.strip())
    return int(ours[1]) if ours else NEVER


Expected = Annotated[int | None, Depends(_if_match)]
"""The version that a change expects, of If-Match; None for any."""

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing has changed since the ETag of If-None-Match."}
}

IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="An ETag that the caller has: 304 if nothing has changed.",
        examples=['"3"'],
    ),
]

_TRUTHS = {"true": True, "false": False}

YesNo = Annotated[
    bool,
    Strict(),
    BeforeValidator(lambda word: _TRUTHS.get(word, word) if isinstance(word, str) else word),
]
"""`true` or `false` in a query; nothing else counts."""

PageCursor = Annotated[
    str | None,
    Query(
        description="`next` of the page before.",
        min_length=1,
        max_length=200,
        pattern=CURSOR,
    ),
]
HabitId = Annotated[
    UUID, Path(description="Which habit.", examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
]
OfDay = Annotated[
    Day | None,
    BeforeValidator(lambda named: None if named == "today" else named),
    WithJsonSchema({"anyOf": [{"const": "today"}, {"type": "string", "format": "date"}]}),
    Path(
        description="A logical day, YYYY-MM-DD; or `today`, the caller's own.",
        examples=["2026-03-01"],
    ),
]
"""A day in a path; None for the caller's today, which the rooms know."""

From = Annotated[Day | None, Query(alias="from", description="The first day; open if not given.")]
To = Annotated[Day | None, Query(alias="to", description="The last day; open if not given.")]
