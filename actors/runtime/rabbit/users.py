"""Users of the broker: one for each part, which may do what that part does, and nothing else.

RabbitMQ checks the `user_id` of a message against who has logged in, and by topic permissions what
a user may send and bind by which key. A part has a user of its own if its address logs in by the
part's name; over an address with any other user all parts share that one, and prove nothing.
An integration's user is called `int-<id of its token>`; what it may do, its scopes say.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from actors import ROOMS
from actors.runtime.room import Room
from contracts.accounts import MAY_OPEN_ACCOUNTS, BeginSession, OpenAccount
from contracts.delegation import ASKED_BY_ALL, MAY_ASK, OVERHEARD_BY_ALL
from contracts.exports import OWN_ROWS, rows_of
from contracts.message import Denied, TooMany
from contracts.personal_tokens import ExchangePersonalToken
from contracts.principal import Principal

GATEWAY, COURIER, CLOCK = "gateway", "courier", "clock"

INTEGRATION = "int-"
"""How the names of the users of integrations begin."""

HEX = "[0-9a-f]{32}"
NOTHING = "^$"
ANSWERS = rf"^answers\.[a-z0-9_-]+\.{HEX}$"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user may configure, write and read, as patterns of names; by topic exchange, the keys
    that it may send and bind.
    """

    configure: str = NOTHING
    write: str = NOTHING
    read: str = NOTHING
    topics: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def user_of(url: str) -> str:
    """Return who logs in by an address; AMQP's own default is guest."""
    return unquote(urlsplit(url).username or "guest")


def has_own_user(url: str, part: str) -> bool:
    """Tell whether a part logs in by its own name."""
    return user_of(url) == part


def asked_by(part: str) -> frozenset[str]:
    """Return the addresses that a room asks of others; any other part but the gateway asks none."""
    if part in (COURIER, CLOCK):
        return frozenset()
    vouched = {OpenAccount.address, BeginSession.address} if part in MAY_OPEN_ACCOUNTS else set()
    asked = MAY_ASK.get(part, frozenset())
    rows = {rows_of(room).address for room in ROOMS} if OWN_ROWS in asked else set()
    return ASKED_BY_ALL | asked | vouched | rows


def check_sender(user: str | None, address: str) -> None:
    """Refuse an ask of a part that never asks this, or of who did not say who they are.

    The broker refuses it, too, but a queue may be told to pass on what expires in it, and that is
    not compared with the rights of whoever made the queue.
    """
    if user == GATEWAY or (user or "").startswith(INTEGRATION):
        return
    if user is None or address not in asked_by(user):
        raise _may_not_ask()


def check_holder(user: str | None, address: str, principal: Principal | None) -> None:
    """Refuse an integration that asks by a token which is not its own, or too much."""
    if user is None or not user.startswith(INTEGRATION):
        return
    if not _paces.hit(PACE, user):
        text = "These were too many requests. Try again in {seconds} seconds."
        raise TooMany("rate_limited", text, retry_after=60, seconds=60)
    if address == EXCHANGE:
        return
    if principal is None or user != f"{INTEGRATION}{principal.token_id}":
        raise _may_not_ask()


EXCHANGE = ExchangePersonalToken.address

PACE = RateLimitItemPerMinute(600)
"""Asks of one integration that each replica of a room takes."""

_paces = FixedWindowRateLimiter(MemoryStorage())


def _may_not_ask() -> Denied:
    return Denied("may_not_ask", "Who asks this over the message broker may not ask it.")


def rights_of(rooms: Iterable[Room]) -> dict[str, Rights]:
    """Return what each part may do at the broker."""
    rooms = list(rooms)
    names = [room.name for room in rooms]
    ticks = [tick.name for room in rooms for tick in room.ticks]
    return {
        GATEWAY: _gateway(names),
        COURIER: _courier(),
        CLOCK: Rights(write=r"^ritmo\.jobs$", topics={"ritmo.jobs": (_any(ticks), NOTHING)}),
        **{name: _room(name) for name in names},
    }


def integration_rights(integration_id: UUID, facts: Iterable[str], asks: Iterable[str]) -> Rights:
    """Let an integration have ten queues, bind them to facts by these keys, and ask this."""
    name = f"{INTEGRATION}{integration_id}"
    queues = rf"{name}\.[0-9]"
    return Rights(
        configure=f"^{queues}$",
        write=rf"^({queues}|ritmo\.asks)$",
        read=rf"^({queues}|ritmo\.(facts|replies))$",
        topics={
            "ritmo.asks": (_any(asks), NOTHING),
            "ritmo.facts": (NOTHING, _any(facts)),
            "ritmo.replies": (NOTHING, rf"^answers\.{name}\.{HEX}$"),
        },
    )


def _room(name: str) -> Rights:
    """Let a room have its own queues, ask what it may, answer, and overhear what all overhear.

    It writes to ritmo.parked alone because its queues name that for dead letters.
    """
    queues = rf"{name}\.[a-z_]+|(facts|jobs)\.{name}|(answers|overhears)\.{name}\.{HEX}"
    mine = rf"^{name}\.[a-z_]+"
    return Rights(
        configure=f"^({queues})$",
        write=rf"^({queues}|ritmo\.(asks|replies|parked))$",
        read=rf"^({queues}|ritmo\.(asks|replies|facts|jobs))$",
        topics={
            "ritmo.asks": (_any(asked_by(name)), f"{mine}$"),
            "ritmo.replies": (ANSWERS, rf"^answers\.{name}\.{HEX}$"),
            "ritmo.facts": (NOTHING, _any(f"{fact}.*" for fact in OVERHEARD_BY_ALL)),
            "ritmo.jobs": (NOTHING, rf"{mine}(\.\*)?$"),
        },
    )


def _gateway(rooms: Iterable[str]) -> Rights:
    """Let the gateway ask anything and overhear anything, and have its own queues; it may also
    remove the queue of an ask that nobody takes any more.
    """
    every = f"({'|'.join(sorted(rooms))})"
    queues = rf"(answers|overhears)\.gateway\.{HEX}"
    return Rights(
        configure=rf"^({queues}|{every}\.[a-z_]+)$",
        write=rf"^({queues}|ritmo\.asks)$",
        read=rf"^({queues}|ritmo\.(replies|facts))$",
        topics={
            "ritmo.asks": (rf"^{every}\.[a-z_]+$", NOTHING),
            "ritmo.replies": (NOTHING, rf"^answers\.gateway\.{HEX}$"),
            "ritmo.facts": (NOTHING, rf"^{every}\.[a-z_]+\.\*$"),
        },
    )


def _courier() -> Rights:
    """Let the courier carry facts and jobs, and keep exchanges and queues there for that.

    It gives bundles to the queues themselves, by the nameless exchange.
    """
    queues = r"ritmo\.(facts|jobs|parked)|(facts|jobs)\.[a-z_]+"
    return Rights(
        configure=r"^(ritmo\.[a-z]+|(facts|jobs)\.[a-z_]+)$",
        write=rf"^(amq\.default|{queues})$",
        read=f"^({queues})$",
    )


def _any(words: Iterable[str]) -> str:
    """Write a pattern that fits some words and nothing else."""
    return f"^({'|'.join(re.escape(word) for word in sorted(words))})$"
