"""The JSON schemas of all contracts, found by themselves, without the words that people read."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

import contracts
from actors.runtime.rabbit.bus import reply_type
from contracts.message import Asked, Message

Schema = dict[str, Any]
Room = dict[str, Schema]
"""`contracts` by their address, and the `$defs` that they refer to."""

FOLDER = Path(__file__).parent
FOR_PEOPLE = ("title", "description", "examples")
"""What changes no meaning."""


def found() -> dict[str, type[Message]]:
    """Return every message that has an address: commands, queries, facts and what will come."""
    for module in pkgutil.walk_packages(contracts.__path__, "contracts."):
        importlib.import_module(module.name)
    ours = (one for one in _below(Message) if one.__module__.split(".")[0] == "contracts")
    messages = [one for one in ours if "address" in vars(one)]
    by_address = {one.address: one for one in messages if hasattr(one, "address")}
    if len(by_address) != len({*messages}):
        raise ValueError("Two contracts have one address.")
    return by_address


def _below(kind: type[Message]) -> Iterator[type[Message]]:
    """Yield all that is made of a kind of message; a generic one also stands for its forms."""
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def rooms() -> dict[str, Room]:
    """Write down all contracts, sorted, room by room."""
    messages = found()
    names = sorted({address.split(".")[0] for address in messages})
    return {
        name: room({at: one for at, one in messages.items() if at.split(".")[0] == name})
        for name in names
    }


def room(messages: dict[str, type[Message]]) -> Room:
    """Write down contracts: how each is made, who may ask, what it holds, what is replied."""
    replies = {at: reply_type(one) for at, one in messages.items() if issubclass(one, Asked)}
    models = sorted({*messages.values(), *replies.values()}, key=lambda one: one.__qualname__)
    refs, shared = models_json_schema([(model, "validation") for model in models])
    written: dict[str, Schema] = {}
    for at, one in sorted(messages.items()):
        written[at] = {"message": refs[one, "validation"]}
        if at in replies:
            written[at] |= {"reply": refs[replies[at], "validation"]}
        if issubclass(one, Asked):
            written[at] |= {"public": one.public, "scope": one.scope}
    plain: Room = json.loads(json.dumps({"contracts": written, "$defs": shared["$defs"]}))
    return {part: _bare(schema) for part, schema in plain.items()}


def _bare(schema: Any, names: bool = True) -> Any:
    """Leave out what is for people; where keys are `names` of fields, they stay."""
    if isinstance(schema, list):
        return [_bare(one, names=False) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _bare(value, names=key in ("properties", "$defs") and not names)
        for key, value in schema.items()
        if names or key not in (*FOR_PEOPLE, "discriminator")
    }


def kept() -> dict[str, Room]:
    """Read the golden files."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def keep(schemas: dict[str, Room]) -> None:
    """Write the golden files anew."""
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for name, schema in schemas.items():
        text = json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(f"{text}\n")
