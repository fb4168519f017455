"""The AsyncAPI 3 document of the platform: what rooms answer, hear and do, and the facts they tell.

It is made from what the rooms declare and from the contracts, whose docstrings are its text: a
channel for each ask, with its reply; for each fact, by the key that it is told with; for each job.
"""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from actors.runtime.rabbit.topology import ANSWERS, ASKS, FACTS, JOBS
from actors.runtime.room import Room
from actors.runtime.version import version
from contracts.backfill import StateFact
from contracts.health import Ping
from contracts.message import Fact, Refusal
from contracts.scopes import scope_of
from contracts.told import TOLD, scope_of_fact
from ops.platform import rooms

Part = dict[str, Any]

DESCRIPTION = """What is said over RabbitMQ: asks, which are answered, facts and jobs.

An ask is published to `ritmo.asks` by its address, with the properties `type` (the address again),
`reply_to`, `correlation_id` and `user_id`, and the headers `deadline` and `principal`. Its answer
comes with the same `correlation_id`; its `type` is `answered` or `refused`. Integrations use what a
personal access token may be given; `docs/integrations.md` tells how."""

HEADERS: Part = {
    "type": "object",
    "required": ["deadline"],
    "properties": {
        "deadline": {
            "type": "integer",
            "description": "Unix time in milliseconds after which nobody waits for the answer.",
        },
        "principal": {
            "type": "string",
            "description": "The access token of who asks; asks that are public need none.",
        },
        "key": {
            "type": "string",
            "description": "An idempotency key: sent again with it, a command is done once.",
        },
        "trace": {"type": "string", "description": "Names the request in logs."},
    },
}
"""The headers of an ask."""


@lru_cache(maxsize=1)
def document() -> str:
    """Return the document as JSON."""
    found = rooms()
    facts = sorted({*_facts(found), *TOLD}, key=lambda fact: fact.address)
    models: dict[str, type[BaseModel]] = {Refusal.__name__: Refusal}
    channels: Part = {"replies": _replies()}
    operations: Part = {}
    for room in found:
        for address, answer in room.answers.items():
            contract = answer.contract
            if issubclass(contract, Ping):
                continue  # of the gateway alone: whether a room is there
            _keep(models, contract, answer.reply)
            channels[address] = _channel(address, ASKS, address, contract)
            scope = "public" if contract.public else scope_of(contract)
            operations[address] = {
                "action": "receive",
                "channel": _ref("channels", address),
                "messages": [_ref("channels", address, "messages", name_of(contract))],
                "summary": _first_line(contract),
                "tags": [{"name": room.name}, {"name": f"scope {scope}"}],
                "reply": {
                    "address": {"location": "$message.header#/reply_to"},
                    "channel": _ref("channels", "replies"),
                    "messages": [_ref("channels", "replies", "messages", "Refusal")],
                },
            }
            if answer.reply is not None:
                name = answer.reply.__name__
                messages = channels["replies"]["messages"]
                messages[name] = _ref("components", "messages", name)
                reply = operations[address]["reply"]["messages"]
                reply.insert(0, _ref("channels", "replies", "messages", name))
        for address, job in room.jobs.items():
            _keep(models, job.contract)
            key = f"{address}.{{user_id}}"
            channels[address] = _channel(key, JOBS, f"jobs.{room.name}", job.contract)
            operations[address] = _operation("receive", address, job.contract, room.name)
    for fact in facts:
        _keep(models, fact)
        channels[fact.address] = _channel(f"{fact.address}.{{user_id}}", FACTS, None, fact)
        owner = fact.address.partition(".")[0]
        operations[fact.address] = _operation("send", fact.address, fact, owner)
        if fact in TOLD:
            operations[fact.address]["tags"].append({"name": f"scope {scope_of_fact(fact)}"})
    return json.dumps(
        {
            "asyncapi": "3.0.0",
            "info": {"title": "Ritmo", "version": version(), "description": DESCRIPTION},
            "defaultContentType": "application/json",
            "servers": {"broker": {"host": "localhost:5672", "protocol": "amqp"}},
            "channels": channels,
            "operations": operations,
            "components": _components(models),
        }
    )


def _facts(found: Iterable[Room]) -> Iterator[type[Fact]]:
    for room in found:
        for handler in room.hears.values():
            if not issubclass(handler.contract, StateFact):  # which goes to that room alone
                yield handler.contract


def name_of(model: type[BaseModel]) -> str:
    """Name a message: by its address, as some contracts have one for each room; or a reply."""
    return str(getattr(model, "address", model.__name__))


def _keep(models: dict[str, type[BaseModel]], *found: type[BaseModel] | None) -> None:
    """Note messages by their names, each of which stands for one. Raises ValueError."""
    for model in found:
        if model is not None and models.setdefault(name_of(model), model) is not model:
            raise ValueError(f"two messages are called {name_of(model)}")


def _channel(address: str, exchange: str, queue: str | None, contract: type[BaseModel]) -> Part:
    """Describe where a message goes."""
    made: Part = {
        "address": address,
        "description": contract.__doc__ or "",
        "messages": {name_of(contract): _ref("components", "messages", name_of(contract))},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": exchange,
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                },
                "bindingVersion": "0.3.0",
            }
        },
    }
    if "{user_id}" in address:
        made["parameters"] = {"user_id": {"description": "Whom it is about."}}
    if queue is not None:
        made["x-queue"] = queue
    return made


def _replies() -> Part:
    """Describe where answers go: to a queue of who has asked."""
    return {
        "address": None,
        "description": f"Answers: sent to {ANSWERS} by the key in `reply_to`, which is "
        f"`answers.<part or integration>.<32 hexadecimal digits>|{ANSWERS}`.",
        "messages": {"Refusal": _ref("components", "messages", "Refusal")},
    }


def _operation(action: str, address: str, contract: type[BaseModel], room: str) -> Part:
    return {
        "action": action,
        "channel": _ref("channels", address),
        "messages": [_ref("channels", address, "messages", name_of(contract))],
        "summary": _first_line(contract),
        "tags": [{"name": room}],
    }


def _components(models: dict[str, type[BaseModel]]) -> Part:
    """Describe messages, with their schemas."""
    listed: list[tuple[type[BaseModel], Literal["validation"]]] = [
        (model, "validation") for model in models.values()
    ]
    schemas, made = models_json_schema(listed, ref_template="#/components/schemas/{model}")
    messages: Part = {}
    for name, model in models.items():
        messages[name] = {
            "name": name,
            "title": model.__name__,
            "summary": _first_line(model),
            "contentType": "application/json",
            "correlationId": {"location": "$message.header#/correlation_id"},
            "payload": schemas[model, "validation"],
        }
        if hasattr(model, "public"):  # an ask
            messages[name]["traits"] = [_ref("components", "messageTraits", "asked")]
    return {
        "messages": messages,
        "messageTraits": {"asked": {"headers": HEADERS}},
        "schemas": _plain(made["$defs"]),
    }


def _plain(schema: Any) -> Any:
    """Write a schema as AsyncAPI has it: there a discriminator is the name of the field."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _plain(one) for name, one in schema.items()}
    found = made.get("discriminator")
    if isinstance(found, dict) and isinstance(found.get("propertyName"), str):
        made["discriminator"] = found["propertyName"]
    return made


def _ref(*words: str) -> Part:
    return {"$ref": "#/" + "/".join(words)}


def _first_line(contract: type[BaseModel]) -> str:
    return (contract.__doc__ or contract.__name__).strip().splitlines()[0]
