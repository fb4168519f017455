"""Contracts change by optional fields alone: what is said today is compared with golden schemas."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field, create_model

from contracts.message import Asked, Command, Fact, Message, Query, Reply
from tests.golden.compatible import breaks
from tests.golden.schemas import Room, Schema, found, kept, room, rooms

NOTHING: Room = {"contracts": {}, "$defs": {}}
HOW = (
    "Contracts change by optional fields alone: give what is new a default, and leave what is there"
    " (`python -m tests.golden ADDRESS` where nobody can be left who speaks as before)."
)
RENEW = "Contracts have changed and fit the older ones; renew what is kept: python -m tests.golden"


def test_no_contract_breaks_those_who_speak_as_before() -> None:
    now = rooms()
    broken = {
        address: wrongs
        for name, old in kept().items()
        for address, wrongs in breaks(old, now.get(name, NOTHING)).items()
    }
    assert not broken, f"{HOW}\n" + "\n".join(f"{at}: {it}" for at, it in broken.items())


def test_golden_schemas_are_those_of_the_contracts() -> None:
    now, old = rooms(), kept()
    changed = [
        f"{name}: {one}"
        for name in sorted(now.keys() | old.keys())
        for part in ("contracts", "$defs")
        for one in sorted({*parts(now, name, part)} | {*parts(old, name, part)})
        if parts(now, name, part).get(one) != parts(old, name, part).get(one)
    ]
    assert not changed, RENEW


def parts(schemas: dict[str, Room], name: str, part: str) -> Schema:
    """Return the contracts, or the models, of a room that may be new or gone."""
    return schemas.get(name, NOTHING)[part]


def test_every_ask_reply_and_fact_is_kept() -> None:
    def below(kind: type[Message]) -> Iterator[type[Message]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    messages = found()
    for kind in (Command, Query, Fact):
        ours = [each for each in below(kind) if each.__module__.startswith("contracts.")]
        assert {each for each in ours if "address" in vars(each)} <= {*messages.values()}
    assert len(messages) > 100
    for each in kept().values():
        for address, contract in each["contracts"].items():
            assert ("reply" in contract) == issubclass(messages[address], Asked)


# The check itself, on schemas of all contracts: no field may be lost, demanded or narrowed.


def fields(schemas: Room) -> Iterator[tuple[str, str]]:
    """Name each field of each model."""
    for model, schema in schemas["$defs"].items():
        for field in schema.get("properties", ()):
            yield model, field


def reaching(schemas: Room) -> dict[str, str]:
    """Of each model, name a contract that says it."""
    found: dict[str, str] = {}
    for address, contract in schemas["contracts"].items():
        ahead = [contract]
        while ahead:
            for model in set(re.findall(r'"#/\$defs/(.+?)"', json.dumps(ahead.pop()))):
                if model not in found:
                    found[model] = address
                    ahead.append(schemas["$defs"][model])
    return found


def unseen(change: Callable[[Schema, str], bool]) -> list[str]:
    """Apply a change to every field there is, one by one; name those where nobody minds."""
    missed = []
    for name, old in rooms().items():
        said = reaching(old)
        for model, field in fields(old):
            only = {said[model]: old["contracts"][said[model]]}
            defs = old["$defs"] | {model: copy.deepcopy(old["$defs"][model])}
            meant = change(defs[model], field)
            new = {"contracts": only, "$defs": defs}
            if meant and not breaks({**old, "contracts": only}, new):
                missed.append(f"{name}: {model}.{field}")
    return missed


def test_a_field_that_is_removed_is_seen_wherever_it_is() -> None:
    def remove(schema: Schema, field: str) -> bool:
        del schema["properties"][field]
        return True

    assert not unseen(remove)


def test_a_field_that_is_made_required_is_seen_wherever_it_is() -> None:
    def require(schema: Schema, field: str) -> bool:
        optional = field not in schema.get("required", ())
        schema["required"] = [*schema.get("required", ()), field]
        return optional

    assert not unseen(require)


def test_a_field_of_another_type_is_seen_wherever_it_is() -> None:
    def change(schema: Schema, field: str) -> bool:
        schema["properties"][field] = {"type": "array", "items": {"type": "null"}, "maxItems": 0}
        return True

    assert not unseen(change)


# The check itself, on a contract that is made for it.


class Inner(Message):
    """What is inside."""

    size: int = 1


Fields = dict[str, tuple[Any, Any]]


def contract(fields: Fields) -> Room:
    """Write down a query that replies with these fields, and is made of the same."""
    make: Any = create_model
    reply = make("SomeReply", __base__=Reply, **fields)
    query: Any = Query
    asked = make("SomeQuery", __base__=query[reply], **fields)
    return room({"goals.some_query": asked})


def inner(base: type[Message], **fields: Any) -> Any:
    """Make another version of what is inside."""
    make: Any = create_model
    several: Any = tuple
    return several[make("Inner", __base__=base, **fields), ...]


OLD: Fields = {
    "name": (str, ...),
    "size": (int, 3),
    "kind": (Literal["build", "quit"], "build"),
    "parts": (tuple[Inner, ...], ()),
    "by_name": (dict[str, int], {}),
    "either": (int | str, 1),
    "perhaps": (int | None, None),
}


@pytest.mark.parametrize(
    "more",
    [
        {"note": (str, "")},
        {"note": (str | None, None)},
        {"name": (str, "unnamed")},
        {"size": (float, 3.0)},
        {"kind": (Literal["build", "quit", "keep"], "build")},
        {"either": (int | str | bool, 1)},
        {"parts": (inner(Inner, more=(int, 0)), ())},
        {"size": (int, 4)},
    ],
    ids=str,
)
def test_what_fits_may_be_done(more: Fields) -> None:
    assert not breaks(contract(OLD), contract({**OLD, **more}))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"note": (str, ...)}, "message.note is new and required"),
        ({"size": (int, ...)}, "message.size is required now"),
        ({"size": (str, "3")}, "message.size is string, was integer"),
        ({"size": (int, Field(3, le=10))}, "message.size has maximum 10 now"),
        ({"size": (int, Field(3, gt=0))}, "message.size has exclusiveMinimum 0 now"),
        ({"name": (str, Field(max_length=5))}, "message.name has maxLength 5 now"),
        ({"name": (str, Field(pattern="^a"))}, "message.name has pattern ^a now"),
        ({"name": (Literal["a"], ...)}, "message.name no longer takes all others"),
        ({"kind": (Literal["build"], "build")}, "message.kind no longer takes quit"),
        ({"either": (int, 1)}, "message.either is integer, was string"),
        ({"perhaps": (int, 1)}, "message.perhaps is integer, was null"),
        ({"size": (int | None, 3)}, "reply.size may be null now"),
        ({"parts": (tuple[int, ...], ())}, "message.parts[] is integer, was object"),
        ({"parts": (tuple[Inner, ...], Field((), max_length=9))}, "message.parts has maxItems 9"),
        ({"by_name": (dict[str, str], {})}, "message.by_name.* is string, was integer"),
        (
            {"parts": (inner(Inner, more=(int, ...)), ())},
            "message.parts[].more is new and required",
        ),
        (
            {"parts": (inner(Message), ())},
            "message.parts[].size is gone",
        ),
    ],
    ids=str,
)
def test_what_breaks_is_said(more: Fields, said: str) -> None:
    broken = breaks(contract(OLD), contract({**OLD, **more}))
    assert said in "; ".join(broken["goals.some_query"])


def test_a_contract_that_is_gone_or_closed_is_said() -> None:
    old = contract(OLD)
    assert breaks(old, NOTHING) == {"goals.some_query": ["is gone"]}

    class Open(Command[Reply]):
        address: ClassVar[str] = "goals.open"
        public: ClassVar[bool] = True

    class Closed(Command[Reply]):
        address: ClassVar[str] = "goals.open"
        scope: ClassVar[str] = "admin"

    was, now = room({"goals.open": Open}), room({"goals.open": Closed})
    assert breaks(was, now) == {"goals.open": ["is no longer public", "needs another scope: admin"]}
    assert not breaks(now, was)

    class Scoped(Command[Reply]):
        address: ClassVar[str] = "goals.open"
        public: ClassVar[bool] = True
        scope: ClassVar[str] = "goals:write"

    # Whoever has logged in may ask it as before.
    assert not breaks(was, room({"goals.open": Scoped}))
